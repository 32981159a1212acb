"""The plan of a confirmation: a small grid sweep over fresh seeds for each candidate."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from analysis.confirm.candidates import Candidate
from analysis.errors import AnalysisError
from analysis.read.config import SEED


@dataclass(frozen=True)
class Plan:
    """The candidates, the seeds and the registered sweeps of a confirmation.

    Attributes:
        sweep: Path of the sweep whose choice is confirmed.
        top: Number of best configurations that the user asked for.
        seeds: Fresh seeds, the same for all candidates.
        candidates: The configurations to run.
        sweeps: Paths of the grid sweeps of each candidate, in the same order. The first is over all `seeds`,
            further ones are over the seeds whose runs were lost. Empty before the first is registered.
        notes: Sentences on candidates that are missing, for the reader.
    """

    sweep: str
    top: int
    seeds: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    sweeps: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def with_sweep(self, place: int, path: str) -> "Plan":
        """This plan with one more sweep for the candidate with the index `place`."""
        sweeps = [(*paths, path) if i == place else paths for i, paths in enumerate(self.sweeps)]
        return replace(self, sweeps=tuple(sweeps))

    def label_of(self, path: str) -> str:
        """Label of the candidate of a grid sweep, given the sweep's path."""
        labels = {
            path: candidate.label
            for candidate, paths in zip(self.candidates, self.sweeps, strict=True)
            for path in paths
        }
        return labels[path]

    def to_json(self) -> str:
        """The plan as JSON text; `from_json` reads it back."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The plan that `to_json` wrote.

        Raises:
            AnalysisError: If the text is not a plan.
        """
        try:
            fields = json.loads(text)
            found = tuple(Candidate(**candidate) for candidate in fields.pop("candidates"))
            return cls(
                sweep=fields["sweep"],
                top=int(fields["top"]),
                seeds=tuple(fields["seeds"]),
                candidates=found,
                sweeps=tuple(tuple(paths) for paths in fields["sweeps"]),
                notes=tuple(fields["notes"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise AnalysisError(f"this is not the plan of a confirmation: {error}") from error


def constants(config: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with one fixed value in a sweep's configuration (W&B's syntax); nested names have dots."""
    return dict(_constants(config.get("parameters") or {}))


def _constants(parameters: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, spec in parameters.items():
        if isinstance(spec.get("parameters"), Mapping):
            found += _constants(spec["parameters"], f"{prefix}{name}.")
        elif "value" in spec:
            found.append((prefix + name, spec["value"]))
        elif len(spec.get("values", ())) == 1:
            found.append((prefix + name, spec["values"][0]))
    return found


def grid_sweep(
    config: Mapping[str, Any], path: str, candidate: Candidate, seeds: Sequence[int]
) -> dict[str, Any]:
    """Configuration of a sweep that runs a candidate once on each seed, without early termination.

    Args:
        config: Configuration of the sweep that is confirmed; program, command and metric are taken from it.
        path: Path of that sweep, `entity/project/sweep_id`.
        candidate: The configuration to run.
        seeds: The seeds.
    """
    entity, project, sweep = path.split("/")
    parameters: dict[str, Any] = {}
    for name, value in candidate.parameters.items():
        *outer, last = name.split(".")
        level = parameters
        for part in outer:
            level = level.setdefault(part, {"parameters": {}})["parameters"]
        level[last] = {"value": value}
    copied = {key: config[key] for key in ("program", "command", "metric") if key in config}
    return {
        "name": f"confirm {sweep}: {candidate.label}",
        "entity": entity,
        "project": project,
        **copied,
        "method": "grid",
        "parameters": {**parameters, SEED: {"values": list(seeds)}},
    }
