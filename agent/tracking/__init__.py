"""Records of a run: its directory, and W&B if the run has a W&B run."""
