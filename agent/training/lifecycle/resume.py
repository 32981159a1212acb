"""Saves the complete state of a run, and finds the newest saved state."""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from agent.training.lifecycle.context import RunContext
from rewards.files.atomic_write import write_text

_OWN = "sweepfarm_state.json"
_PREFIX = "checkpoint-"


@dataclass(frozen=True)
class SavedState:
    """A saved state, from which a run can continue.

    Attributes:
        path: The trainer's checkpoint: weights, optimiser, schedule, random generators.
        step: The training step after which it was saved.
        own: Our own counters after that step; see `SaveState`.
    """

    path: Path
    step: int
    own: dict[str, Any]


def latest_state(folder: Path) -> SavedState | None:
    """The newest complete state in `folder`; `None` if there is none. Incomplete states are skipped."""
    steps = sorted((int(p.name.removeprefix(_PREFIX)), p) for p in folder.glob(f"{_PREFIX}*"))
    for step, path in reversed(steps):
        try:
            saved = json.loads((path / _OWN).read_text(encoding="utf-8"))
            if saved["files"] == _digests(path):
                return SavedState(path, step, saved["own"])
        except (OSError, ValueError, KeyError):
            pass
        print(
            f"sweepfarm: {path} is damaged or incomplete; an older state is used, if there is one",
            file=sys.stderr,
        )
    return None


def _digests(folder: Path) -> dict[str, str]:
    """Name → BLAKE2b hash of the content, for each of the trainer's files in a checkpoint."""
    digests = {}
    for file in sorted(folder.iterdir()):
        if file.is_file() and file.name != _OWN:
            with file.open("rb") as content:
                digests[file.name] = hashlib.file_digest(content, "blake2b").hexdigest()
    return digests


class SaveState(TrainerCallback):
    """Makes the trainer save its state after every rung, and before a preempted run ends.

    A state is saved only between batches: a batch that later steps train on again could not be restored.

    Args:
        context: Of the run. A preemption ends the run as soon as its state is saved.
        own: Returns what to save beside the trainer's state, as JSON values.
    """

    def __init__(self, context: RunContext, own: Callable[[], dict[str, Any]]) -> None:
        self._config = context.config
        self._rungs = frozenset(context.config.rung_steps)
        self._stop = context.stop
        self._own = own
        self._due = False

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Request a save if one is due and possible after this step."""
        preempted = self._stop.reason == "preempted"
        self._due |= preempted or state.global_step in self._rungs
        between_batches = state.global_step % self._config.num_iterations == 0
        if self._due and between_batches and state.global_step < self._config.max_steps:
            self._due = False
            control.should_save = True
            control.should_training_stop |= preempted

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Add our part, which marks the state as complete, and remove all but the last two states."""
        folder = Path(str(args.output_dir))
        path = folder / f"{_PREFIX}{state.global_step}"
        write_text(path / _OWN, json.dumps({"own": self._own(), "files": _digests(path)}))
        steps = sorted((int(p.name.removeprefix(_PREFIX)), p) for p in folder.glob(f"{_PREFIX}*"))
        for _step, old in steps[:-2]:
            shutil.rmtree(old)
