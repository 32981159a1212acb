"""The check of a sweep before any run is started."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.config.errors import ConfigError
from agent.config.metrics import HIGHER_IS_BETTER, cadence, rung_metrics, step_metrics
from agent.config.model_path import missing_folder
from agent.config.run import DEFAULT_TASK, OBJECTIVE_FIELDS, RunConfig
from agent.config.tasks import task_definition
from agent.config.variant import VARIANT
from rewards.compose import SuiteError
from rewards.nearest import unknown_key_message
from rewards.registry import load_suite
from server.search.hyperband import hyperband_rungs, survivors
from server.search.space import SweepConfigError, SweepSpec, parse_sweep_config
from sweepfarm.definition.values import all_values, has_adapters, variants
from sweepfarm.errors import UserError

_DRAWS = 2_000
"""Number of random points from which the infeasible share of a space is estimated."""
_INFEASIBLE_LIMIT = 0.1
"""A sweep with a larger infeasible share is refused: it would waste its runs."""


@dataclass(frozen=True)
class Rung:
    """A rung of the sweep's Hyperband.

    Attributes:
        logged_value: Number of metric values that a run has logged at the rung.
        training_step: Training step at which the last of them is logged.
        goes_on: Number of runs, out of `population`, that continue after the rung.
        population: Assumed number of runs: the run cap, or 9 without one.
    """

    logged_value: int
    training_step: int
    goes_on: int
    population: int

    @property
    def share(self) -> float:
        """Share of runs that continue after the rung, in (0, 1]."""
        return self.goes_on / self.population


@dataclass(frozen=True)
class SweepCheck:
    """The result of a check that found no error.

    Attributes:
        task: The task of every run.
        metric: Name of the metric that is optimised.
        searched: Names of the parameters that vary.
        constant: Names and values of the parameters that do not vary.
        models: The models that runs start from.
        adapted: Whether a run has LoRA adapters.
        max_steps: Training steps of a full run.
        evaluations: Training steps at which the metric is logged.
        rungs: Hyperband's rungs; empty without early termination.
        infeasible_share: Share of random points that are not a valid configuration, in [0, 1].
        infeasible_reasons: The up to three most frequent errors of these points, most frequent first.
        corpus: The sizes of the user's corpus and how it is split; `None` without one.
        warnings: Settings that are valid but probably not as intended.
    """

    task: str
    metric: str
    searched: tuple[str, ...]
    constant: dict[str, Any]
    models: tuple[str, ...]
    adapted: bool
    max_steps: int
    evaluations: tuple[int, ...]
    rungs: tuple[Rung, ...]
    infeasible_share: float
    infeasible_reasons: tuple[str, ...]
    corpus: str | None
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for `--json`."""
        return {**asdict(self), "rungs": [{**asdict(r), "share": r.share} for r in self.rungs]}


def check_sweep(sweep: Mapping[str, Any]) -> SweepCheck:
    """The result of checking the content of a sweep file.

    Raises:
        UserError: If the sweep cannot run as written: bad syntax, an unknown parameter, a metric that no run
            logs, a value that no run accepts, an early termination that never stops a run, a space of which
            too much is infeasible.
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
    logged_at = cadence(spec.metric.name, task)
    if logged_at is None:
        raise UserError(
            unknown_key_message("metric", spec.metric.name, step_metrics(task) | rung_metrics(task))
        )
    for model in _models(spec):
        if missing := missing_folder(model):
            raise UserError(missing)
    for suite in dict.fromkeys(all_values(spec, "suite")):
        _check_suite(suite)
    budget = _constant_run(constant)
    evaluations = budget.rung_steps if logged_at == "rung" else tuple(range(1, budget.max_steps + 1))
    share, reasons = _infeasible(spec)
    if "first_points" in sweep:
        _check_first_points(spec)
    return SweepCheck(
        task=task,
        metric=spec.metric.name,
        searched=tuple(n for n in spec.parameters if n not in constant),
        constant=constant,
        models=_models(spec),
        adapted=has_adapters(spec),
        max_steps=budget.max_steps,
        evaluations=evaluations,
        rungs=_rungs(spec, evaluations),
        infeasible_share=share,
        infeasible_reasons=reasons,
        corpus=_corpus(task, budget),
        warnings=(*spec.warnings, *_warnings(spec, constant, budget)),
    )


def _check_names(spec: SweepSpec, task: str, constant: Mapping[str, Any]) -> None:
    """Check that every parameter exists, and that none that varies changes how the objective is measured."""
    varying = [name for name in spec.parameters if name not in constant and name != VARIANT]
    for variant in variants(spec):
        if not isinstance(variant, Mapping):
            raise UserError(f"each value of `{VARIANT}` must be a mapping of parameters, not {variant!r}")
        varying += variant
    for name in OBJECTIVE_FIELDS:
        if name in varying:
            raise UserError(f"`{name}` decides how the objective is measured, so a sweep may not search it")
    try:
        RunConfig.check_names([*varying, *(name for name in constant if name != VARIANT)], task)
    except ConfigError as error:
        raise UserError(str(error)) from None


def _models(spec: SweepSpec) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, all_values(spec, "model")))) or (RunConfig().model,)


def _check_suite(file: object) -> None:
    try:
        load_suite(Path(str(file)))
    except SuiteError as error:
        raise UserError(f"`suite`: {error}") from None


def _corpus(task: str, run: RunConfig) -> str | None:
    """One line about the user's corpus of a sweep; `None` without one."""
    own = task_definition(task).own_corpus
    if run.corpus is None or own is None:
        return None
    try:
        return own.description(run)
    except ConfigError as error:
        raise UserError(str(error)) from None


