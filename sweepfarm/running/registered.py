"""Registered sweeps: the latest one of a folder of runs, and the content of one on its server."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewards.error_text import first_line
from sweepfarm.errors import UserError

_PATH_FILE = "sweep_path"
_RETRIES = 2
"""Number of retries when a sweep is read."""


def set_latest(runs: Path, sweep: str) -> Path:
    """Make `runs/latest` a link to the folder of a sweep, which is created if needed.

    Args:
        runs: The folder of runs.
        sweep: `entity/project/id`.

    Returns:
        The folder of the sweep in `runs`.
    """
    folder = runs / sweep.rsplit("/", 1)[-1]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _PATH_FILE).write_text(f"{sweep}\n", encoding="utf-8")
    latest, building = runs / "latest", runs / ".latest"
    building.unlink(missing_ok=True)
    building.symlink_to(folder.name)
    building.replace(latest)
    return folder


def latest(runs: Path) -> str | None:
    """`entity/project/id` of the latest sweep of a folder of runs; None if there is none yet."""
    try:
        return (runs / "latest" / _PATH_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def named_or_latest(sweep: str, runs: Path) -> str:
    """`entity/project/id` of the named sweep, or of the latest one if `sweep` is empty.

    Raises:
        UserError: If no sweep is named and none is registered.
    """
    path = sweep.strip() or latest(runs)
    if not path:
        raise UserError(
            f"no sweep is named, and none was registered in {runs}: give entity/project/id, as `wandb sweep`"
            " printed it, or set SWEEP_ID to it"
        )
    return path


def registered_content(sweep: str) -> dict[str, Any]:
    """The content with which the sweep `entity/project/id` was registered.

    Raises:
        UserError: If the server does not answer, refuses the key or has no such sweep.
    """
    import wandb

    settings = wandb.setup().settings
    settings.silent = True
    settings.x_graphql_retry_max = _RETRIES
    settings.x_graphql_retry_wait_min_seconds = 1
    try:
        content = dict(wandb.Api(timeout=20).sweep(sweep).config)  # type: ignore[no-untyped-call]
    except (wandb.Error, ValueError) as error:
        raise UserError(
            f"the sweep {sweep} cannot be read: {first_line(error)};"
            " check its name, the network and WANDB_API_KEY"
        ) from None
    # `wandb agent`, which may replace this process, would not know the helper process of the client.
    wandb.teardown()
    return content


def content_or_exit(sweep: str) -> dict[str, Any]:
    """As `registered_content`, but an error is printed and ends this process at once with exit code 1.

    A normal exit may take ten minutes: after a failed request, W&B's client waits for its helper process.
    """
    try:
        return registered_content(sweep)
    except UserError as error:
        error.show()
        os._exit(1)


def trains_with_us(content: Mapping[str, Any]) -> bool:
    """Whether the program of a sweep is `python -m agent`, the only one whose parameters can be checked."""
    return content.get("program") == "agent" or "agent" in content.get("command", ())
