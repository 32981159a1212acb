"""Bayesian search: two ways of proposing a point, in turns.

A Gaussian process sees how parameters work together and how noisy the values are, and is the better one
where values change smoothly. Parzen estimators look at each parameter by itself: they stand any shape of
values and any number of parameters, and take the process out of corners that it thinks good. `sampler:` in
the sweep file chooses one of them alone.
"""

from collections.abc import Sequence
from typing import Any

from server.search.gp import gp_point
from server.search.random_search import random_point
from server.search.space import SweepSpec
from server.search.tpe import tpe_point
from server.search.trial import STARTUP_RUNS, Trial

# Most trials that one suggestion looks at, and how many of them are there for being the best.
TOLD = 60
BEST = 25


def bayes_point(spec: SweepSpec, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Return the next point to try: a function of the spec, the trials in order, and the seed alone.

    Args:
        spec: A sweep with a metric.
        trials: Every run of the sweep so far, oldest first.
        seed: Makes the draw reproducible.
    """
    assert spec.metric is not None
    drawn = random_point(spec, seed)
    informative = sum(trial.state in ("finished", "pruned") for trial in trials)
    if informative < STARTUP_RUNS or all(d.is_constant for d in spec.parameters.values()):
        return drawn
    by_turns = (tpe_point, gp_point)[len(trials) % 2]
    propose = {"both": by_turns, "gp": gp_point, "tpe": tpe_point}[spec.sampler]
    return drawn | propose(spec, _most_telling(trials, maximize=spec.metric.goal == "maximize"), seed)


def _most_telling(trials: Sequence[Trial], *, maximize: bool) -> list[Trial]:
    """Return about `TOLD` trials: the best, those that run, and the newest of the others.

    The few best are compared with all others, whose distribution 100 of them tell as well as 1,000; a
    suggestion then takes the same time however long the sweep has gone on.
    """
    if len(trials) <= TOLD:
        return list(trials)
    finished = [i for i, trial in enumerate(trials) if trial.state == "finished"]
    finished.sort(key=lambda i: trials[i].value or 0.0, reverse=maximize)
    kept = {*finished[:BEST], *(i for i, trial in enumerate(trials) if trial.state == "running")}
    for i in reversed(range(len(trials))):
        if len(kept) >= TOLD:
            break
        if trials[i].state in ("finished", "pruned"):
            kept.add(i)
    return [trials[i] for i in sorted(kept)]
