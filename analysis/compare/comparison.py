"""The changes between two windows, and whether each is more than noise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.compare.window import BEST, GAP, Better, Measure, Window

SIGNIFICANT = 1.96
"""A difference of more standard errors than this is more than noise (5% level for each measure by itself)."""


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one measure.

    Attributes:
        name: Name of the measure.
        before: Value in the first window.
        after: Value in the second window.
        error: Standard error of the difference; None where unknown.
        better: Which direction is better.
        comparable: False where the two values cannot be compared (best-of-N of different N).
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
        """The difference in percent of the absolute value before; None if that is zero."""
        return None if self.before == 0 else 100 * self.difference / abs(self.before)

    @property
    def within_noise(self) -> bool | None:
        """Whether chance alone can explain the difference; None where the standard error is unknown."""
        return None if self.error is None else abs(self.difference) <= SIGNIFICANT * self.error

    @property
    def real(self) -> bool:
        """Whether the difference is known to be more than noise."""
        return self.comparable and self.within_noise is False

    @property
    def improved(self) -> bool:
        """Whether the measure became better by more than noise."""
        return self.real and self.better == ("higher" if self.difference > 0 else "lower")

    @property
    def worsened(self) -> bool:
        """Whether the measure became worse by more than noise."""
        return self.real and self.better == ("lower" if self.difference > 0 else "higher")

    @property
    def reading(self) -> str:
        """The change in one or two words, for the table."""
        if not self.comparable:
            return "not comparable"
        if self.within_noise is None:
            return "noise unknown"
        if self.within_noise:
            return "within noise"
        return "better" if self.improved else "worse" if self.worsened else "changed"


@dataclass(frozen=True)
class Comparison:
    """The changes between two windows.

    Attributes:
        before: Name of the first window.
        after: Name of the second.
        changes: One per measure that both windows have.
        moved: Settings that differ: name → (before, after).
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    moved: Mapping[str, tuple[Any, Any]]

    def change(self, name: str) -> Change | None:
        """The change of a measure; None if it was not measured in both windows."""
        return next((change for change in self.changes if change.name == name), None)


def compare(before: Window, after: Window) -> Comparison:
    """The changes of measures and settings from one window to another."""
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
    """The change of one measure. Best-of-N rises with N by itself, so unequal N are not compared."""
    incomparable = name in (BEST, GAP) and before.samples_per_prompt != after.samples_per_prompt
    error = None if a.error is None or b.error is None else math.hypot(a.error, b.error)
    return Change(name, a.value, b.value, None if incomparable else error, b.better, not incomparable)
