"""Rewards: what a completion is worth, part by part, and why. Imports no other room."""
