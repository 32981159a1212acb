"""Rewards for programs. The programs and their tests run in a sandbox."""
