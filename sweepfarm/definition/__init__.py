"""A sweep before it runs: reading its file, its values, the check for errors."""
