"""Compares two runs, or two windows of training steps of one run."""
