"""The result of a comparison, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.compare.window import Better

SIGNIFICANT = 1.96
"""Standard errors from which on a difference is more than noise (5 % by chance, one measure at a time)."""


@dataclass(frozen=True, slots=True)
class Change:
    """How one measure changed.

    Attributes:
        name: of the measure.
        before: value then.
        after: value now.
        error: standard error of the difference; None where it is not known.
        better: which way is better.
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
        before: name of the first window.
        after: name of the second.
        changes: one per measure that both have.
        moved: settings that differ: name → (then, now).
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    moved: Mapping[str, tuple[Any, Any]]

    def change(self, name: str) -> Change | None:
        """The change of a measure, or None where it was not measured in both."""
        return next((change for change in self.changes if change.name == name), None)
