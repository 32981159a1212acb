"""Downloads sweeps and runs from a W&B server, hosted or embedded. No other module here calls a server."""

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from analysis.errors import AnalysisError
from analysis.files import replace_text
from analysis.read.completions import completions_frame, first_and_last, logs_diversity
from analysis.read.folder import history_file, read_table, samples_file, scored_file, write_frame
from analysis.read.samples import TABLE, samples_frame
from analysis.read.sweep import Sweep
from analysis.read.table import SweepTable, history_frame, runs_frame

TIMEOUT = 60
"""Time limit of one request, in seconds."""

RETRIES = 5
"""How often a failed request is repeated, after 1, 2, 4, 5 and 5 seconds."""

ENDED = {"finished", "failed", "crashed", "killed"}
"""States in which a run logs nothing more."""


def cache_folder(base_url: str, path: str) -> Path:
    """Folder of a downloaded sweep under `$SWEEPFARM_CACHE`, by server and path."""
    root = Path(os.environ.get("SWEEPFARM_CACHE", Path.home() / ".cache" / "sweepfarm"))
    server = urlsplit(base_url).netloc.replace(":", "_")
    return root / "analysis" / server / path


def download(path: str, folder: Path | None = None) -> SweepTable:
    """The sweep at a server, read with `wandb.Api` and saved in a folder.

    The full history is read, not W&B's sample of it. A run that has ended and has not changed since it was
    saved is not downloaded again.

    Args:
        path: `entity/project/sweep_id`.
        folder: Folder to save it in; by default the cache folder of this server and sweep.

    Raises:
        AnalysisError: If the path is malformed, or the server cannot be reached or does not have the sweep.
    """
    if len([part for part in path.split("/") if part]) != 3:
        raise AnalysisError(f"{path!r} is not a sweep: give ENTITY/PROJECT/SWEEP")
    with _one_line_errors(path):
        api = _api()
        folder = folder or cache_folder(api.settings["base_url"], path)
        found = _find(api, path)
        sweep = Sweep.from_config(path, found.name, found.state, found.config)
        known = _known_runs(folder)
        rows = []
        for run in api.runs(path.rsplit("/", 1)[0], filters={"sweep": found.id}, lazy=False):
            row = _run_row(run)
            if known.get(run.id) != row or not history_file(folder, run.id).exists():
                _save_run(run, folder)
            rows.append(row)
    write_frame(runs_frame(rows), folder / "runs.parquet")
    replace_text(folder / "sweep.json", sweep.to_json())
    return read_table(folder)


def _save_run(run: Any, folder: Path) -> None:
    """Downloads the history of a `wandb.apis.public.Run`, and its completions if it logged no diversity."""
    history = history_frame(run.scan_history(use_cache=False))
    samples = None if logs_diversity(history) else _completions(run)
    # The history is written last: its presence means that the run is saved completely.
    scored_file(folder, run.id).unlink(missing_ok=True)
    if samples is None:
        samples_file(folder, run.id).unlink(missing_ok=True)
    else:
        write_frame(samples, samples_file(folder, run.id))
    write_frame(history, history_file(folder, run.id))


def _completions(run: Any) -> pd.DataFrame | None:
    """The first and the last table of completions that a run logged; None for fewer than two tables."""
    files = {file.name: file for file in run.files(pattern="media/table/%", per_page=500)}
    found = first_and_last(files)
    if found is None:
        return None
    frames = [completions_frame(_stored_json(files[name]), step) for step, name in found]
    return None if any(frame is None for frame in frames) else pd.concat(frames, ignore_index=True)


def _stored_json(file: Any) -> Any:
    """The content of a `wandb.apis.public.File` that holds JSON."""
    with tempfile.TemporaryDirectory() as scratch, file.download(root=scratch) as stored:
        return json.load(stored)


def sweep_config(path: str) -> dict[str, Any]:
    """The configuration of a sweep as it was registered, in W&B's syntax.

    Raises:
        AnalysisError: If the path is malformed, or the server cannot be reached or does not have it.
    """
    if len([part for part in path.split("/") if part]) != 3:
        raise AnalysisError(f"{path!r} is not a sweep: give ENTITY/PROJECT/SWEEP")
    with _one_line_errors(path):
        return dict(_find(_api(), path).config)


def sweeps_of_project(path: str) -> dict[str, dict[str, Any]]:
    """The sweeps of a project: `entity/project/sweep_id` → configuration in W&B's syntax.

    Args:
        path: `entity/project`.

    Raises:
        AnalysisError: If the server cannot be reached or does not have the project.
    """
    entity, project = path.split("/")
    with _one_line_errors(path):
        found = _api().project(project, entity).sweeps()
        return {f"{path}/{sweep.id}": dict(sweep.config) for sweep in found}


