"""The warm parent: imports everything once, and forks one child per run."""
