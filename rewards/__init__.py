"""Rewards: score completions in [0, 1] and say why. Imports no other room."""
