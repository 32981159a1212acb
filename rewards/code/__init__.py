"""Rewards for programs: they are executed, with their tests, in a sandbox."""
