"""W&B's own engine behind a pipe. Run by the interpreter of an environment that has `sweeps`.

Reads one JSON line with `config` and `seed`. For each further line, which lists all runs so far, it writes
the next point as one line.
"""

import json
import sys

import numpy

import sweeps


def main() -> None:
    """Write a point for each list of runs, until the input ends."""
    first = json.loads(sys.stdin.readline())
    numpy.random.seed(first["seed"])
    config = sweeps.SweepConfig(first["config"])
    metric = first["config"]["metric"]["name"]
    for line in sys.stdin:
        runs = [
            sweeps.SweepRun(
                name=str(number),
                state=sweeps.RunState.finished,
                config={name: {"value": value} for name, value in point.items()},
                summaryMetrics={metric: value},
                history=[{metric: value}],
            )
            for number, (point, value) in enumerate(json.loads(line))
        ]
        suggested = sweeps.next_run(config, runs)
        point = {name: entry["value"] for name, entry in suggested.config.items()}
        print(json.dumps(point, default=lambda value: value.item()), flush=True)


if __name__ == "__main__":
    main()
