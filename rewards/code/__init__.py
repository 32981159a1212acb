"""Rewards for programs, which are run with their tests in a sandbox."""
