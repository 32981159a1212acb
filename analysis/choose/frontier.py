"""How much score each run bought for how much drift: held-out score against the square root of KL."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.classify.assess import Assessment, has_verdict
from analysis.classify.verdict_kinds import SOUND
from analysis.read.table import STEP


@dataclass(frozen=True)
class Frontier:
    """Every measured point of the sound runs, and the best of them.

    Attributes:
        points: `id`, `step`, `root_kl` (square root of KL, the distance from the starting model), `value`,
            `on_frontier` (no other point has a better value at the same or a smaller distance).
        recommended: Index in `points` of the nearest frontier point whose value is within one noise of the
            best; None where no point has a KL.
    """

    points: pd.DataFrame
    recommended: int | None


def frontier(assessment: Assessment) -> Frontier:
    """The frontier over all rungs of all runs in good health, those that were stopped early included.

    Score bought with drift is what over-optimisation loses again (Gao et al., 2022): of two points with the
    same score the nearer one is the safer.
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
