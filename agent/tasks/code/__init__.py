"""Tasks in which the model writes small functions that are then executed."""
