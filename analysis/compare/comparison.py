"""The comparison of two windows: what changed, and whether it is more than noise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.compare.window import BEST, GAP, Better, Measure, Window

SIGNIFICANT = 1.96
"""Standard errors from which on a difference is more than noise (5 % by chance, one measure at a time)."""


@dataclass(frozen=True, slots=True)
class Change:
    """How one measure changed.

    Attributes:
        name: Name of the measure.
        before: Value then.
        after: Value now.
        error: Standard error of the difference; None where it is not known.
        better: Which way is better.
        comparable: False where the two values measure different things (best-of-N of different N).
    """

    name: str
    before: float
    after: float
    error: float | None
    better: Better
    comparable: bool = True

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """The difference in percent of the value before; None where that is zero."""
        return None if self.before == 0 else 100 * self.difference / abs(self.before)

    @property
    def within_noise(self) -> bool | None:
        """Whether chance alone would explain the difference; None where the error is not known."""
        return None if self.error is None else abs(self.difference) <= SIGNIFICANT * self.error

    @property
    def real(self) -> bool:
        """Whether the difference is known to be more than noise."""
        return self.comparable and self.within_noise is False

    @property
    def improved(self) -> bool:
        """Whether the measure really moved the better way."""
        return self.real and self.better == ("higher" if self.difference > 0 else "lower")

    @property
    def worsened(self) -> bool:
        """Whether the measure really moved the worse way."""
        return self.real and self.better == ("lower" if self.difference > 0 else "higher")

    @property
    def reading(self) -> str:
        """One word or two for the table."""
        if not self.comparable:
            return "not comparable"
        if self.within_noise is None:
            return "noise unknown"
        if self.within_noise:
            return "within noise"
        return "better" if self.improved else "worse" if self.worsened else "changed"


@dataclass(frozen=True)
class Comparison:
    """Two windows side by side.

    Attributes:
        before: Name of the first window.
        after: Name of the second.
        changes: One per measure that both have.
        moved: Settings that differ: name → (then, now).
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    moved: Mapping[str, tuple[Any, Any]]

    def change(self, name: str) -> Change | None:
        """The change of a measure, or None where it was not measured in both."""
        return next((change for change in self.changes if change.name == name), None)


def compare(before: Window, after: Window) -> Comparison:
    """Compares two windows measure by measure, and their settings."""
    changes = [
        _change(name, before, after, before.measures[name], after.measures[name])
        for name in before.measures
        if name in after.measures
    ]
    missing = object()
    names = sorted({*before.settings, *after.settings})
    moved: dict[str, tuple[Any, Any]] = {
        name: (before.settings.get(name), after.settings.get(name))
        for name in names
        if before.settings.get(name, missing) != after.settings.get(name, missing)
    }
    return Comparison(before.name, after.name, tuple(changes), moved)


def _change(name: str, before: Window, after: Window, a: Measure, b: Measure) -> Change:
    """One row; best-of-N rises with N by itself, so unequal N are not compared there."""
    incomparable = name in (BEST, GAP) and before.samples_per_prompt != after.samples_per_prompt
    error = None if a.error is None or b.error is None else math.hypot(a.error, b.error)
    return Change(name, a.value, b.value, None if incomparable else error, b.better, not incomparable)
