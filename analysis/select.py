"""Which run's configuration to take: the final objective at one common step, among healthy, whole runs."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.assess import Assessment
from analysis.table import STEP
from analysis.verdict import COMPARABLE

TIE = 0.01
"""Runs whose objectives differ by less than this are a tie: a change that nobody would act on."""


@dataclass(frozen=True)
class Selection:
    """The outcome of a ranking.

    Attributes:
        step: the training step at which the runs are compared.
        ranking: `id`, `kl`, `seconds`, `score` (objective at that step); best first. A tie with the best
            score goes to the run that stayed closer to the starting model (lower KL), then to the cheaper.
        excluded: verdict → number of runs left out for it.
        tied: ids within `TIE` of the best score, the chosen one among them.
        conclusion: one sentence that says all this.
    """

    step: int | None
    ranking: pd.DataFrame
    excluded: dict[str, int]
    tied: tuple[str, ...]
    conclusion: str

    @property
    def best(self) -> str | None:
        """Id of the chosen run, or None where no run can be chosen."""
        return None if self.ranking.empty else str(self.ranking["id"].iloc[0])


def select(assessment: Assessment, maximize: bool = True) -> Selection:
    """Ranks the comparable runs of a sweep.

    Runs are compared at the last step that all of them reached, each with the last value it had logged by
    then: never a peak, and never a longer run against a shorter one.
    """
    runs = assessment.runs
    comparable = runs[runs["verdict"].isin([str(kind) for kind in COMPARABLE]) & runs["objective"].notna()]
    left_out = runs[~runs["id"].isin(comparable["id"])]
    excluded = {
        str(kind): int(n) for kind, n in left_out["verdict"].value_counts(sort=False).sort_index().items()
    }
    if comparable.empty:
        nothing = pd.DataFrame(columns=["id", "kl", "seconds", "score"])
        return Selection(
            None, nothing, excluded, (), f"No configuration can be chosen: {_counted(excluded)}."
        )
    step = int(comparable["objective_step"].min())
    scores = comparable["id"].map(scores_at(assessment.objectives, step))
    ranking = (
        comparable[["id", "kl", "seconds"]]
        .assign(score=scores)
        .sort_values(
            ["score", "kl", "seconds", "id"], ascending=[not maximize, True, True, True], ignore_index=True
        )
    )
    tied = ranking[(ranking["score"] - ranking["score"].iloc[0]).abs() < TIE]
    tied = tied.sort_values(["kl", "seconds", "id"])
    ranking = pd.concat([tied, ranking.drop(tied.index)], ignore_index=True)
    return Selection(step, ranking, excluded, tuple(tied["id"]), _conclusion(ranking, step, tied, excluded))


def scores_at(objectives: pd.DataFrame, step: int) -> pd.Series:
    """Run id → the last value of the objective logged at or before a step."""
    return objectives[objectives[STEP] <= step].sort_values(STEP, kind="stable").groupby("id")["value"].last()


def _conclusion(ranking: pd.DataFrame, step: int, tied: pd.DataFrame, excluded: dict[str, int]) -> str:
    """The selection in a sentence."""
    best = ranking.iloc[0]
    text = f"Run {best['id']} is best with {best['score']:.4f} at step {step}"
    if len(tied) > 1:
        text += f", tied with {len(tied) - 1} more (within {TIE}) and chosen for its lower KL"
    text += f"; {len(ranking)} compared"
    return text + (f", left out: {_counted(excluded)}." if excluded else ".")


def _counted(excluded: dict[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in excluded.items()) or "no runs"
