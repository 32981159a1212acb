"""Checks that a lab makes before it orders a molecule: sites, hairpins, GC in windows, limits of vendors."""
