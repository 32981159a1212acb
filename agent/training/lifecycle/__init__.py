"""Start and end of a run: shared inputs, model, memory, checkpoints, stop and resume."""
