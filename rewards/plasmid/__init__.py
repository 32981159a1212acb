"""Plasmid rewards: an annotator for circular, double-stranded DNA, and components that score it."""
