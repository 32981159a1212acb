"""Tasks: a model, its prompts (train and held-out) and its reward suite."""
