"""The importance of each parameter for the metric, and its spread over random halves of the runs."""

import json
import random
import sqlite3
from functools import lru_cache
from typing import Any

from server.control.suggestions import sweep_trials
from server.search.space import SweepSpec, spec_of
from server.storage.records.sweeps import find_sweep

# With fewer finished runs than this, the importance would be random.
MIN_RUNS = 20
# The newest runs that are used, at most, and the number of random halves.
MAX_RUNS = 400
HALVES = 12


def sweep_importance(db: sqlite3.Connection, name: str) -> list[dict[str, Any]] | None:
    """Importance of each parameter, in [0, 1] with sum 1, with its 10th and 90th percentile over halves.

    Computed with PED-ANOVA (Watanabe, Bansal, Hutter, "PED-ANOVA", 2023) from the best fifth of the runs.
    Returns an empty list where the runs are too few, and None where there is no such sweep.
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
    # The computation takes a second, and one more run hardly changes it: the number of runs is rounded down.
    rounded = finished[: len(finished) - len(finished) % max(1, len(finished) // 10)][-MAX_RUNS:]
    return _shares(sweep["config"], json.dumps(rounded))


@lru_cache(maxsize=32)
def _shares(config: str, runs: str) -> list[dict[str, Any]]:
    spec = spec_of(config)
    points = json.loads(runs)
    whole = _ranking(spec, points)
    rng = random.Random(0)
    halves = [_ranking(spec, rng.sample(points, len(points) // 2)) for _ in range(HALVES)]
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
