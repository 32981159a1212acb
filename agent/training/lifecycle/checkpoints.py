"""Saves a checkpoint at each rung and keeps the best one and the last one."""

import shutil
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewards.files.atomic_write import replacing


class Checkpoints:
    """Saves weights and tokenizer as model folders named like `step-000010`.

    Args:
        folder: Where checkpoints are saved; created by the first save.
        tokenizer: Saved with each checkpoint.
    """

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._best: tuple[float, Path] | None = None
        self._last: Path | None = None

    def save(self, model: PreTrainedModel, step: int, score: float) -> Path:
        """Save `model`, whole or not at all, then remove every checkpoint but the best and this one.

        Args:
            model: To be saved.
            step: Training step; gives the folder its name.
            score: Objective at this step; the checkpoint with the highest is the best.

        Returns:
            The folder of the checkpoint.
        """
        path = self._folder / f"step-{step:06d}"
        for unfinished in self._folder.glob(f".{path.name}.*"):  # of a save that was killed
            shutil.rmtree(unfinished, ignore_errors=True)
        with replacing(path) as scratch:
            model.save_pretrained(scratch, safe_serialization=True)
            self._tokenizer.save_pretrained(scratch)
        previous, self._last = self._last, path
        overtaken = self._best[1] if self._best else None
        if self._best is None or score > self._best[0]:
            self._best = (score, path)
        for old in {previous, overtaken} - {None, self._best[1], path}:
            shutil.rmtree(old, ignore_errors=True)  # type: ignore[arg-type]
        return path

    def state(self) -> dict[str, Any]:
        """The state for `restore`. It has names, not paths: the folder may be mounted elsewhere later."""
        return {
            "best": None if self._best is None else [self._best[0], self._best[1].name],
            "last": None if self._last is None else self._last.name,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`."""
        best, last = state["best"], state["last"]
        self._best = None if best is None else (best[0], self._folder / best[1])
        self._last = None if last is None else self._folder / last

    @property
    def best(self) -> Path | None:
        """Folder of the checkpoint with the highest objective; `None` before the first save."""
        return self._best[1] if self._best else None
