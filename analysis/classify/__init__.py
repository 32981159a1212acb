"""Gives each run a verdict, from its full history."""
