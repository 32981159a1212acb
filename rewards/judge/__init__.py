"""Rewards for programs by a judge's grades: a student's program is compared with a teacher's."""
