"""Bayesian search: Optuna's tree-structured Parzen estimator, told honestly what became of each run.

Reference: Bergstra, Bardenet, Bengio, Kegl, "Algorithms for Hyper-Parameter Optimization" (2011).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from server.search.distributions import Axis
from server.search.random_search import random_point
from server.search.space import SweepSpec
from server.search.trial import STARTUP_RUNS, Trial

_STATES = {
    "finished": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
    "running": TrialState.RUNNING,
}

# Most trials that one suggestion looks at, and how many of them are there for being the best.
TOLD = 80
BEST = 25

optuna.logging.set_verbosity(optuna.logging.WARNING)


def tpe_point(spec: SweepSpec, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Return the next point to try: a function of the spec, the trials in order, and the seed alone.

    Args:
        spec: A sweep with a metric.
        trials: Every run of the sweep so far, oldest first.
        seed: Makes the draw reproducible.
    """
    assert spec.metric is not None
    informative = sum(trial.state in ("finished", "pruned") for trial in trials)
    searched = {name: d for name, d in spec.parameters.items() if not d.is_constant}
    if informative < STARTUP_RUNS or not searched:
        return random_point(spec, seed)
    space = _space(spec)
    # Joint densities see what works together, separate ones what works by itself; neither wins everywhere.
    joint = seed % 3 != 0
    trials = _most_telling(trials, maximize=spec.metric.goal == "maximize")
    if spec.sampler == "gp":
        sampler: optuna.samplers.BaseSampler = optuna.samplers.GPSampler(n_startup_trials=0, seed=seed)
    else:
        sampler = _Estimator(space, joint=joint, seed=seed)
    asked = study_of(spec, trials, sampler).ask(space)
    constants = random_point(spec, seed)
    return {
        name: searched[name].decode(asked.params[name]) if name in searched else constants[name]
        for name in spec.parameters
    }


class _Space(dict[str, BaseDistribution]):
    """The space of every trial; copies of a trial share it, since nobody changes it."""

    def __deepcopy__(self, _: Any) -> "_Space":
        return self


class _Estimator(optuna.samplers.TPESampler):
    """Knows the space, and need not find it out by comparing those of all trials."""

    def __init__(self, space: _Space, *, joint: bool, seed: int) -> None:
        super().__init__(n_startup_trials=0, multivariate=joint, constant_liar=True, seed=seed)
        self._joint_space = dict(sorted(space.items())) if joint else {}

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that are drawn together."""
        return self._joint_space


def _most_telling(trials: Sequence[Trial], *, maximize: bool) -> list[Trial]:
    """Return about `TOLD` trials: the best, those that run, and the newest of the others.

    The estimator compares the few best with all others, whose distribution 100 of them tell as well as
    1,000; a suggestion then takes the same time however long the sweep has gone on.
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


def study_of(
    spec: SweepSpec, trials: Sequence[Trial], sampler: optuna.samplers.BaseSampler | None = None
) -> optuna.Study:
    """Return an Optuna study that holds the trials, over the parameters that are not constant."""
    assert spec.metric is not None
    study = optuna.create_study(direction=spec.metric.goal, sampler=sampler)
    space = _space(spec)
    study.add_trials([_optuna_trial(trial, spec, space) for trial in trials])
    return study


def _space(spec: SweepSpec) -> _Space:
    return _Space(
        {name: _optuna_distribution(d.axis) for name, d in spec.parameters.items() if not d.is_constant}
    )


def _optuna_distribution(axis: Axis) -> BaseDistribution:
    if axis.kind == "categorical":
        return CategoricalDistribution(range(int(axis.low), int(axis.high) + 1))
    if axis.kind == "int":
        return IntDistribution(int(axis.low), int(axis.high))
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _optuna_trial(trial: Trial, spec: SweepSpec, space: _Space) -> FrozenTrial:
    params = {name: spec.parameters[name].encode(trial.point[name]) for name in space}
    for name, distribution in space.items():
        if not isinstance(distribution, FloatDistribution):
            params[name] = int(params[name])
    state = _STATES[trial.state]
    return FrozenTrial(
        # The study numbers its trials itself.
        number=-1,
        trial_id=-1,
        state=state,
        value=trial.value if trial.state == "finished" else None,
        datetime_start=datetime.min,
        datetime_complete=datetime.min if state.is_finished() else None,
        params=params,
        distributions=space,
        user_attrs={},
        system_attrs={},
        intermediate_values=dict(trial.at_rung or {}),
    )
