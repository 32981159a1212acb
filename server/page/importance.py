"""How much each parameter matters to the metric, with the spread over halves of the runs."""

import json
import random
import sqlite3
from functools import lru_cache
from typing import Any

from server.control.suggestions import told_trials
from server.search.space import SweepSpec
from server.storage.sweeps import find_sweep, spec_of

# With fewer runs than this any ranking would be chance.
FEWEST = 20
# Most runs that are looked at, and how often the ranking is repeated on a half of them.
MOST = 400
REPEATS = 12


def sweep_importance(db: sqlite3.Connection, name: str) -> list[dict[str, Any]] | None:
    """Return each parameter's share (0 to 1, together 1) with the 10th and 90th percentile over halves.

    Computed with PED-ANOVA (Watanabe, Bansal, Hutter, "PED-ANOVA", 2023) from the best fifth of the runs.
    An empty list stands for too few runs.
    """
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    spec = spec_of(sweep["config"])
    if spec.metric is None:
        return []
    done = [(dict(t.point), t.value) for t in told_trials(db, sweep["id"], spec) if t.state == "finished"]
    if len(done) < FEWEST:
        return []
    # A ranking takes a second and hardly changes with one run more.
    settled = done[: len(done) - len(done) % max(1, len(done) // 10)][-MOST:]
    return _shares(sweep["config"], json.dumps(settled))


@lru_cache(maxsize=32)
def _shares(config: str, runs: str) -> list[dict[str, Any]]:
    spec = spec_of(config)
    points = json.loads(runs)
    whole = _ranking(spec, points)
    rng = random.Random(0)
    halves = [_ranking(spec, rng.sample(points, len(points) // 2)) for _ in range(REPEATS)]
    found = []
    for name, share in whole.items():
        spread = sorted(half.get(name, 0.0) for half in halves)
        low, high = spread[len(spread) // 10], spread[-1 - len(spread) // 10]
        found.append({"name": name, "share": share, "low": min(low, share), "high": max(high, share)})
    return sorted(found, key=lambda entry: -entry["share"])


def _ranking(spec: SweepSpec, points: list[Any]) -> dict[str, float]:
    import optuna

    from server.search.tpe import study_of
    from server.search.trial import Trial

    study = study_of(spec, [Trial(point, "finished", value) for point, value in points])
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.2)
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))
