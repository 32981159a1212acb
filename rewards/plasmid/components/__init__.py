"""The plasmid rewards, one per file. Each docstring states the formula, range, unit and source."""
