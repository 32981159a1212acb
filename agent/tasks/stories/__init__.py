"""The stories task: short stories in, a starter model, prompts and published rewards out."""
