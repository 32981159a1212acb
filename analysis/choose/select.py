"""Ranks configurations by their score at one common step, among healthy runs that used their budget."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.classify.assess import Assessment, has_verdict
from analysis.classify.verdict_kinds import COMPARABLE, VerdictKind
from analysis.read.table import STEP
from analysis.stats import LEVEL, difference_interval, difference_p, holm, mean_interval

TIE_SHARE = 0.1
"""Largest score difference that counts as a tie, as a share of the best score's gain over the start."""

STARTER_NOISE = 2.0
"""Largest range of the runs' scores of the starting model, in standard deviations of the noise."""

SEEDS = 3
"""Fewest seeds per configuration for a choice without doubts."""

ALPHA = 0.05
"""Probability of a false claim that the chosen configuration is better, over all comparisons together."""


@dataclass(frozen=True)
class Selection:
    """The outcome of a ranking.

    Attributes:
        step: The training step at which the runs are compared; None where no run can be ranked.
        starter: The starting model's score as the chosen run measured it, else the median over all runs;
            None where no run measured it.
        ranking: One row per configuration, the chosen one first, the others by score: `id` (its best run),
            `runs` (ids), `seeds` (number of runs), `score` (mean over its runs at that step), `low` and
            `high` (interval of the mean over seeds; infinite for one seed), `kl`, `seconds` (means).
        excluded: Verdict → number of runs that are not ranked because of it.
        tied: Ids of the configurations whose score is within the tie margin of the best score.
        clear: Whether there are no doubts.
        why: Why the chosen configuration comes before the runner-up; empty without one.
        doubts: Reasons against the claim that the chosen configuration is the best, one clause each.
        conclusion: The choice, its reason and its doubts in a few sentences.
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
        """Id of the chosen run; None where no run can be chosen."""
        return None if self.ranking.empty else str(self.ranking["id"].iloc[0])

    @property
    def runner_up(self) -> str | None:
        """Id of the best run of the next configuration; None where there is none."""
        return None if len(self.ranking) < 2 else str(self.ranking["id"].iloc[1])


COLUMNS = ["id", "runs", "seeds", "score", "low", "high", "kl", "seconds"]


def select(assessment: Assessment) -> Selection:
    """The ranking of a sweep's configurations, and the chosen one.

    Runs are compared at the last step that all of them reached, by their last value at or before it, so that
    neither a peak nor a longer run counts more. Runs of one configuration are averaged over their seeds.
    Among tied configurations, the one with the lowest KL is chosen, then the one with the shortest run time.
    """
    runs = assessment.runs
    comparable = runs[has_verdict(runs, COMPARABLE) & runs["objective"].notna()]
    left_out = runs[~runs["id"].isin(comparable["id"])]
    counts = left_out["verdict"].value_counts(sort=False).sort_index()
    excluded = {str(kind): int(n) for kind, n in counts.items()}
    if comparable.empty:
        text = f"No configuration can be chosen: no run used its budget in good health ({_counts(excluded)})."
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
    head = f"Run {best['id']} is {'chosen' if doubts else 'clearly best'}: "
    if best["seeds"] > 1:
        head += f"mean objective {best['score']:.4f} at step {step} over {best['seeds']} seeds"
        head += f" ({LEVEL:.0%} interval {best['low']:.4f} to {best['high']:.4f})."
    else:
        head += f"objective {best['score']:.4f} at step {step}."
    head += f" Runs compared: {len(scored)}."
    head += f" Left out: {_counts(excluded)}." if excluded else ""
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
    """Run id → last score at or before a step."""
    return scores[scores[STEP] <= step].sort_values(STEP, kind="stable").groupby("id")["value"].last()


def _ranked(scored: pd.DataFrame, maximize: bool) -> pd.DataFrame:
    """One row per configuration, by mean score, the best first."""
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
    """Largest difference from the best score that counts as a tie.

    It is the standard error of a difference of two scores, but at most `TIE_SHARE` of the gain over the
    starting model. The standard deviation of a score comes from the spread between seeds, else from the noise
    of one measurement.
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
    """See `Selection.doubts`."""
    doubts = []
    starters = scored["starter"].dropna()
    if not starters.empty and np.ptp(starters) > STARTER_NOISE * noise + 1e-9:
        doubts.append(
            f"the runs' scores of the starting model range from {starters.min():.4f} to {starters.max():.4f},"
            " so their scores may not be comparable"
        )
    unfinished = excluded.get(str(VerdictKind.UNFINISHED), 0) + excluded.get(str(VerdictKind.FAILED), 0)
    if unfinished:
        doubts.append(f"{unfinished} of {runs} runs have not finished")
    if len(ranking) < 2:
        doubts.append("there is no other configuration to compare it with")
        return tuple(doubts)
    seeds = int(min(ranking["seeds"].iloc[:2]))
    if seeds < SEEDS:
        number = "one seed" if seeds == 1 else f"{seeds} seeds"
        doubts.append(f"{number} per configuration cannot rule out chance (at least {SEEDS} are needed)")
    else:
        scores = scored.set_index("id")["score"]
        first = scores.loc[list(ranking["runs"].iloc[0])]
        others = [scores.loc[list(ids)] for ids in ranking["runs"].iloc[1:]]
        # The first was picked from all, so the p-values of all comparisons are adjusted together.
        p = holm([difference_p(first, other) for other in others])
        undecided = sum(value > ALPHA for value in p)
        if undecided:
            gap = difference_interval(first, others[0])
            doubts.append(
                f"its lead over {undecided} of {len(others)} other configurations is within noise (difference"
                f" from the runner-up {gap.estimate:+.4f}, {LEVEL:.0%} interval {gap.low:+.4f} to"
                f" {gap.high:+.4f})"
            )
    return tuple(doubts)


def _why(ranking: pd.DataFrame, tied: int, margin: float) -> str:
    """See `Selection.why`."""
    if len(ranking) < 2:
        return ""
    best, second = ranking.iloc[0], ranking.iloc[1]
    gap = abs(best["score"] - second["score"])
    if tied > 1:
        others = "1 other configuration" if tied == 2 else f"{tied - 1} other configurations"
        if not math.isnan(best["kl"]) and best["kl"] != second["kl"]:
            reason = f"has the lowest KL ({best['kl']:.3g}, the runner-up {second['kl']:.3g})"
        else:
            reason = f"took the least time ({best['seconds']:.0f} s, the runner-up {second['seconds']:.0f} s)"
        return f"It is tied with {others} (scores within {margin:.4f}) and was chosen because it {reason}."
    return f"The runner-up, run {second['id']}, reached {second['score']:.4f}, {gap:.4f} behind."


def _counts(excluded: dict[str, int]) -> str:
    return ", ".join(f"{n} {kind}" for kind, n in excluded.items()) or "no runs"
