"""From the start of a run to its end: model, memory, checkpoints, stop and resume."""
