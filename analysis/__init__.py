"""Reads a sweep, gives every run a verdict, chooses a configuration and says how sure the choice is.

Runs are read only through `wandb.Api` or from a folder written earlier, so the same code works with W&B and
with the embedded server.
"""
