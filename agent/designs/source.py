"""Finds the model that `sweepfarm sample` is asked for, and the configuration that it was trained with."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.config.errors import ConfigError
from agent.config.run import RunConfig
from agent.tracking.directory import RunDirectory

CHOSEN, STARTER = "chosen", "starter"


@dataclass(frozen=True)
class Source:
    """A model that can be sampled.

    Attributes:
        model: Folder with weights and tokenizer, or a Hub id.
        config: Parameters of the run that trained it; the defaults if no run is known.
    """

    model: str
    config: RunConfig


def find_source(named: str, runs: Path) -> Source:
    """The model that a text names.

    Args:
        named: A run directory (its best checkpoint is meant), the folder of a checkpoint or of another model,
            the folder of a sweep (the run that its report chose), `chosen` (the same of the latest sweep
            below `runs`), `starter`, or a Hub id.
        runs: Folder of all runs.

    Raises:
        ConfigError: If the folder is none of these, the run has no checkpoint, or the sweep no chosen run.
    """
    path = runs / "latest" if named == CHOSEN else Path(named)
    if named == CHOSEN and not path.exists():
        raise ConfigError(f"there is no latest sweep in {runs}: name a run or a checkpoint")
    if not path.is_dir():
        return Source(_starter() if named == STARTER else named, RunConfig())
    if (path / "result.json").is_file():
        return _chosen(path)
    if (path / "checkpoints").is_dir():
        return _best(path)
    if next(path.glob("*.safetensors"), None):
        run = path.resolve().parent.parent  # RUN/checkpoints/step-000100
        config = _config(run) if (run / "metrics.jsonl").is_file() else RunConfig()
        return Source(str(path), config)
    raise ConfigError(
        f"{path} is neither a run directory (no checkpoints/), nor a sweep's (no result.json), nor a model"
        " (no .safetensors file)"
    )


def _starter() -> str:
    """Folder of the plasmid starter, which is trained first if the cache does not have it."""
    from agent.tasks.plasmid.starter import starter_path

    return str(starter_path())


def _chosen(sweep: Path) -> Source:
    run = _read(sweep / "result.json").get("best_run")
    if not run:
        raise ConfigError(f"the report in {sweep} chose no run: name one of its runs")
    if not (sweep / run).is_dir():
        raise ConfigError(
            f"{sweep} has no directory of its chosen run {run}: it was trained elsewhere; copy it here, or"
            " name its directory"
        )
    return _best(sweep / run)


def _best(run: Path) -> Source:
    """The checkpoint with the highest objective of those that the run has kept."""
    scores = {
        f"step-{row['train/global_step']:06d}": row["objective/score"]
        for row in RunDirectory(run, {}).rows()
        if "objective/score" in row
    }
    kept = [folder for folder in (run / "checkpoints").glob("step-*") if folder.name in scores]
    if not kept:
        raise ConfigError(f"the run {run} has no checkpoint: it ended before its first rung")
    best = max(kept, key=lambda folder: (scores[folder.name], folder.name))
    return Source(str(best), _config(run))


def _config(run: Path) -> RunConfig:
    return RunConfig.from_params(_read(run / "config.json"))


def _read(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{file} is not a mapping")
    return values
