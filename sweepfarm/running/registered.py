"""The sweep a folder of runs is at: `latest` links to the newest sweep's own folder."""

from pathlib import Path

from sweepfarm.errors import UserError

_PATH_FILE = "sweep_path"


def set_latest(runs: Path, sweep: str) -> Path:
    """Make a sweep the latest of a folder of runs.

    Args:
        runs: the folder.
        sweep: `entity/project/id`.

    Returns:
        The sweep's own folder in it; made where it is missing.
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
    """`entity/project/id` of the latest sweep of a folder of runs; `None` where there is none yet."""
    try:
        return (runs / "latest" / _PATH_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def named_or_latest(sweep: str, runs: Path) -> str:
    """The sweep that was named, or where none was, the latest.

    Raises:
        UserError: none was named and none registered.
    """
    found = sweep.strip() or latest(runs)
    if not found:
        raise UserError(
            f"no sweep is named, and none was registered in {runs}: give entity/project/id, as `wandb sweep`"
            " printed it, or set SWEEP_ID to it"
        )
    return found
