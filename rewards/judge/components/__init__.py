"""Rewards that ask a judge: one per file, and the file has the name of the reward."""
