"""Two runs, or two windows of one, side by side."""
