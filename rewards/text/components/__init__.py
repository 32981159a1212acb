"""Rewards for prose: one per file, and the file has the name of the reward."""
