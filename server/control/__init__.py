"""Control of the runs: the next run of each agent, the next points, early stops, and crashed processes."""
