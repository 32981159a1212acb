"""Writes molecules with a trained model: which model, what it writes, which of it is best."""
