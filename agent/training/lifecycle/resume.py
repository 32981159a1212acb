"""Saving the whole state of a run, and finding it again."""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from agent.config.run import RunConfig
from agent.training.lifecycle.stop import StopRequest

_OWN = "sweepfarm_state.json"
_PREFIX = "checkpoint-"


@dataclass(frozen=True)
class SavedState:
    """A state from which a run goes on.

    Attributes:
        path: the trainer's own checkpoint: weights, optimiser, schedule, generators.
        step: the training step after which it was saved.
        own: our counters at that step; see `SaveState`.
    """

    path: Path
    step: int
    own: dict[str, Any]


def latest_state(folder: Path) -> SavedState | None:
    """The newest whole state in `folder`; one cut short or damaged is passed over for an older one."""
    steps = sorted((int(p.name.removeprefix(_PREFIX)), p) for p in folder.glob(f"{_PREFIX}*"))
    for step, path in reversed(steps):
        try:
            saved = json.loads((path / _OWN).read_text(encoding="utf-8"))
            if saved["files"] == _digests(path):
                return SavedState(path, step, saved["own"])
        except (OSError, ValueError, KeyError):
            pass
        print(f"sweepfarm: {path} is not whole; going on from an older state", file=sys.stderr)
    return None


def _digests(folder: Path) -> dict[str, str]:
    """File name → hash of its content, of the trainer's files in a checkpoint."""
    digests = {}
    for file in sorted(folder.iterdir()):
        if file.is_file() and not file.name.endswith(_OWN):
            with file.open("rb") as content:
                digests[file.name] = hashlib.file_digest(content, "blake2b").hexdigest()
    return digests


class SaveState(TrainerCallback):
    """Has the trainer save after every rung, and before the run gives way to a preemption.

    A state is saved only between batches: a batch that is trained on once more could not be restored.

    Args:
        config: of the run.
        stop: a preemption ends the run as soon as its state is saved.
        own: gives what to save beside the trainer's state.
    """

    def __init__(self, config: RunConfig, stop: StopRequest, own: Callable[[], dict[str, Any]]) -> None:
        self._config = config
        self._rungs = frozenset(config.rung_steps)
        self._stop = stop
        self._own = own
        self._due = False

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Ask for a save where one is due and possible."""
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
        """Mark the state as whole by adding ours, and drop those before the previous one."""
        folder = Path(str(args.output_dir))
        path = folder / f"{_PREFIX}{state.global_step}"
        building = path / f".{_OWN}"
        building.write_text(json.dumps({"own": self._own(), "files": _digests(path)}), encoding="utf-8")
        os.replace(building, path / _OWN)
        steps = sorted((int(p.name.removeprefix(_PREFIX)), p) for p in folder.glob(f"{_PREFIX}*"))
        for _step, old in steps[:-2]:
            shutil.rmtree(old)
