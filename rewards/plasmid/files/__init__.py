"""Reads plasmids from what a lab has: files of many formats, folders, pipes. Says what it cannot read."""
