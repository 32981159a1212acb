"""Tasks: a model, training and held-out prompts, and reward suites."""
