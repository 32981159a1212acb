"""Compares the two objectives, `reference` and `qc_distinct`, as measures to search by, on recorded runs.

    python benchmarks/objectives.py --json

The runs are `point_*` of `benchmarks/curves/`: random points of the space of `make sweep`, trained from one
starter. For each objective:

- `reliability`: share of the variance of the last values that is between runs and not the error of one
  measurement, in [0, 1]. Reference: its logged standard error. Distinct: that of a share of the completions.
- `early`: Spearman's rank correlation, over the runs, of the value at half of the rungs with the last value:
  how well Hyperband can tell at its second comparison which runs end well.
"""

import json
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from scipy import stats

sys.path[0] = str(Path(__file__).parent.parent)

FOLDER = Path(__file__).parent / "curves"


def recorded() -> list[dict[str, Any]]:
    """The recorded runs: for each objective, values and errors at the rungs."""
    runs = []
    for path in sorted(FOLDER.glob("point_*.json")):
        run = json.loads(path.read_text(encoding="utf-8"))
        curve = {name: np.array([value for _, value in points]) for name, points in run["curves"].items()}
        samples = run["params"]["eval_prompts"] * run["params"]["eval_samples"]
        distinct = curve["qc/distinct"] / samples
        runs.append(
            {
                "name": path.stem,
                "reference": (curve["objective/reference"], curve["objective/error"]),
                "qc_distinct": (distinct, np.sqrt(distinct * (1 - distinct) / samples)),
            }
        )
    return runs


def measured(runs: list[dict[str, Any]], objective: str) -> dict[str, float]:
    """Reliability and early agreement of one objective."""
    values = np.array([run[objective][0] for run in runs])
    errors = np.array([run[objective][1] for run in runs])
    variance = values[:, -1].var(ddof=1)
    noise = float((errors[:, -1] ** 2).mean())
    half = values.shape[1] // 2 - 1
    return {
        "reliability": round(max(0.0, 1 - noise / variance), 3),
        "early": round(float(stats.spearmanr(values[:, half], values[:, -1]).statistic), 3),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print {runs, reference, qc_distinct}.")
def main(as_json: bool) -> None:
    """Compare the two objectives as measures to search by."""
    runs = recorded()
    found = {name: measured(runs, name) for name in ("reference", "qc_distinct")}
    if as_json:
        click.echo(json.dumps({"runs": len(runs), **found}))
        return
    click.echo(f"{len(runs)} runs\n{'objective':14}{'reliability':>13}{'early':>9}")
    for name, row in found.items():
        click.echo(f"{name:14}{row['reliability']:13.2f}{row['early']:9.2f}")


if __name__ == "__main__":
    main()
