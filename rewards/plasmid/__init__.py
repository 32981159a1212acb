"""Plasmid rewards: a circular, two-stranded annotator and the components that read its features."""
