"""The importance of each parameter for the metric, and how it varies between random halves of the runs."""

import json
import random
import sqlite3
from functools import lru_cache
from typing import Any

from server.control.suggestions import sweep_trials
from server.search.space import SweepSpec, spec_of
from server.storage.records.sweeps import find_sweep

MIN_RUNS = 20
"""With fewer finished runs, the importance would be noise."""
MAX_RUNS = 400
"""At most so many runs are used, the newest ones."""
HALVES = 12
"""Number of random halves."""


def sweep_importance(db: sqlite3.Connection, name: str) -> list[dict[str, Any]] | None:
    """Importance of each parameter in [0, 1], sum 1, with its 10th and 90th percentile over random halves.

    Returns an empty list if fewer than `MIN_RUNS` runs are finished, and None if the sweep does not exist.
    Source: PED-ANOVA (Watanabe, Bansal, Hutter, "PED-ANOVA", 2023), with the best fifth of the runs.
    """
    sweep = find_sweep(db, name)
    if sweep is None:
        return None
    spec = spec_of(sweep["config"])
    if spec.metric is None:
        return []
    trials = sweep_trials(db, sweep["id"], spec)
    finished = [(dict(trial.point), trial.value) for trial in trials if trial.state == "finished"]
    if len(finished) < MIN_RUNS:
        return []
    # The computation takes a second, and one more run hardly changes the result: with a rounded number of
    # runs, the cache is used more often.
    rounded = finished[: len(finished) - len(finished) % max(1, len(finished) // 10)][-MAX_RUNS:]
    return _shares(sweep["config"], json.dumps(rounded))


@lru_cache(maxsize=32)
def _shares(config: str, runs: str) -> list[dict[str, Any]]:
    spec = spec_of(config)
    points = json.loads(runs)
    whole = _ranking(spec, points)
    rng = random.Random(0)
    halves = [_ranking(spec, rng.sample(points, len(points) // 2)) for _ in range(HALVES)]
    entries = []
    for name, share in whole.items():
        spread = sorted(half.get(name, 0.0) for half in halves)
        low, high = spread[len(spread) // 10], spread[-1 - len(spread) // 10]
        entries.append({"name": name, "share": share, "low": min(low, share), "high": max(high, share)})
    return sorted(entries, key=lambda entry: -entry["share"])


def _ranking(spec: SweepSpec, points: list[Any]) -> dict[str, float]:
    import optuna

    from server.search.tpe import study_of
    from server.search.trial import Trial

    study = study_of(spec, [Trial(point, "finished", value) for point, value in points])
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=0.2)
    return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))
