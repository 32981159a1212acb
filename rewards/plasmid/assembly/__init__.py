"""Turns what the engine finds into features, and says what is broken in each."""
