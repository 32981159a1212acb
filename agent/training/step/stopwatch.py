"""Measures how long each part of a training step takes."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Part = Literal["generation", "scoring"]


class Stopwatch:
    """Measures the seconds of a step and its parts. The update is what is neither generation nor scoring."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._parts: defaultdict[Part, float] = defaultdict(float)

    def start_step(self) -> None:
        """Start the clock of a step."""
        self._started = time.monotonic()
        self._parts.clear()

    @contextmanager
    def part(self, name: Part) -> Iterator[None]:
        """Add the duration of the block to the part `name` of the step."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._parts[name] += time.monotonic() - began

    def seconds(self) -> dict[str, float]:
        """Seconds since the start of the step, in total and by part, as metrics `train/..._seconds`."""
        total = time.monotonic() - self._started
        generation, scoring = self._parts["generation"], self._parts["scoring"]
        return {
            "train/step_seconds": total,
            "train/generation_seconds": generation,
            "train/scoring_seconds": scoring,
            "train/update_seconds": total - generation - scoring,
        }
