"""The training pass: log-probabilities of completions, computed without padding."""
