"""The held-out objective: sampling, scoring and the divergence from the starting model."""
