"""Rewards for prose."""
