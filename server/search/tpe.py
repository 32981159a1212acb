"""Bayesian search: Optuna's tree-structured Parzen estimator, told honestly what became of each run.

Reference: Bergstra, Bardenet, Bengio, Kegl, "Algorithms for Hyper-Parameter Optimization" (2011).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

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
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=0, multivariate=False, constant_liar=True, seed=seed
    )
    asked = study_of(spec, trials, sampler).ask(space)
    constants = random_point(spec, seed)
    return {
        name: searched[name].decode(asked.params[name]) if name in searched else constants[name]
        for name in spec.parameters
    }


def study_of(
    spec: SweepSpec, trials: Sequence[Trial], sampler: optuna.samplers.BaseSampler | None = None
) -> optuna.Study:
    """Return an Optuna study that holds the trials, over the parameters that are not constant."""
    assert spec.metric is not None
    study = optuna.create_study(direction=spec.metric.goal, sampler=sampler)
    space = _space(spec)
    study.add_trials([_optuna_trial(trial, spec, space) for trial in trials])
    return study


def _space(spec: SweepSpec) -> dict[str, BaseDistribution]:
    return {name: _optuna_distribution(d.axis) for name, d in spec.parameters.items() if not d.is_constant}


def _optuna_distribution(axis: Axis) -> BaseDistribution:
    if axis.kind == "categorical":
        return CategoricalDistribution(range(int(axis.low), int(axis.high) + 1))
    if axis.kind == "int":
        return IntDistribution(int(axis.low), int(axis.high))
    return FloatDistribution(axis.low, axis.high, log=axis.log)


def _optuna_trial(trial: Trial, spec: SweepSpec, space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    params = {name: spec.parameters[name].encode(trial.point[name]) for name in space}
    for name, distribution in space.items():
        if not isinstance(distribution, FloatDistribution):
            params[name] = int(params[name])
    return create_trial(
        state=_STATES[trial.state],
        value=trial.value if trial.state == "finished" else None,
        params=params,
        distributions=dict(space),
        intermediate_values=dict(trial.at_rung or {}),
    )
