"""Confirmation: runs the best configurations again on fresh seeds and judges the result."""
