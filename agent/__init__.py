"""The agent: one run of a sweep, from typed configuration to logged objective."""
