"""The W&B sweep syntax: parses a sweep file into a typed `SweepSpec`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import yaml

from server.search.distributions import Categorical, Distribution, is_number
from server.search.hyperband import EarlyTerminate, hyperband_rungs
from server.search.parameters import SweepConfigError, choice, parse_parameter, reject_unknown, text

__all__ = ["Metric", "SweepConfigError", "SweepSpec", "parse_sweep_config", "spec_of"]

METHODS = ("bayes", "custom", "grid", "random")
KNOWN_KEYS = {
    *("apiVersion", "kind", "controller", "description", "program", "job", "image_uri", "entity", "project"),
    *("method", "command", "name", "run_cap", "metric", "metrics", "scheduler", "early_terminate"),
    *("parameters", "settings", "requeue_crashed", "sampler", "first_points"),
}


@dataclass(frozen=True)
class Metric:
    """The metric that the sweep optimises.

    Attributes:
        name: The key under which runs log it.
        goal: Whether small or large values are better.
        target: The sweep ends when a run reaches this value; None for no target.
    """

    name: str
    goal: Literal["minimize", "maximize"] = "minimize"
    target: float | None = None


@dataclass(frozen=True)
class SweepSpec:
    """The content of a sweep file.

    Attributes:
        method: `bayes`, `grid`, `random`, or `custom` (clients supply the points).
        metric: The metric to optimise; None is possible with `grid`, `random` and `custom` only.
        parameters: Distribution of every parameter, by name; nested parameters have dotted names.
        early_terminate: Settings of Hyperband, if any.
        run_cap: Largest number of runs, if any.
        program: The training script.
        command: Words of the command with which an agent starts a run; empty means W&B's default.
        name: Display name.
        requeue_crashed: How many times a crashed run is assigned again, under the same run id.
        sampler: Sampler of method bayes: `tpe`, `gp` (a Gaussian process), or `both` (in turns).
        first_points: Points that method bayes proposes first: by default, the middle of the space. People
            write a space around values that they expect to be good.
        scheduler: The `scheduler:` section; if present, a scheduler on the client's side supplies the points.
        warnings: One line for each key that has no effect.
        paths: Keys that lead to each parameter in the nested configuration of a run, by name.
    """

    method: str
    metric: Metric | None
    parameters: dict[str, Distribution]
    early_terminate: EarlyTerminate | None = None
    run_cap: int | None = None
    program: str | None = None
    command: tuple[str, ...] = ()
    name: str | None = None
    requeue_crashed: int = 0
    sampler: str = "both"
    first_points: tuple[Mapping[str, Any], ...] = ()
    scheduler: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run_config(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Nested configuration that a run receives for a point."""
        config: dict[str, Any] = {}
        for name, value in point.items():
            *parents, leaf = self.paths[name]
            level = config
            for parent in parents:
                level = level.setdefault(parent, {})
            level[leaf] = value
        return config

    def point_of(self, config: Mapping[str, Any]) -> dict[str, Any] | None:
        """Point that a run's configuration corresponds to, or None if it lies outside the search space."""
        point: dict[str, Any] = {}
        for name, distribution in self.parameters.items():
            value: Any = config
            for part in self.paths[name]:
                if not isinstance(value, Mapping) or part not in value:
                    return None
                value = value[part]
            if not distribution.contains(value):
                return None
            point[name] = value
        return point


def parse_sweep_config(config: Mapping[str, Any]) -> SweepSpec:
    """Parsed form of a sweep configuration.

    Args:
        config: The content of a sweep's YAML file.

    Raises:
        SweepConfigError: If the configuration is invalid; the message is one line.
    """
    if not isinstance(config, Mapping):
        raise SweepConfigError(f"a sweep file must hold a mapping, not {type(config).__name__}")
    method = choice("method", config.get("method"), METHODS)
    metric = _metric(config.get("metric"))
    scheduler = config.get("scheduler")
    if scheduler is not None and not isinstance(scheduler, Mapping):
        raise SweepConfigError(f"scheduler must be a mapping, not {scheduler!r}")
    parameters, paths = _parameters(config.get("parameters"), may_be_empty=scheduler is not None)
    if method == "grid":
        _check_grid(parameters)
    early_terminate = _early_terminate(config.get("early_terminate"))
    if metric is None and method == "bayes":
        raise SweepConfigError("method bayes needs a metric: add metric.name and metric.goal")
    if metric is None and early_terminate is not None:
        raise SweepConfigError("early_terminate needs a metric: add metric.name and metric.goal")
    return SweepSpec(
        method=method,
        metric=metric,
        parameters=parameters,
        early_terminate=early_terminate,
        run_cap=_positive_int("run_cap", config.get("run_cap")),
        program=text("program", config.get("program")),
        command=_command(config.get("command")),
        name=text("name", config.get("name")),
        requeue_crashed=_count("requeue_crashed", config.get("requeue_crashed")) or 0,
        sampler=choice("sampler", config.get("sampler", "both"), ("both", "gp", "tpe")),
        first_points=_first_points(config, method, parameters),
        scheduler=scheduler,
        warnings=tuple(f"unknown key {key!r} has no effect" for key in config if key not in KNOWN_KEYS),
        paths=paths,
    )


@lru_cache(maxsize=256)
def spec_of(config: str) -> SweepSpec:
    """Parsed form of the YAML text of a sweep, from a cache.

    Raises:
        SweepConfigError: If the configuration is invalid.
    """
    return parse_sweep_config(yaml.safe_load(config))