def download_run(path: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """The configuration and the full history of one run (`entity/project/run_id`).

    Raises:
        AnalysisError: If the path is malformed, or the server cannot be reached or does not have the run.
    """
    if len([part for part in path.split("/") if part]) != 3:
        raise AnalysisError(f"{path!r} is not a run: give ENTITY/PROJECT/RUN")
    with _one_line_errors(path):
        run = _api().run(path)
        config = {name: value for name, value in run.config.items() if not name.startswith("_")}
        return config, history_frame(run.scan_history(use_cache=False))


def download_samples(path: str, run: str) -> pd.DataFrame | None:
    """The last table of scored completions of one run, also saved in the cache folder of its sweep.

    Args:
        path: `entity/project/sweep_id` of a sweep that was downloaded before.
        run: Id of the run.

    Returns:
        The columns of `analysis.read.samples.COLUMNS`; None where the run logged no such table.

    Raises:
        AnalysisError: If the server cannot be reached or does not have the run.
    """
    with _one_line_errors(path):
        api = _api()
        found = api.run(f"{path.rsplit('/', 1)[0]}/{run}")
        logged = found.summary_metrics.get(TABLE)
        if not isinstance(logged, dict) or "path" not in logged:
            return None
        frame = samples_frame(_stored_json(found.file(logged["path"])))
        if frame is not None:
            write_frame(frame, scored_file(cache_folder(api.settings["base_url"], path), run))
        return frame


def _find(api: Any, path: str) -> Any:
    """The `wandb.apis.public.Sweep` of a path.

    Raises:
        AnalysisError: If the server does not have it.
    """
    from wandb.errors import CommError

    try:
        return api.sweep(path)
    except (CommError, ValueError) as error:
        if "Could not find" not in str(error):
            raise
        raise AnalysisError(f"there is no sweep {path} at {api.settings['base_url']}") from error


def _known_runs(folder: Path) -> dict[str, dict[str, Any]]:
    """Run id → row of `runs.parquet`, for the ended runs that are saved in a folder."""
    if not (folder / "runs.parquet").exists():
        return {}
    rows = read_table(folder).runs.to_dict("records")
    return {
        str(row["id"]): {str(key): value for key, value in row.items()}
        for row in rows
        if row["state"] in ENDED
    }


def _run_row(run: Any) -> dict[str, Any]:
    """The row of `runs.parquet` for a `wandb.apis.public.Run`."""
    config = {name: value for name, value in run.config.items() if not name.startswith("_")}
    summary = {
        name: value for name, value in run.summary_metrics.items() if not isinstance(value, dict | list)
    }
    return {
        "id": run.id,
        "name": run.name or run.id,
        "state": run.state,
        "created_at": str(run.created_at),
        "last_step": int(run.lastHistoryStep),
        "config": json.dumps(config, sort_keys=True),
        "summary": json.dumps(summary, sort_keys=True),
    }


def _api() -> Any:
    """A silent `wandb.Api`, after a check that its server accepts connections.

    Raises:
        AnalysisError: If wandb's settings are invalid or the server does not answer.
    """
    import wandb
    from wandb.sdk import wandb_setup

    try:
        settings = wandb_setup.singleton().settings
    except ValueError as error:
        raise AnalysisError(f"wandb's settings are invalid: {_first_invalid(error)}") from error
    settings.silent = True
    # By default the client's process retries for hours when a server is dead, and this process waits for it.
    settings.x_graphql_retry_max = RETRIES
    settings.x_graphql_retry_wait_min_seconds = 1
    settings.x_graphql_retry_wait_max_seconds = 5
    settings.x_file_transfer_retry_max = RETRIES
    settings.x_file_transfer_retry_wait_min_seconds = 1
    settings.x_file_transfer_retry_wait_max_seconds = 5
    base_url = os.environ.get("WANDB_BASE_URL", settings.base_url)
    address = urlsplit(base_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        # wandb would retry a refused connection for minutes.
        socket.create_connection((address.hostname or "", port), timeout=10).close()
    except OSError as error:
        raise AnalysisError(
            f"no W&B server answers at {base_url} ({error}): start it, or set WANDB_BASE_URL"
        ) from error
    return wandb.Api(timeout=TIMEOUT)


@contextmanager
def _one_line_errors(path: str) -> Iterator[None]:
    """Turns the errors that `wandb` raises into an `AnalysisError` of one line."""
    from wandb.errors import AuthenticationError, CommError, UsageError
    from wandb.sdk.lib.service.service_connection import WandbApiFailedError

    try:
        yield
    except (AuthenticationError, UsageError) as error:
        raise AnalysisError(
            f"the W&B server refused the request: {_first_line(error)}; check WANDB_API_KEY"
        ) from error
    except (CommError, WandbApiFailedError, ConnectionError, TimeoutError) as error:
        raise AnalysisError(f"reading {path} failed: {_first_line(error)}") from error


def _first_invalid(error: ValueError) -> str:
    """The first setting that pydantic rejects, and the reason."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return _first_line(error)
    first = error.errors()[0]
    return f"WANDB_{'_'.join(map(str, first['loc'])).upper()}: {first['msg']}"


def _first_line(error: Exception) -> str:
    """The first line of an error's text."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
