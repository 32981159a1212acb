"""The training pass: log-probabilities of completions, without the library's work on padding."""
