"""Ranks the configurations of a sweep, chooses one, and estimates which parameters mattered."""
