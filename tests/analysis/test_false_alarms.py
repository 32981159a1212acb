"""Rates of false alarms on healthy curves and of misses on collapsing curves."""

import numpy as np
import pytest

from analysis.classify.record import record
from analysis.classify.verdict import peers, verdict_of
from analysis.classify.verdict_kinds import COMPARABLE, VerdictKind
from analysis.read.table import history_frame
from tests.analysis.recorded import rows, sweep

SWEEP = sweep("lr", stops_early=False)
STEPS = np.arange(60)
SHAPES = {
    "flat": np.full(60, 0.4),
    "saturating": 0.3 + 0.4 * (1 - np.exp(-STEPS / 10)),
    "rising": 0.3 + 0.4 * STEPS / 60,
}
COLLAPSE = 0.3 + 0.4 * np.minimum(1, STEPS / 30) - 0.35 * np.clip((STEPS - 30) / 20, 0, 1)


def verdicts(shapes, every, sweeps, seed=1):
    """Verdicts on `sweeps` simulated sweeps whose runs are noisy copies of `shapes`: a list of lists."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(sweeps):
        runs = []
        for i, shape in enumerate(shapes):
            noisy = shape + rng.normal(0, 0.02, 60)
            history = history_frame(
                rows({step: float(noisy[step - 1]) for step in range(every, 61, every)}, 60)
            )
            summary = {"outcome": "finished", "outcome_step": 60}
            runs.append(record(SWEEP, str(i), "name", "finished", {"max_steps": 60}, summary, history))
        together = peers(runs)
        found.append([verdict_of(SWEEP, run, together).kind for run in runs])
    return found


@pytest.mark.parametrize("every", [1, 8])
@pytest.mark.parametrize("shape", SHAPES)
def test_healthy_curves_are_rarely_called_unhealthy(shape, every):
    found = [kind for runs in verdicts([SHAPES[shape]] * 10, every, 10) for kind in runs]
    assert sum(kind not in COMPARABLE for kind in found) <= 2
    wanted = VerdictKind.NOT_LEARNING if shape == "flat" else VerdictKind.HEALTHY
    assert sum(kind is wanted for kind in found) >= 96


@pytest.mark.parametrize("every", [1, 8])
def test_collapsing_curves_are_rarely_missed(every):
    """Three of ten runs collapse. If all did, the falls would count as noise and 5 % would be missed."""
    found = verdicts([COLLAPSE] * 3 + [SHAPES["saturating"]] * 7, every, 30)
    assert sum(kind is VerdictKind.UNSTABLE for runs in found for kind in runs[:3]) >= 88
    assert sum(kind is VerdictKind.HEALTHY for runs in found for kind in runs[3:]) >= 208
