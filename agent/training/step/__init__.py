"""A training step: the trainer, the samples that train, settings that change, the clock."""
