"""Which configuration to take: the final score at one common step, among healthy runs that ran to the end."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.classify.assess import Assessment, has_verdict
from analysis.classify.verdict_kinds import COMPARABLE, VerdictKind
from analysis.read.table import STEP
from analysis.stats import difference_interval, difference_p, holm, mean_interval

TIE_SHARE = 0.1
"""A tie never gives away more than this share of what the best configuration gained over the start."""

STARTER_NOISE = 2.0
"""Values for the one starting model that spread over more times the noise than this do not compare."""

SEEDS = 3
"""Fewest seeds per configuration on which a firm choice can rest."""

ALPHA = 0.05
"""Chance of calling a winner clear that is not the best, over all comparisons together."""


@dataclass(frozen=True)
class Selection:
    """The outcome of a ranking.

    Attributes:
        step: The training step at which the runs are compared; None where nothing can be.
        starter: The starting model's score: as the chosen run measured it, else the median over all runs;
            None where no run measured it.
        ranking: One row per configuration, best first: `id` (its best run), `runs` (ids), `seeds` (how many),
            `score` (mean over its runs at that step), `low` and `high` (interval of the mean over seeds;
            infinite for one seed), `kl`, `seconds` (means).
        excluded: Verdict → number of runs left out for it.
        tied: Ids of the configurations that the noise of one measurement cannot tell from the best.
        clear: Whether the data support the choice; `doubts` says why not.
        why: Why the chosen one comes before the runner-up.
        doubts: What stands against a firm choice, one sentence each.
        conclusion: All this in a few sentences.
    """

    step: int | None
    starter: float | None
    ranking: pd.DataFrame
    excluded: dict[str, int]
    tied: tuple[str, ...]
    clear: bool
    why: str
    doubts: tuple[str, ...]
    conclusion: str

    @property
    def best(self) -> str | None:
        """Id of the chosen run, or None where no run can be chosen."""
        return None if self.ranking.empty else str(self.ranking["id"].iloc[0])

    @property
    def runner_up(self) -> str | None:
        """Id of the next configuration's best run, or None where there is none."""
        return None if len(self.ranking) < 2 else str(self.ranking["id"].iloc[1])


COLUMNS = ["id", "runs", "seeds", "score", "low", "high", "kl", "seconds"]


def select(assessment: Assessment) -> Selection:
    """Ranks the configurations of a sweep.

    Runs are compared at the last step that all of them reached, each with the last value it had by then:
    never a peak, and never a longer run against a shorter one. Runs of one configuration are averaged over
    their seeds. A tie goes to the configuration that stays closest to the starting model, then the cheapest.
    """
    runs = assessment.runs
    comparable = runs[has_verdict(runs, COMPARABLE) & runs["objective"].notna()]
    left_out = runs[~runs["id"].isin(comparable["id"])]
    counts = left_out["verdict"].value_counts(sort=False).sort_index()
    excluded = {str(kind): int(n) for kind, n in counts.items()}
    if comparable.empty:
        text = f"No configuration can be chosen: {_counted(excluded)}."
        return Selection(
            None, _starter(runs, None), pd.DataFrame(columns=COLUMNS), excluded, (), False, "", (text,), text
        )
    step = int(comparable["objective_step"].min())
    scored = comparable.assign(score=comparable["id"].map(scores_at(assessment.scores, step)))
    ranking = _ranked(scored, assessment.sweep.maximize)
    margin = tie_margin(ranking, assessment)
    tied = ranking[(ranking["score"] - ranking["score"].iloc[0]).abs() <= margin]
    chosen = tied.sort_values(["kl", "seconds", "id"]).index[0]
    ranking = pd.concat([ranking.loc[[chosen]], ranking.drop(chosen)], ignore_index=True)
    doubts = _doubts(scored, ranking, excluded, len(runs), assessment.peers.noise)
    why = _why(ranking, len(tied), margin)
    best = ranking.iloc[0]
    head = (
        f"Run {best['id']} is {'clearly ' if not doubts else ''}best with {best['score']:.4f} at step {step}"
    )
    head += (
        f" ({best['low']:.4f} to {best['high']:.4f} over {best['seeds']} seeds)" if best["seeds"] > 1 else ""
    )
    head += f"; compared with {len(scored) - 1} other runs"
    head += f", left out: {_counted(excluded)}." if excluded else "."
    conclusion = " ".join(
        [head, *([why] if why else []), *([f"No clear winner: {'; '.join(doubts)}."] if doubts else [])]
    )
    return Selection(
        step,
        _starter(runs, str(best["id"])),
        ranking,
        excluded,
        tuple(tied["id"]),
        not doubts,
        why,
        doubts,
        conclusion,
    )


