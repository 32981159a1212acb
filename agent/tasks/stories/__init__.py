"""The stories task: a starter model and prompts from short stories, and published rewards."""
