"""Where a run is recorded: its own directory always, W&B when there is one."""
