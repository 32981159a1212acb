"""The run directory: everything about a run, in files, whatever else records it."""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


class RunDirectory:
    """`config.json`, `metrics.jsonl`, `samples.jsonl`, `outcome.json` and `checkpoints/` of one run.

    Rows are written line by line and flushed, so that a killed run keeps every step it logged.

    Args:
        path: created when absent.
        config: written at once to `config.json`.
    """

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._write_json("config.json", config)

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

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Write `outcome.json`: how the run ended."""
        self._write_json("outcome.json", outcome)

    def _append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        text = "".join(json.dumps(row, allow_nan=True) + "\n" for row in rows)
        with (self.path / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def _write_json(self, name: str, value: Mapping[str, Any]) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(value, file, indent=1)
            os.replace(temporary, self.path / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
