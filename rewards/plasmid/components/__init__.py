"""The plasmid rewards, one file each: formula, range, units and source stand in the docstring."""
