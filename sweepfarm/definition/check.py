"""What can be known of a sweep before a run is paid for."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.config.errors import ConfigError
from agent.config.metrics import RUNG_METRICS, cadence, step_metrics
from agent.config.run import DEFAULT_TASK, OBJECTIVE_FIELDS, RunConfig
from agent.config.variant import VARIANT
from rewards.compose import SuiteError
from rewards.nearest import unknown_key_message
from rewards.registry import load_suite
from server.search.hyperband import hyperband_rungs, survivors
from server.search.space import SweepConfigError, SweepSpec, parse_sweep_config
from sweepfarm.definition.values import all_values, variants
from sweepfarm.errors import UserError

_DRAWS = 2_000
"""Random points by which the infeasible share of a space is estimated."""
_MOST_INFEASIBLE = 0.1
"""Above this share a sweep is refused: it would waste its runs."""


@dataclass(frozen=True)
class Rung:
    """A point at which Hyperband decides.

    Attributes:
        logged_value: How many values of the metric a run has logged there.
        training_step: The step of that value.
        goes_on: How many of `population` runs pass.
        population: Runs that are counted with: the run cap, or 9 where there is none.
    """

    logged_value: int
    training_step: int
    goes_on: int
    population: int

    @property
    def share(self) -> float:
        """Share of runs let through."""
        return self.goes_on / self.population


@dataclass(frozen=True)
class SweepCheck:
    """The findings of a check that found no error.

    Attributes:
        task: The task of every run.
        metric: Name of the metric that is optimised.
        searched: Names of the parameters that vary.
        constant: Names and values of those that do not.
        models: The models that runs will start from.
        max_steps: Training steps of a full run.
        evaluations: Steps at which the metric is logged.
        rungs: Where Hyperband decides; empty without early termination.
        infeasible_share: Share of random points that make no valid run.
        infeasible_reasons: Why, most frequent first.
        warnings: Things that run, but probably not as meant.
    """

    task: str
    metric: str
    searched: tuple[str, ...]
    constant: dict[str, Any]
    models: tuple[str, ...]
    max_steps: int
    evaluations: tuple[int, ...]
    rungs: tuple[Rung, ...]
    infeasible_share: float
    infeasible_reasons: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {**asdict(self), "rungs": [{**asdict(r), "share": r.share} for r in self.rungs]}


def check_sweep(sweep: Mapping[str, Any]) -> SweepCheck:
    """Check a sweep file's content.

    Raises:
        UserError: If it cannot run as written: bad syntax, an unknown parameter, a metric that no run logs, a
            value that no run accepts, an early termination that never acts, a mostly infeasible space.
    """
    try:
        spec = parse_sweep_config(sweep)
    except SweepConfigError as error:
        raise UserError(str(error)) from None
    constant = {n: d.values_or_bounds[0] for n, d in spec.parameters.items() if d.is_constant}
    task = constant.get("task", DEFAULT_TASK)
    _check_names(spec, task, constant)
    if spec.metric is None:
        raise UserError("the sweep names no metric; add `metric: {name: objective/score, goal: maximize}`")
    when = cadence(spec.metric.name, task)
    if when is None:
        raise UserError(unknown_key_message("metric", spec.metric.name, step_metrics(task) | RUNG_METRICS))
    for model in _models(spec):
        if model.startswith((".", "/", "~")) and not Path(model).exists():
            raise UserError(
                f"`model` = {model!r}: no such folder; give an existing one, a Hub id, or `starter`"
            )
    for suite in dict.fromkeys(all_values(spec, "suite")):
        _check_suite(suite)
    budget = _constant_run(constant)
    evaluations = budget.rung_steps if when == "rung" else tuple(range(1, budget.max_steps + 1))
    share, reasons = _infeasible(spec)
    return SweepCheck(
        task=task,
        metric=spec.metric.name,
        searched=tuple(n for n in spec.parameters if n not in constant),
        constant=constant,
        models=_models(spec),
        max_steps=budget.max_steps,
        evaluations=evaluations,
        rungs=_rungs(spec, evaluations),
        infeasible_share=share,
        infeasible_reasons=reasons,
        warnings=(*spec.warnings, *_warnings(spec, constant, budget)),
    )


def _check_names(spec: SweepSpec, task: str, constant: Mapping[str, Any]) -> None:
    """See that every parameter exists, and that none that varies decides what the objective is."""
    varying = [name for name in spec.parameters if name not in constant and name != VARIANT]
    for variant in variants(spec):
        if not isinstance(variant, Mapping):
            raise UserError(f"each value of `{VARIANT}` must be a mapping of parameters, not {variant!r}")
        varying += variant
    for name in OBJECTIVE_FIELDS:
        if name in varying:
            raise UserError(f"`{name}` decides how the objective is measured, so a sweep may not search it")
    try:
        valid = RunConfig.parameter_names(task)
    except ConfigError as error:
        raise UserError(str(error)) from None
    for name in [*varying, *(name for name in constant if name != VARIANT)]:
        if name not in valid:
            raise UserError(unknown_key_message("parameter", name, valid))


def _models(spec: SweepSpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, all_values(spec, "model")))) or (RunConfig().model,)


def _check_suite(file: object) -> None:
    try:
        load_suite(Path(str(file)))
    except SuiteError as error:
        raise UserError(f"`suite`: {error}") from None


def _constant_run(constant: Mapping[str, Any]) -> RunConfig:
    try:
        return RunConfig.from_params(constant)
    except ConfigError as error:
        raise UserError(str(error)) from None


def _rungs(spec: SweepSpec, evaluations: tuple[int, ...]) -> tuple[Rung, ...]:
    if spec.early_terminate is None:
        return ()
    population = spec.run_cap or 9
    found = tuple(
        Rung(band, evaluations[band - 1], survivors(population, spec.early_terminate.eta), population)
        for band in hyperband_rungs(spec.early_terminate)
        if band < len(evaluations)  # at the last value a run is over anyway
    )
    if not found:
        first = hyperband_rungs(spec.early_terminate)[0]
        raise UserError(
            f"early_terminate can never stop a run: its first rung is logged value {first} of the metric,"
            f" and a run logs only {len(evaluations)}; lower min_iter below {len(evaluations)}"
        )
    return found


def _infeasible(spec: SweepSpec) -> tuple[float, tuple[str, ...]]:
    rng = random.Random(0)
    reasons: Counter[str] = Counter()
    for _ in range(_DRAWS):
        point = {name: distribution.sample(rng) for name, distribution in spec.parameters.items()}
        try:
            RunConfig.from_params(point)
        except ConfigError as error:
            reasons[str(error)] += 1
    share = reasons.total() / _DRAWS
    messages = tuple(message for message, _ in reasons.most_common(3))
    if share > _MOST_INFEASIBLE:
        raise UserError(f"{share:.0%} of the space makes no valid run; most often: {messages[0]}")
    return share, messages


def _warnings(spec: SweepSpec, constant: Mapping[str, Any], budget: RunConfig) -> list[str]:
    found = []
    assert spec.metric is not None
    weights = [n for n in spec.parameters if n.endswith("_weight") and n not in constant]
    if spec.metric.name.startswith("reward_components/") and weights:
        found.append(
            f"the metric {spec.metric.name} is made with weights that the sweep changes"
            f" ({', '.join(weights)}), so its values do not compare between runs; prefer objective/score"
        )
    if _varies(spec, "epsilon") and budget.num_iterations == 1:
        found.append("epsilon changes nothing while num_iterations is 1: the policy ratio is then always 1")
    if _varies(spec, "epsilon") and budget.loss_type in ("sapo", "vespo"):
        found.append(f"epsilon changes nothing with loss_type {budget.loss_type}, which does not clip")
    if _varies(spec, "reward_scale") and budget.scale_rewards != "none":
        found.append(
            f"reward_scale changes nothing with scale_rewards {budget.scale_rewards}: the division by the"
            " standard deviation cancels it; set scale_rewards to none"
        )
    rewards = dict.fromkeys(all_values(spec, "reward_name"))
    if spec.metric.name.startswith("objective/") and len(rewards) > 1:
        found.append(
            f"the objective is each run's own reward ({', '.join(map(str, rewards))}): it compares how well"
            " each goal is reached, not which goal is the better one"
        )
    if spec.metric.goal == "minimize" and spec.metric.name in RUNG_METRICS:
        found.append(f"{spec.metric.name} is better when higher, but the goal is minimize")
    return found


def _varies(spec: SweepSpec, name: str) -> bool:
    return name in spec.parameters and not spec.parameters[name].is_constant
