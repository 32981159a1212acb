"""The warm parent: a process that imports everything once and forks one child per run."""
