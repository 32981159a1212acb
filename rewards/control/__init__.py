"""Rewards for control runs, in which there is nothing to learn."""
