"""What decides over runs: the agents' scheduler, the next points, early stops, lost processes."""
