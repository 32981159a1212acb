"""Rewards for control runs: one per file, and the file has the name of the reward."""
