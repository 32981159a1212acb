"""A sweep's metric, method, swept parameters and early termination."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from analysis.errors import AnalysisError


@dataclass(frozen=True, slots=True)
class Sweep:
    """The part of a sweep's configuration that the analysis needs.

    Attributes:
        path: `entity/project/sweep_id`.
        name: Display name (the id where it has none).
        state: The server's name of its state, for instance `RUNNING` or `FINISHED`.
        method: `bayes`, `grid` or `random`.
        metric: Key of the objective in the runs' histories.
        maximize: Whether a larger objective is better.
        swept: Names of the parameters that take more than one value, nested ones joined by a dot.
        log_scaled: Those of `swept` that are searched on a logarithmic scale.
        stops_early: Whether the sweep has an `early_terminate` rule.
    """

    path: str
    name: str
    state: str
    method: str
    metric: str
    maximize: bool
    swept: tuple[str, ...]
    log_scaled: tuple[str, ...]
    stops_early: bool

    @property
    def sign(self) -> int:
        """1 if a larger objective is better, else -1: a larger `sign * objective` is always better."""
        return 1 if self.maximize else -1

    @property
    def id(self) -> str:
        """The sweep id: the last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @classmethod
    def from_config(cls, path: str, name: str, state: str, config: Mapping[str, Any]) -> "Sweep":
        """The sweep of a configuration in W&B's syntax.

        Raises:
            AnalysisError: If the configuration names no metric.
        """
        metric = config.get("metric")
        if not isinstance(metric, Mapping) or not metric.get("name"):
            raise AnalysisError(f"sweep {path} names no metric, so its runs cannot be ranked")
        swept = dict(_swept(config.get("parameters") or {}))
        return cls(
            path=path,
            name=name,
            state=state,
            method=str(config.get("method", "")),
            metric=str(metric["name"]),
            maximize=metric.get("goal", "minimize") == "maximize",
            swept=tuple(swept),
            log_scaled=tuple(
                name for name, spec in swept.items() if "log" in str(spec.get("distribution", ""))
            ),
            stops_early=bool(config.get("early_terminate")),
        )

    def to_json(self) -> str:
        """The sweep as JSON text; `from_json` reads it back."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Sweep":
        """The sweep that `to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "swept": tuple(fields["swept"]), "log_scaled": tuple(fields["log_scaled"])})


def _swept(parameters: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Mapping[str, Any]]]:
    """Name and specification of each parameter that can take more than one value, in order."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, spec in parameters.items():
        if not isinstance(spec, Mapping):
            continue
        values = spec.get("values") or ()
        if isinstance(spec.get("parameters"), Mapping):
            found += _swept(spec["parameters"], f"{prefix}{name}.")
        elif values and all(isinstance(value, Mapping) for value in values):
            # A list of whole configurations: each of their parameters counts by itself.
            names = dict.fromkeys(inner for value in values for inner in value)
            together = {n: {"values": _different(value.get(n) for value in values)} for n in names}
            found += _swept(together, f"{prefix}{name}.")
        elif "value" in spec or len(spec.get("values", "many")) < 2:
            continue
        else:
            found.append((f"{prefix}{name}", spec))
    return found


def _different(values: Iterable[Any]) -> list[Any]:
    """The values without repeats; they need not be hashable."""
    kept: list[Any] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept
