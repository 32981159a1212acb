"""Judges the runs of a confirmation."""

import json
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.choose.select import scores_at
from analysis.classify.assess import Assessment, assess, has_verdict, judged
from analysis.classify.verdict_kinds import COMPARABLE, VerdictKind
from analysis.confirm.candidates import Candidate
from analysis.confirm.plan import Plan
from analysis.errors import AnalysisError
from analysis.read.config import SEED
from analysis.read.table import SweepTable, runs_frame
from analysis.stats import Interval, all_differences, mean_interval, probability_of_improvement

CANDIDATE = "confirmation/candidate"
"""Config key with the label of a run's candidate, for the table of all candidates' runs."""

MADE = frozenset(
    {
        *COMPARABLE,
        VerdictKind.COLLAPSED,
        VerdictKind.MEMORISED,
        VerdictKind.KL_DIVERGING,
        VerdictKind.REWARD_HACKING,
        VerdictKind.UNSTABLE,
    }
)
"""Verdicts on runs that count: they used their budget or were unhealthy. Others have to be run again."""


@dataclass(frozen=True)
class Outcome:
    """The result of one candidate on the fresh seeds.

    Attributes:
        candidate: The candidate.
        scores: Seed → the sweep's metric at the common step, for the runs that count.
        ill: Seed → verdict, for the unhealthy ones of these runs. They count with their last value at or
            before that step, because a mean over the healthy runs alone would be too high.
        missing: Seeds whose run failed, has not finished or was never started.
    """

    candidate: Candidate
    scores: Mapping[int, float]
    ill: Mapping[int, str]
    missing: tuple[int, ...]

    @property
    def mean(self) -> Interval:
        """Student's t interval of the mean over the seeds."""
        return mean_interval(list(self.scores.values()))


@dataclass(frozen=True)
class WinnerComparison:
    """The winner compared with another candidate.

    Attributes:
        label: Label of the other candidate.
        gain: By how much the winner is better; positive if it is, also where a smaller metric is better. The
            95% intervals hold for all pairs of candidates together, because the winner was picked from all.
        probability: Probability that a run of the winner is better than a run of the other.
    """

    label: str
    gain: Interval
    probability: float


@dataclass(frozen=True)
class Confirmation:
    """The result of a confirmation.

    Attributes:
        step: Training step at which the runs are compared.
        outcomes: Outcomes of the candidates, in the order of the plan.
        winner: The tuned candidate with the best mean.
        comparisons: Comparisons of the winner with every other candidate.
        doubts: Reasons against the claim that the winner is better than every candidate that was not tuned,
            one clause each.
    """

    step: int
    outcomes: tuple[Outcome, ...]
    winner: Outcome
    comparisons: tuple[WinnerComparison, ...]
    doubts: tuple[str, ...]

    @property
    def confirmed(self) -> bool:
        """Whether there are no doubts."""
        return not self.doubts


def confirm(plan: Plan, tables: Sequence[Sequence[SweepTable]]) -> Confirmation:
    """The result of the runs of a plan.

    Args:
        plan: The plan that was registered.
        tables: The grid sweeps of each candidate, in the order of the plan.

    Raises:
        AnalysisError: If a candidate has no run yet that counts, or no run finished in good health.
    """
    table = _combined(plan, tables)
    assessment = assess(table)
    step, outcomes = _outcomes(plan, table, assessment)
    empty = [outcome.candidate.label for outcome in outcomes if not outcome.scores]
    if empty:
        raise AnalysisError(f"no run of {' and '.join(empty)} has a result yet")
    sign = assessment.sweep.sign
    tuned = [outcome for outcome in outcomes if outcome.candidate.tuned]
    winner = max(tuned, key=lambda outcome: sign * outcome.mean.estimate)
    others = [outcome for outcome in outcomes if outcome is not winner]
    scores = [[sign * score for score in one.scores.values()] for one in (winner, *others)]
    comparisons = [
        WinnerComparison(other.candidate.label, gain, probability_of_improvement(scores[0], own))
        for other, own, gain in zip(others, scores[1:], all_differences(scores)[0][1:], strict=True)
    ]
    doubts = _doubts(winner, others, comparisons)
    return Confirmation(step, tuple(outcomes), winner, tuple(comparisons), tuple(doubts))


