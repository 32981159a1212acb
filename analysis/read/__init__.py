"""Reads a sweep from a W&B server or an exported folder into tables."""
