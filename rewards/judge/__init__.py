"""Rewards for programs that a judge grades. The student's program is compared with the teacher's."""