def missing(plan: Plan, tables: Sequence[Sequence[SweepTable]]) -> list[tuple[int, ...]]:
    """Seeds without a run that counts, for each candidate in the order of the plan.

    Args:
        plan: The plan that was registered.
        tables: The grid sweeps of each candidate, in the order of the plan.
    """
    table = _combined(plan, tables)
    made = {} if table.runs.empty else _made(table, judged(table).runs)
    runs_by_seed = [made.get(candidate.label, {}) for candidate in plan.candidates]
    return [tuple(seed for seed in plan.seeds if seed not in runs) for runs in runs_by_seed]


def _combined(plan: Plan, tables: Sequence[Sequence[SweepTable]]) -> SweepTable:
    """All runs of all candidates as one sweep, so that they share the estimates of noise and KL bound."""
    rows = []
    for candidate, own in zip(plan.candidates, tables, strict=True):
        for row in (row for table in own for row in table.runs.to_dict("records")):
            config = {**json.loads(row["config"]), CANDIDATE: candidate.label}
            rows.append({**row, "config": json.dumps(config, sort_keys=True)})
    all_tables = [table for own in tables for table in own]
    name = f"{plan.sweep} (confirmation)"
    sweep = replace(all_tables[0].sweep, path=name, swept=(CANDIDATE, SEED), log_scaled=())
    histories = ChainMap(*[dict(table.histories) for table in all_tables])
    samples = ChainMap(*[dict(table.samples) for table in all_tables])
    frame = runs_frame({str(k): v for k, v in row.items()} for row in rows)
    return SweepTable(sweep, frame, histories, samples)


def _made(table: SweepTable, runs: pd.DataFrame) -> dict[str, dict[Any, str]]:
    """Label of a candidate → seed → id of the run that counts; the first one if there are several."""
    counts = has_verdict(runs, MADE) & runs["objective"].notna()
    configs = table.configs()
    made: dict[str, dict[Any, str]] = {}
    for run in runs.loc[counts, "id"]:
        made.setdefault(configs[run][CANDIDATE], {}).setdefault(configs[run].get(SEED), run)
    return made


def _outcomes(plan: Plan, table: SweepTable, assessment: Assessment) -> tuple[int, list[Outcome]]:
    """The common step, and the outcome of each candidate at that step."""
    runs = assessment.runs
    comparable = runs[has_verdict(runs, COMPARABLE) & runs["objective"].notna()]
    if comparable.empty:
        raise AnalysisError(f"no run of {assessment.sweep.path} has finished in good health")
    step = int(comparable["objective_step"].min())
    scores = scores_at(assessment.scores, step).to_dict()
    verdicts = dict(zip(runs["id"], runs["verdict"], strict=True))
    made = _made(table, runs[runs["id"].isin(scores)])
    outcomes = []
    for candidate in plan.candidates:
        found = made.get(candidate.label, {})
        own = {seed: found[seed] for seed in plan.seeds if seed in found}
        ill = {seed: verdicts[run] for seed, run in own.items() if verdicts[run] not in COMPARABLE}
        missing = tuple(seed for seed in plan.seeds if seed not in own)
        outcomes.append(Outcome(candidate, {seed: scores[run] for seed, run in own.items()}, ill, missing))
    return step, outcomes


def _doubts(winner: Outcome, others: Sequence[Outcome], comparisons: Sequence[WinnerComparison]) -> list[str]:
    """See `Confirmation.doubts`."""
    doubts = []
    missing = sum(len(outcome.missing) for outcome in (winner, *others))
    if missing:
        planned = sum(len(outcome.scores) for outcome in (winner, *others)) + missing
        doubts.append(f"{missing} of {planned} runs are missing")
    if winner.ill:
        found = ", ".join(sorted(set(winner.ill.values())))
        doubts.append(f"{len(winner.ill)} of its {len(winner.scores)} runs ended unhealthy ({found})")
    for other, comparison in zip(others, comparisons, strict=True):
        if not other.candidate.tuned and not comparison.gain.low > 0:
            relation = "is worse than" if comparison.gain.high < 0 else "cannot be distinguished from"
            doubts.append(f"it {relation} {comparison.label}, {comparison.gain:+}")
    return doubts
