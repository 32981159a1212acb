"""Checks before the first run of a sweep: the machine and the reward."""
