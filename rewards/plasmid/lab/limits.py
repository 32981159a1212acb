"""Limits on a molecule, each of which measures itself: length, GC, runs of one base, repeats."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from rewards.config import StrictModel
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.engine.bases import UNKNOWN, Codes
from rewards.plasmid.engine.repeats import repeated_windows
from rewards.plasmid.lab.runs import end_of, place, runs
from rewards.plasmid.lab.windows import Shares, window_gc

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Bases = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a molecule breaks.

    Attributes:
        limit: What is limited, such as `gc_window`.
        value: The measured value, at its worst place: a number of bases or sites, or a share in [0, 1].
        bound: The limit that it breaks, in the same unit.
        message: One line with value, limit and place, counted from 1.
        stretch: First base of the worst place, from 0, and the index after its last base, at or before the
            first if the place crosses the joint of a circle; None if the limit is on the whole molecule.
        source: Address of the page that states the limit; empty for a limit of ours.
    """

    limit: str
    value: float
    bound: float
    message: str
    stretch: tuple[int, int] | None = None
    source: str = ""


class Limit(StrictModel):
    """A limit that a vendor states."""

    source: str
    """Key of the source of the numbers."""

    @abstractmethod
    def violation(self, annotation: Annotation) -> Violation | None:
        """How a molecule breaks this limit, at its worst place; None if it keeps the limit."""

    @abstractmethod
    def text(self) -> str:
        """The limit as text, for tables."""


class LengthLimit(Limit):
    """Length of the molecule, in bases."""

    kind: Literal["length"]
    minimum: Bases | None = None
    maximum: Bases | None = None

    def violation(self, annotation: Annotation) -> Violation | None:
        """Too few or too many bases."""
        length = annotation.length
        if self.minimum is not None and length < self.minimum:
            return Violation("length", length, self.minimum, f"{length} bases (at least {self.minimum})")
        if self.maximum is not None and length > self.maximum:
            return Violation("length", length, self.maximum, f"{length} bases (at most {self.maximum})")
        return None

    def text(self) -> str:
        """The bounds that there are."""
        bounds = (("at least", self.minimum), ("at most", self.maximum))
        return " and ".join(f"{side} {bound} bases" for side, bound in bounds if bound is not None)


class _Band(Limit):
    """A band of GC shares."""

    minimum: Share
    maximum: Share

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self

    def furthest(self, shares: Shares) -> int | None:
        """Index of the share that is furthest outside of the band; None if none is. NaN is left out."""
        outside = np.fmax(self.minimum - shares, shares - self.maximum)
        if not (outside > 0).any():
            return None
        return int(np.nanargmax(outside))

    def bound(self, share: float) -> float:
        """The limit that a share outside of the band breaks."""
        return self.minimum if share < self.minimum else self.maximum

    def text(self) -> str:
        """The band."""
        return f"{self.minimum:.0%}-{self.maximum:.0%} GC"


class GcLimit(_Band):
    """Share of G and C among the known bases."""

    kind: Literal["gc"]

    def violation(self, annotation: Annotation) -> Violation | None:
        """Too little or too much GC; None if less than half of it is known."""
        shares = window_gc(annotation.codes, max(1, annotation.length), circular=False)
        if self.furthest(shares) is None:
            return None
        (share,) = shares.tolist()
        return Violation("gc", share, self.bound(share), f"{share:.1%} GC ({self.text()})")


class GcWindowLimit(_Band):
    """Share of G and C in every window of `size` bases."""

    kind: Literal["gc_window"]
    size: Bases

    def violation(self, annotation: Annotation) -> Violation | None:
        """The window furthest outside of the band; a window of which less than half is known is left out."""
        shares = window_gc(annotation.codes, self.size, annotation.circular)
        worst = self.furthest(shares)
        if worst is None:
            return None
        share, span, length = float(shares[worst]), min(self.size, annotation.length), annotation.length
        message = f"{share:.0%} GC at {place(worst, span, length)} ({self.text()})"
        return Violation("gc_window", share, self.bound(share), message, (worst, end_of(worst, span, length)))

    def text(self) -> str:
        """The band and the window."""
        return f"{super().text()} in every {self.size} bases"


