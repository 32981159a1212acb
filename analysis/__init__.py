"""Read a sweep back, judge every run, choose a configuration and say how sure the choice is.

Runs are read through `wandb.Api` only (or from a folder written by an earlier read), so the same code
serves W&B and the embedded server.
"""
