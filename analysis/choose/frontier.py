"""The trade-off between score and drift, where drift is the square root of KL."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.classify.assess import Assessment, has_verdict
from analysis.classify.verdict_kinds import SOUND
from analysis.read.table import STEP


@dataclass(frozen=True)
class Frontier:
    """The score and the drift of every run that was not unhealthy, at every rung.

    Attributes:
        points: `id`, `step`, `root_kl` (square root of KL, the drift), `value` (the score), `on_frontier` (no
            other point has at least this score with at most this drift).
        recommended: Index in `points` of the frontier point with the least drift whose score is at most one
            standard deviation of the noise below the best; None where no point has a KL.
    """

    points: pd.DataFrame
    recommended: int | None


def frontier(assessment: Assessment) -> Frontier:
    """The frontier over all rungs of all runs that were not unhealthy, early-stopped ones included.

    Of two points with the same score, the one with less drift is preferred, because over-optimisation grows
    with drift (Gao et al., 2022).
    """
    ids = assessment.runs.loc[has_verdict(assessment.runs, SOUND), "id"]
    scores = assessment.scores[assessment.scores["id"].isin(ids) & (assessment.scores["kl"] >= 0)]
    points = scores[["id", STEP, "value"]].assign(root_kl=np.sqrt(scores["kl"]))
    points = points.assign(merit=assessment.sweep.sign * points["value"])
    points = points.sort_values(["root_kl", "merit", "id"], ascending=[True, False, True], ignore_index=True)
    best_before = points["merit"].cummax().shift(fill_value=-np.inf)
    points["on_frontier"] = points["merit"] > best_before
    recommended = None
    if not points.empty:
        good = points["on_frontier"] & (points["merit"] >= points["merit"].max() - assessment.peers.noise)
        recommended = int(good.idxmax())
    return Frontier(points[["id", STEP, "root_kl", "value", "on_frontier"]], recommended)
