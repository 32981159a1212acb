"""Which configuration to take, and what decided it."""
