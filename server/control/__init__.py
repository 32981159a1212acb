"""Control of the runs: assignment to agents, the next points, early stops, and crashed processes."""
