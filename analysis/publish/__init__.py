"""Writes the results of a sweep as a page of the documentation."""
