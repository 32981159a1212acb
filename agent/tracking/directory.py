"""The run directory: everything about a run, in files, whatever else records it."""

import errno
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
"""Errors of a full or read-only disk: the user's to mend, so they are said in one line."""


class RunDirectory:
    """`config.json`, `metrics.jsonl`, `samples.jsonl`, `findings.json`, `outcome.json` and `checkpoints/`.

    Rows are written line by line and flushed, so that a killed run keeps every step it logged.

    Args:
        path: created when absent.
        config: for `config.json`.
    """

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        self.path = path
        self._config = config
        path.mkdir(parents=True, exist_ok=True)

    def begin(self) -> None:
        """Write `config.json`: the directory is this run's from now on."""
        self._write_json("config.json", self._config)

    def rewind(self, step: int) -> None:
        """Drop rows after training step `step`: a run that goes on from there writes them again."""
        for name, key in (("metrics.jsonl", "train/global_step"), ("samples.jsonl", "step")):
            path = self.path / name
            if path.exists():
                rows = _whole_rows(path.read_text(encoding="utf-8"))
                replace_text(path, "".join(json.dumps(row) + "\n" for row in rows if row[key] <= step))

    def rows(self) -> list[dict[str, Any]]:
        """The whole rows of `metrics.jsonl`."""
        path = self.path / "metrics.jsonl"
        return _whole_rows(path.read_text(encoding="utf-8")) if path.exists() else []

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    def log(self, row: Mapping[str, Any]) -> None:
        """Append one step to `metrics.jsonl`."""
        self._append("metrics.jsonl", [row])

    def log_samples(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append completions to `samples.jsonl`."""
        self._append("samples.jsonl", rows)

    def write_findings(self, findings: Sequence[Mapping[str, Any]]) -> None:
        """Write `findings.json`: what the health checks found so far, in the order they found it."""
        self._write_json("findings.json", findings)

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Write `outcome.json`: how the run ended."""
        self._write_json("outcome.json", outcome)

    def _append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        text = "".join(json.dumps(row, allow_nan=True) + "\n" for row in rows)
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def _write_json(self, name: str, value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        replace_text(self.path / name, json.dumps(value, indent=1))


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _whole_rows(text: str) -> list[dict[str, Any]]:
    """Rows of a JSON lines file; a last line that a kill cut short is left out."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
