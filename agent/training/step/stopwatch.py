"""Where the seconds of a step go."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Part = Literal["generation", "scoring"]


class Stopwatch:
    """Seconds of a step, in all and by part; what is neither generation nor scoring is the update."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._parts: defaultdict[Part, float] = defaultdict(float)

    def start_step(self) -> None:
        """Begin a step."""
        self._started = time.monotonic()
        self._parts.clear()

    @contextmanager
    def part(self, name: Part) -> Iterator[None]:
        """Add the time of the block to a part of the step."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._parts[name] += time.monotonic() - began

    def seconds(self) -> dict[str, float]:
        """The step up to now, as metrics."""
        total = time.monotonic() - self._started
        generation, scoring = self._parts["generation"], self._parts["scoring"]
        return {
            "train/step_seconds": total,
            "train/generation_seconds": generation,
            "train/scoring_seconds": scoring,
            "train/update_seconds": total - generation - scoring,
        }
