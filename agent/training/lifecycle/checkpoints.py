"""Checkpoints at the rungs: the best and the last are kept."""

import os
import shutil
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Checkpoints:
    """Saves weights and tokenizer as loadable model folders `step-000010`.

    Args:
        folder: where they go; created on the first save.
        tokenizer: saved with each.
    """

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._best: tuple[float, Path] | None = None
        self._last: Path | None = None

    def save(self, model: PreTrainedModel, step: int, score: float) -> Path:
        """Save `model`, then remove the one before unless it is the best so far.

        A folder appears whole or not at all.
        """
        path = self._folder / f"step-{step:06d}"
        building = path.with_name(f".{path.name}")
        shutil.rmtree(building, ignore_errors=True)
        model.save_pretrained(building, safe_serialization=True)
        self._tokenizer.save_pretrained(building)
        shutil.rmtree(path, ignore_errors=True)
        os.replace(building, path)
        previous, self._last = self._last, path
        overtaken = self._best[1] if self._best else None
        if self._best is None or score > self._best[0]:
            self._best = (score, path)
        for old in {previous, overtaken} - {None, self._best[1], path}:
            shutil.rmtree(old, ignore_errors=True)  # type: ignore[arg-type]
        return path

    def state(self) -> dict[str, Any]:
        """For `restore`; paths are names inside the folder, which may be mounted elsewhere later."""
        return {
            "best": None if self._best is None else [self._best[0], self._best[1].name],
            "last": None if self._last is None else self._last.name,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a saved `state`."""
        best, last = state["best"], state["last"]
        self._best = None if best is None else (best[0], self._folder / best[1])
        self._last = None if last is None else self._folder / last

    @property
    def best(self) -> Path | None:
        """Folder of the checkpoint with the highest objective."""
        return self._best[1] if self._best else None