def _metric(section: Any) -> Metric | None:
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise SweepConfigError(f"metric must be a mapping with name and goal, not {section!r}")
    reject_unknown("metric", section, {"name", "goal", "target", "impute", "impute_while_running"})
    name = text("metric.name", section.get("name"))
    if not name:
        raise SweepConfigError("metric.name is missing: name the key that runs log")
    goal = choice("metric.goal", section.get("goal", "minimize"), ("maximize", "minimize"))
    target = section.get("target")
    if target is not None and not is_number(target):
        raise SweepConfigError(f"metric.target must be a number, not {target!r}")
    return Metric(name, "maximize" if goal == "maximize" else "minimize", target)


def _parameters(
    section: Any, *, may_be_empty: bool
) -> tuple[dict[str, Distribution], dict[str, tuple[str, ...]]]:
    if not section and may_be_empty:
        return {}, {}
    if not section:
        raise SweepConfigError("parameters is empty: a sweep needs at least one parameter")
    distributions: dict[str, Distribution] = {}
    paths: dict[str, tuple[str, ...]] = {}

    def walk(level: Any, path: tuple[str, ...]) -> None:
        if not isinstance(level, Mapping) or not level:
            raise SweepConfigError(f"{'.'.join(('parameters', *path))} must be a mapping of parameters")
        for key, body in level.items():
            full_path = (*path, str(key))
            name = ".".join(full_path)
            if isinstance(body, Mapping) and "parameters" in body:
                reject_unknown(f"parameter {name}", body, {"parameters"})
                walk(body["parameters"], full_path)
            elif name in distributions:
                raise SweepConfigError(f"parameter {name} is defined twice")
            else:
                distributions[name] = parse_parameter(name, body)
                paths[name] = full_path

    walk(section, ())
    return distributions, paths


def _first_points(
    config: Mapping[str, Any], method: str, parameters: Mapping[str, Distribution]
) -> tuple[Mapping[str, Any], ...]:
    section = config.get("first_points", [{}] if method == "bayes" else None)
    if section is None:
        return ()
    if method != "bayes":
        raise SweepConfigError(f"first_points has no meaning with method {method}: remove it")
    if isinstance(section, str) or not isinstance(section, Sequence):
        raise SweepConfigError(f"first_points must be a list of points, not {section!r}")
    return tuple(_first_point(f"first_points[{i}]", point, parameters) for i, point in enumerate(section))


def _first_point(name: str, section: Any, parameters: Mapping[str, Distribution]) -> Mapping[str, Any]:
    """A point with the given values, and with the middle of the range of the other parameters."""
    if not isinstance(section, Mapping):
        raise SweepConfigError(f"{name} must be a mapping from parameters to values, not {section!r}")
    reject_unknown(name, section, parameters)
    for key, value in section.items():
        if not parameters[key].contains(value):
            allowed = ", ".join(map(str, parameters[key].values_or_bounds))
            raise SweepConfigError(f"{name}: {key} is {value!r}, which is not in its space ({allowed})")
    return {key: section.get(key, distribution.middle) for key, distribution in parameters.items()}


def _check_grid(parameters: Mapping[str, Distribution]) -> None:
    for name, distribution in parameters.items():
        if distribution.grid() is None:
            raise SweepConfigError(
                f"parameter {name}: {distribution.name} cannot be enumerated by method grid;"
                " give values, integer bounds or q_uniform, or use method random or bayes"
            )
        if isinstance(distribution, Categorical) and distribution.probabilities is not None:
            raise SweepConfigError(
                f"parameter {name}: probabilities have no meaning with method grid; remove them"
            )


def _early_terminate(section: Any) -> EarlyTerminate | None:
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise SweepConfigError(f"early_terminate must be a mapping, not {section!r}")
    reject_unknown(
        "early_terminate", section, {"type", "min_iter", "max_iter", "s", "eta", "strict", "min_runs"}
    )
    choice("early_terminate.type", section.get("type"), ("hyperband",))
    min_iter = _positive_int("early_terminate.min_iter", section.get("min_iter"))
    max_iter = _positive_int("early_terminate.max_iter", section.get("max_iter"))
    s = _positive_int("early_terminate.s", section.get("s"))
    eta = section.get("eta", 3)
    strict = section.get("strict", True)
    if not is_number(eta) or eta <= 1:
        raise SweepConfigError(f"early_terminate.eta must be a number above 1, not {eta!r}")
    if not isinstance(strict, bool):
        raise SweepConfigError(f"early_terminate.strict must be true or false, not {strict!r}")
    if min_iter is None and max_iter is None:
        raise SweepConfigError("early_terminate needs min_iter, or max_iter together with s")
    if max_iter is not None and s is None:
        raise SweepConfigError("early_terminate.max_iter needs s, the number of rungs below it")
    min_runs = _positive_int("early_terminate.min_runs", section.get("min_runs")) or 1
    settings = EarlyTerminate(min_iter, max_iter, s, eta, strict, min_runs)
    if not hyperband_rungs(settings):
        raise SweepConfigError(
            f"early_terminate has no rung and can never fire: max_iter {max_iter} / eta {eta} is below 1"
        )
    return settings


def _positive_int(name: str, value: Any) -> int | None:
    return _count(name, value, minimum=1)


def _count(name: str, value: Any, minimum: int = 0) -> int | None:
    if value is None:
        return None
    if not is_number(value) or value != int(value) or value < minimum:
        raise SweepConfigError(f"{name} must be a whole number of at least {minimum}, not {value!r}")
    return int(value)


def _command(section: Any) -> tuple[str, ...]:
    if section is None:
        return ()
    if isinstance(section, str) or not isinstance(section, Sequence):
        raise SweepConfigError(f"command must be a list of words, not {section!r}")
    return tuple(str(word) for word in section)
