"""The embedded server: enough of the W&B protocol to run sweeps with the unmodified `wandb` client."""