def _constant_run(constant: Mapping[str, Any]) -> RunConfig:
    try:
        return RunConfig.from_params(constant)
    except ConfigError as error:
        raise UserError(str(error)) from None


def _rungs(spec: SweepSpec, evaluations: tuple[int, ...]) -> tuple[Rung, ...]:
    if spec.early_terminate is None:
        return ()
    population = spec.run_cap or 9
    rungs = tuple(
        Rung(band, evaluations[band - 1], survivors(population, spec.early_terminate.eta), population)
        for band in hyperband_rungs(spec.early_terminate)
        if band < len(evaluations)  # a run ends at its last value anyway
    )
    if not rungs:
        first = hyperband_rungs(spec.early_terminate)[0]
        raise UserError(
            f"early_terminate can never stop a run: its first rung is logged value {first} of the metric,"
            f" and a run logs only {len(evaluations)}; lower min_iter below {len(evaluations)}"
        )
    return rungs


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
    if share > _INFEASIBLE_LIMIT:
        raise UserError(f"{share:.0%} of the space makes no valid run; most frequent error: {messages[0]}")
    return share, messages


def _check_first_points(spec: SweepSpec) -> None:
    """Check that each point that is tried first makes a valid run."""
    for number, point in enumerate(spec.first_points):
        try:
            RunConfig.from_params(point)
        except ConfigError as error:
            raise UserError(f"`first_points[{number}]` makes no valid run: {error}") from None


def _warnings(spec: SweepSpec, constant: Mapping[str, Any], budget: RunConfig) -> list[str]:
    warnings = []
    assert spec.metric is not None
    weights = [n for n in spec.parameters if n.endswith("_weight") and n not in constant]
    if spec.metric.name.startswith("reward_components/") and weights:
        warnings.append(
            f"the metric {spec.metric.name} depends on weights that the sweep searches"
            f" ({', '.join(weights)}), so its values do not compare between runs; prefer objective/score"
        )
    if _varies(spec, "epsilon") and budget.num_iterations == 1:
        warnings.append("epsilon changes nothing with num_iterations 1: the policy ratio is always 1")
    if _varies(spec, "epsilon") and budget.loss_type in ("sapo", "vespo"):
        warnings.append(f"epsilon changes nothing with loss_type {budget.loss_type}, which does not clip")
    if _varies(spec, "reward_scale") and budget.scale_rewards != "none":
        warnings.append(
            f"reward_scale changes nothing with scale_rewards {budget.scale_rewards}: the division by the"
            " standard deviation cancels it; set scale_rewards to none"
        )
    if spec.run_cap is not None and len(spec.first_points) > spec.run_cap:
        warnings.append(
            f"only {spec.run_cap} of {len(spec.first_points)} `first_points` are tried: run_cap is"
            f" {spec.run_cap}"
        )
    if any(point in spec.first_points[:number] for number, point in enumerate(spec.first_points)):
        warnings.append("`first_points` has the same point twice")
    rewards = dict.fromkeys(all_values(spec, "reward_name"))
    if spec.metric.name.startswith("objective/") and len(rewards) > 1:
        warnings.append(
            f"the objective is each run's own reward ({', '.join(map(str, rewards))}): it says how well a run"
            " reached its goal, not which goal is better"
        )
    if spec.metric.goal == "minimize" and spec.metric.name in HIGHER_IS_BETTER:
        warnings.append(f"{spec.metric.name} is better when higher, but the goal is minimize")
    return warnings


def _varies(spec: SweepSpec, name: str) -> bool:
    return name in spec.parameters and not spec.parameters[name].is_constant
