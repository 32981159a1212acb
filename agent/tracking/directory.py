"""The run directory: all records of a run as files, with or without W&B."""

import errno
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewards.files.atomic_write import write_text

CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
"""Errors of a full or read-only disk. The user can fix them, so they are reported in one line."""


class RunDirectory:
    """Writes `config.json`, `metrics.jsonl`, `samples.jsonl`, `findings.json` and `outcome.json` of a run.

    Each row is written to disk when it is logged, so that a killed run keeps every step it logged.

    Args:
        path: The directory; created if it does not exist.
        config: Content of `config.json`.

    Raises:
        OSError: If the directory cannot be created.
    """

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        self.path = path
        self._config = config
        path.mkdir(parents=True, exist_ok=True)

    def begin(self) -> None:
        """Write `config.json`: from now on the directory belongs to this run."""
        self._write_json("config.json", self._config)

    def rewind(self, step: int) -> None:
        """Remove all rows after training step `step`: a run that is resumed there writes them again."""
        for name, key in (("metrics.jsonl", "train/global_step"), ("samples.jsonl", "step")):
            path = self.path / name
            if path.exists():
                rows = _whole_rows(path.read_text(encoding="utf-8"))
                write_text(path, "".join(json.dumps(row) + "\n" for row in rows if row[key] <= step))

    def rows(self) -> list[dict[str, Any]]:
        """The complete rows of `metrics.jsonl`, in order."""
        path = self.path / "metrics.jsonl"
        return _whole_rows(path.read_text(encoding="utf-8")) if path.exists() else []

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"

    def log(self, row: Mapping[str, Any]) -> None:
        """Append the row of one step to `metrics.jsonl`."""
        self._append("metrics.jsonl", [row])

    def log_samples(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows to `samples.jsonl`, one per completion."""
        self._append("samples.jsonl", rows)

    def write_findings(self, findings: Sequence[Mapping[str, Any]]) -> None:
        """Write `findings.json`: the findings of the health checks so far, in order."""
        self._write_json("findings.json", findings)

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Write `outcome.json`: how the run ended."""
        self._write_json("outcome.json", outcome)

    def _append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        text = "".join(json.dumps(row, allow_nan=True) + "\n" for row in rows)
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def _write_json(self, name: str, value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        write_text(self.path / name, json.dumps(value, indent=1))


def _whole_rows(text: str) -> list[dict[str, Any]]:
    """Rows of a JSON lines file, without a last line that a kill left incomplete."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
