"""W&B's own engine behind a pipe; run by the interpreter of an environment that has `sweeps`.

Reads one JSON line with `config` and `seed`, then one line per question with all runs; writes one point each.
"""

import json
import sys

import numpy

import sweeps


def main() -> None:
    """Answer until the input ends."""
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