def scores_at(scores: pd.DataFrame, step: int) -> pd.Series:
    """Run id → the last value of the score at or before a step."""
    return scores[scores[STEP] <= step].sort_values(STEP, kind="stable").groupby("id")["value"].last()


def _ranked(scored: pd.DataFrame, maximize: bool) -> pd.DataFrame:
    """One row per configuration, ordered by its mean score."""
    rows = []
    for _, group in scored.groupby("configuration", sort=False):
        ordered = group.sort_values(["score", "id"], ascending=[not maximize, True])
        interval = mean_interval(group["score"])
        rows.append(
            {
                "id": ordered["id"].iloc[0],
                "runs": tuple(ordered["id"]),
                "seeds": len(group),
                "score": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "kl": group["kl"].mean(),
                "seconds": group["seconds"].mean(),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(
        ["score", "kl", "seconds", "id"], ascending=[not maximize, True, True, True], ignore_index=True
    )


def _starter(runs: pd.DataFrame, best: str | None) -> float | None:
    """See `Selection.starter`."""
    starters = runs.set_index("id")["starter"].dropna()
    return None if starters.empty else float(starters.get(best, starters.median()))


def tie_margin(ranking: pd.DataFrame, assessment: Assessment) -> float:
    """How far below the best score a tie reaches: the standard error of a difference of two scores.

    Over several seeds their spread gives it, else the noise of one measurement; never more than `TIE_SHARE`
    of the gain.
    """
    groups = [assessment.runs.set_index("id").loc[list(runs), "objective"] for runs in ranking["runs"]]
    spreads = [float(group.var(ddof=1)) for group in groups if len(group) > 1]
    seeds = float(ranking["seeds"].mean())
    deviation = math.sqrt(float(np.mean(spreads))) if spreads else assessment.peers.noise
    best, starter = float(ranking["score"].iloc[0]), assessment.runs["starter"].median()
    gain = abs(best - starter) if not math.isnan(starter) else float(np.ptp(ranking["score"]))
    return min(deviation * math.sqrt(2 / seeds), TIE_SHARE * gain)


def _doubts(
    scored: pd.DataFrame, ranking: pd.DataFrame, excluded: dict[str, int], runs: int, noise: float
) -> tuple[str, ...]:
    """What stands against calling the first configuration the best one."""
    doubts = []
    starters = scored["starter"].dropna()
    if not starters.empty and np.ptp(starters) > STARTER_NOISE * noise + 1e-9:
        doubts.append(
            f"the runs measured the starting model from {starters.min():.4f} to {starters.max():.4f}, so they"
            " were not measured alike"
        )
    unfinished = excluded.get(str(VerdictKind.UNFINISHED), 0) + excluded.get(str(VerdictKind.FAILED), 0)
    if unfinished:
        doubts.append(f"{unfinished} of {runs} runs have not finished")
    if len(ranking) < 2:
        doubts.append("there is nothing to compare it with")
        return tuple(doubts)
    few = int(min(ranking["seeds"].iloc[:2]))
    if few < SEEDS:
        seeds = "one seed" if few == 1 else f"{few} seeds"
        doubts.append(f"{seeds} per configuration cannot tell luck from merit, {SEEDS} or more can")
    else:
        scores = scored.set_index("id")["score"]
        first = scores.loc[list(ranking["runs"].iloc[0])]
        others = [scores.loc[list(ids)] for ids in ranking["runs"].iloc[1:]]
        # The first was picked for being first among all: every comparison counts, not only the closest.
        p = holm([difference_p(first, other) for other in others])
        undecided = sum(value > ALPHA for value in p)
        if undecided:
            gap = difference_interval(first, others[0])
            doubts.append(
                f"its lead over {undecided} of {len(others)} others is within noise (over the next"
                f" {abs(gap.estimate):.4f}, interval {gap.low:+.4f} to {gap.high:+.4f})"
            )
    return tuple(doubts)


def _why(ranking: pd.DataFrame, tied: int, margin: float) -> str:
    """Why the first comes before the second."""
    if len(ranking) < 2:
        return ""
    best, second = ranking.iloc[0], ranking.iloc[1]
    gap = abs(best["score"] - second["score"])
    if tied > 1:
        nearer = f"stayed nearest to the starting model (KL {best['kl']:.3g}, the next {second['kl']:.3g})"
        return f"It ties with {tied - 1} more (within {margin:.4f}, one standard error) and {nearer}."
    return f"The runner-up, run {second['id']}, reached {second['score']:.4f}, {gap:.4f} behind."


def _counted(excluded: dict[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in excluded.items()) or "no runs"
