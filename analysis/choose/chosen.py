"""`chosen_config.yaml`: the complete configuration of the chosen run, for `sweepfarm train`."""

from collections.abc import Mapping
from typing import Any

import yaml

from analysis.read.config import DERIVED


def chosen_config(
    config: Mapping[str, Any],
    *,
    sweep: str,
    run: str,
    metric: str,
    step: int,
    objective: float,
    starter: float | None,
) -> str:
    """The text of `chosen_config.yaml`: comments with the sweep, run and objective, then every setting.

    Args:
        config: The saved configuration of the run.
        sweep: Path of the sweep.
        run: Id of the chosen run.
        metric: Name of the objective.
        step: Training step at which the runs were compared.
        objective: The run's objective there.
        starter: The starting model's objective; None where unknown.
    """
    origin = f"# {metric} {objective:.4f} at step {step}"
    if starter is not None:
        origin += f", the starting model {starter:.4f}"
    settings = {
        name: config[name] for name in sorted(config) if name not in DERIVED and not name.startswith("_")
    }
    hashes = [f"# {name} {config[name]}" for name in DERIVED if name in config]
    head = [
        f"# Chosen from sweep {sweep}, run {run}",
        origin,
        *hashes,
        "# sweepfarm train chosen_config.yaml",
    ]
    return "\n".join(head) + "\n" + yaml.safe_dump(settings, sort_keys=True, allow_unicode=True)
