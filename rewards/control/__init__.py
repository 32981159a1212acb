"""Rewards for control runs: what a sweep shows when there is nothing to learn."""
