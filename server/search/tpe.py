"""Bayesian search with Optuna's tree-structured Parzen estimator (TPE).

Reference: Bergstra, Bardenet, Bengio, Kegl, "Algorithms for Hyper-Parameter Optimization" (2011).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from server.search.distributions import Axis
from server.search.space import SweepSpec
from server.search.trial import Trial

_STATES = {
    "finished": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
    "running": TrialState.RUNNING,
}

optuna.logging.set_verbosity(optuna.logging.WARNING)


def tpe_point(spec: SweepSpec, trials: Sequence[Trial], seed: int) -> dict[str, Any]:
    """Next value to try of every parameter that is not constant, by name.

    Each parameter is modelled separately.

    Args:
        spec: A sweep with a metric.
        trials: The results so far; at least one is `finished` or `pruned`.
        seed: Seed of the sampler.
    """
    sampler = optuna.samplers.TPESampler(n_startup_trials=0, multivariate=False, seed=seed)
    space = _space(spec)
    proposal = study_of(spec, trials, sampler).ask(space)
    return {name: spec.parameters[name].decode(proposal.params[name]) for name in space}


Value = TypeVar("Value")


class _Shared(dict[str, Value]):
    """A dict that `deepcopy` does not copy, since Optuna copies trials often, which is slow."""

    def __deepcopy__(self, _: Any) -> "_Shared[Value]":
        return self


_Space = _Shared[BaseDistribution]


def study_of(
    spec: SweepSpec, trials: Sequence[Trial], sampler: optuna.samplers.BaseSampler | None = None
) -> optuna.Study:
    """Optuna study with one Optuna trial for each of `trials`, over the parameters that are not constant."""
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
    params = _Shared({name: spec.parameters[name].encode(trial.point[name]) for name in space})
    for name, distribution in space.items():
        if not isinstance(distribution, FloatDistribution):
            params[name] = int(params[name])
    state = _STATES[trial.state]
    return FrozenTrial(
        # The study assigns both numbers itself.
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
