"""The code task: the model writes small functions, which are executed."""
