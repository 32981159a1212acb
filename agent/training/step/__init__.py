"""A training step: the trainer, its schedule, the log of a step, and its stopwatch."""
