"""Measures how often each rule chooses the best configuration, on simulated sweeps with known true scores.

    python benchmarks/selection.py --json

Each figure comes from 500 simulated sweeps (see simulated_sweeps.py), with noise of seeds and measurements,
runs that collapse after a peak, and early stopping.

- `p_best`: share of sweeps in which a rule chooses the truly best configuration, or one within 0.02 of it.
  The rules: this analysis; the best final training reward; the best peak of the held-out score; KL below 1,
  then the highest mean reward of the last ten points.
- `coverage`: share of the 95 % intervals, of configurations over five seeds, that contain the true score.
- `false_clear_winner`: share of sweeps of equally good configurations for which the analysis reports a clear
  winner.

The random seeds and noise levels differ from those with which the rules were developed and are tested (seeds
below 10, the noise of `tests/analysis/test_simulated.py`): a third of the sweeps is less noisy, a third is
noisier, and a third has precise measurements of runs that depend much on their seed.
"""

import json
import sys
from pathlib import Path
from statistics import fmean

import click

sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks.simulated_sweeps import Noise, coverage, false_clear_winner, p_best  # noqa: E402

LEVELS = (Noise(0.02, 0.012, 0.03), Noise(0.045, 0.03, 0.08), Noise(0.04, 0.008, 0.05))
SEED = 70_000


def shares(sweeps: int) -> list[int]:
    """Number of sweeps at each noise level: `sweeps` divided as evenly as possible."""
    return [sweeps // len(LEVELS) + (i < sweeps % len(LEVELS)) for i in range(len(LEVELS))]


@click.command()
@click.option("--sweeps", type=click.IntRange(min=len(LEVELS)), default=500, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print {p_best, coverage, false_clear_winner}.")
def main(sweeps: int, as_json: bool) -> None:
    """Measure rules for choosing a configuration on simulated sweeps.

    \b
    Example:
      python benchmarks/selection.py --json
    """
    # Every figure and every level has its own seed.
    parts = [
        (count, SEED + 10 * i, noise)
        for i, (count, noise) in enumerate(zip(shares(sweeps), LEVELS, strict=True))
    ]
    weights = [count for count, _, _ in parts]
    best = [p_best(count, seed, noise) for count, seed, noise in parts]
    covered = [coverage(count, seed + 1, noise) for count, seed, noise in parts]
    false = [false_clear_winner(count, seed + 2, noise) for count, seed, noise in parts]
    found = {
        "p_best": {rule: fmean([one[rule] for one in best], weights) for rule in best[0]},
        "coverage": fmean(covered, weights),
        "false_clear_winner": fmean(false, weights),
    }
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{sweeps} sweeps; noise of seed, measurement, reward: all, then each level")
    for rule in found["p_best"]:
        levels = "  ".join(f"{one[rule]:.3f}" for one in best)
        click.echo(f"chooses the best, {rule:22} {found['p_best'][rule]:.3f}   {levels}")
    for name, each in (("coverage", covered), ("false_clear_winner", false)):
        click.echo(f"{name:40} {found[name]:.3f}   {'  '.join(f'{one:.3f}' for one in each)}")


if __name__ == "__main__":
    main()
