"""Rewards for programs that are judged: a student's score over that of a teacher."""
