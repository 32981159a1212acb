"""GC content in windows."""

from dataclasses import dataclass

import numpy as np

from rewards.base import Evaluation
from rewards.plasmid.annotator import Annotation
from rewards.plasmid.lab.runs import marked_spans, place
from rewards.plasmid.lab.windows import covered, window_gc
from rewards.plasmid.reward import PlasmidReward


@dataclass(frozen=True)
class GcWindows(PlasmidReward):
    """Share of the windows whose GC content is within limits.

    Formula: windows with `minimum` <= GC <= `maximum` / windows. There is a window of `size` bases at each
    base of the circle; a shorter molecule is one window. Unknown bases are left out of the GC of a window; a
    window of which less than half is known is not within the limits. Range [0, 1]. Unit: share of windows.
    Source: the defaults are the limits of GenScript's GenTitan Gene Fragments
    (`rewards/plasmid/lab/vendors.yaml`).

    Raises:
        ValueError: If `size` is below 1, or not 0 <= minimum <= maximum <= 1.
    """

    size: int = 100
    minimum: float = 0.25
    maximum: float = 0.65

    name = "gc_windows"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"needs a size of at least 1, got {self.size}")
        if not 0.0 <= self.minimum <= self.maximum <= 1.0:
            raise ValueError(f"needs 0 <= minimum <= maximum <= 1, got {self.minimum} and {self.maximum}")

    def evaluate(self, annotation: Annotation) -> Evaluation:
        """Share of the windows of one molecule that are within the limits."""
        shares = window_gc(annotation.codes, self.size, annotation.circular)
        if np.isnan(shares).all():
            return Evaluation(0.0, "no window with enough known bases")
        outside = ~((shares >= self.minimum) & (shares <= self.maximum))
        count, length = int(outside.sum()), annotation.length
        message = (
            f"{count} of {len(shares)} windows of {self.size} bases outside of "
            f"{self.minimum:.0%}-{self.maximum:.0%} GC; {self._extremes(shares, length)}"
        )
        marked = covered(outside, self.size, length)
        return Evaluation(1.0 - count / len(shares), message, marked_spans(marked, annotation.circular, "GC"))

    def _extremes(self, shares: np.ndarray, length: int) -> str:
        span = min(self.size, length)
        low, high = int(np.nanargmin(shares)), int(np.nanargmax(shares))
        return ", ".join(f"{shares[at]:.0%} at {place(at, span, length)}" for at in (low, high))