class GcSpreadLimit(Limit):
    """Difference between the highest and the lowest share of G and C in windows of `size` bases."""

    kind: Literal["gc_spread"]
    size: Bases
    maximum: Share

    def violation(self, annotation: Annotation) -> Violation | None:
        """The difference, placed at the window that is further from the mean of all windows."""
        shares = window_gc(annotation.codes, self.size, annotation.circular)
        if np.isnan(shares).all():
            return None
        low, high = int(np.nanargmin(shares)), int(np.nanargmax(shares))
        spread = float(shares[high] - shares[low])
        if spread <= self.maximum + 1e-9:  # 0.76 - 0.24 is a little more than 0.52
            return None
        middle = 2 * float(np.nanmean(shares))
        worst = high if shares[high] + shares[low] > middle else low
        span, length = min(self.size, annotation.length), annotation.length
        places = " and ".join(f"{shares[at]:.0%} GC at {place(at, span, length)}" for at in (low, high))
        return Violation(
            "gc_spread",
            spread,
            self.maximum,
            f"{places} ({self.text()})",
            (worst, end_of(worst, span, length)),
        )

    def text(self) -> str:
        """The difference and the window."""
        return f"GC of stretches of {self.size} bases differs by at most {100 * self.maximum:.0f} points"


class HomopolymerLimit(Limit):
    """Runs of one base."""

    kind: Literal["homopolymer"]
    maximum: Bases
    bases: Annotated[str, Field(pattern="^[ACGT]+$")] = "ACGT"
    """The bases whose runs are limited."""

    def violation(self, annotation: Annotation) -> Violation | None:
        """The longest run of such a base, if it is too long."""
        starts, lengths = runs(annotation.codes, annotation.circular)
        limited = np.isin(annotation.codes[starts], ["ACGT".index(base) for base in self.bases])
        starts, lengths = starts[limited], lengths[limited]
        if lengths.max(initial=0) <= self.maximum:
            return None
        longest = int(lengths.argmax())
        start, span, length = int(starts[longest]), int(lengths[longest]), annotation.length
        base = "ACGT"[annotation.codes[start]]
        message = f"{span} {base} at {place(start, span, length)} ({self.text()})"
        return Violation("homopolymer", span, self.maximum, message, (start, end_of(start, span, length)))

    def text(self) -> str:
        """The length and the bases."""
        bases = "equal bases" if self.bases == "ACGT" else " or ".join(self.bases)
        return f"at most {self.maximum} {bases} in a row"


class RepeatLimit(Limit):
    """Exact repeats, on either strand."""

    kind: Literal["repeat"]
    maximum: Bases

    def violation(self, annotation: Annotation) -> Violation | None:
        """The longest stretch that occurs again, at the first of its places."""
        codes, circular, length = annotation.codes, annotation.circular, annotation.length
        if not _repeats(codes, self.maximum + 1, circular):
            return None
        span = _last(lambda size: _repeats(codes, size, circular), self.maximum + 1, length)
        start = int(repeated_windows(codes, span, circular).argmax())
        message = f"{span} bases at {place(start, span, length)} occur again ({self.text()})"
        return Violation("repeat", span, self.maximum, message, (start, end_of(start, span, length)))

    def text(self) -> str:
        """The length."""
        return f"at most {self.maximum} bases occur again, on either strand"


AnyLimit = Annotated[
    LengthLimit | GcLimit | GcWindowLimit | GcSpreadLimit | HomopolymerLimit | RepeatLimit,
    Field(discriminator="kind"),
]


def unknown_letters(annotation: Annotation) -> Violation | None:
    """The unknown letters of a molecule, or that it is empty; None if it has only A, C, G and T."""
    if not annotation.length:
        return Violation("letters", 0, 0, "no bases")
    unknown = np.flatnonzero(annotation.codes >= UNKNOWN)
    if not len(unknown):
        return None
    start = int(unknown[0])
    many = f"{len(unknown)} letters are" if len(unknown) > 1 else "1 letter is"
    message = f"{many} not A, C, G or T, the first at {start + 1}"
    return Violation("letters", len(unknown), 0, message, (start, start + 1))


def _repeats(codes: Codes, size: int, circular: bool) -> bool:
    return bool(repeated_windows(codes, size, circular).any())


def _last(holds: Callable[[int], bool], first: int, end: int) -> int:
    """Largest number in [first, end] for which `holds`: true at `first`, and false from some number on."""
    while first < end:
        middle = (first + end + 1) // 2
        if holds(middle):
            first = middle
        else:
            end = middle - 1
    return first
