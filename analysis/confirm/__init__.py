"""The best configurations again on fresh seeds: what to run, and what it showed."""
