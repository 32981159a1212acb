"""Reading a sweep back: from a W&B server or an exported folder to tidy tables."""
