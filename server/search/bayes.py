"""Bayesian search: a Gaussian process and Optuna's TPE propose points in turns.

The Gaussian process models interactions between parameters and the noise of the values. It is better where
the values change smoothly. TPE models each parameter separately. It copes with values of any shape and with
many parameters, and proposes points elsewhere when the process keeps returning to a bad region. `sampler:` in
the sweep file chooses one of the two alone.
"""

from collections.abc import Sequence
from typing import Any

from server.search.gp import gp_point
from server.search.random_search import random_point
from server.search.space import SweepSpec
from server.search.startup import startup_runs
from server.search.tpe import tpe_point
from server.search.trial import Trial

MAX_TRIALS = 60
"""Largest number of trials that one suggestion uses, apart from running ones."""
MAX_BEST_TRIALS = 25
"""How many of them are chosen because they are the best."""


def bayes_point(spec: SweepSpec, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Next point to try: the value of every parameter, by name.

    The same spec, trials and seed always give the same point.

    Args:
        spec: A sweep with a metric.
        trials: Every run of the sweep so far, oldest first.
        seed: Seed of all random numbers.
    """
    assert spec.metric is not None
    random_values = random_point(spec, seed)
    informative = sum(trial.state in ("finished", "pruned") for trial in trials)
    if informative < startup_runs(spec) or all(d.is_constant for d in spec.parameters.values()):
        return random_values
    in_turn = (tpe_point, gp_point)[len(trials) % 2]
    propose = {"both": in_turn, "gp": gp_point, "tpe": tpe_point}[spec.sampler]
    # The samplers leave out constants, which the random point holds.
    return random_values | propose(
        spec, _informative_trials(trials, maximize=spec.metric.goal == "maximize"), seed
    )


def _informative_trials(trials: Sequence[Trial], *, maximize: bool) -> list[Trial]:
    """The best, the running and the newest other trials, in the order of `trials`.

    With a limit, a suggestion takes no longer in a long sweep than in a short one.
    """
    if len(trials) <= MAX_TRIALS:
        return list(trials)
    finished = [i for i, trial in enumerate(trials) if trial.state == "finished"]
    finished.sort(key=lambda i: trials[i].value or 0.0, reverse=maximize)
    chosen = {*finished[:MAX_BEST_TRIALS], *(i for i, trial in enumerate(trials) if trial.state == "running")}
    for i in reversed(range(len(trials))):
        if len(chosen) >= MAX_TRIALS:
            break
        if trials[i].state in ("finished", "pruned"):
            chosen.add(i)
    return [trials[i] for i in sorted(chosen)]
