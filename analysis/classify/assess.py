"""Every run of a sweep in one row: where it ended, what it reached, and its verdict."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from agent.health.drift import KL
from analysis.classify.record import RunRecord, record
from analysis.classify.verdict import Peers, peers, stopped_early, verdict_of
from analysis.classify.verdict_kinds import VerdictKind
from analysis.errors import AnalysisError
from analysis.read.config import SEED, flat
from analysis.read.sweep import Sweep
from analysis.read.table import STEP, SweepTable


@dataclass(frozen=True)
class Assessment:
    """The runs of a sweep, judged.

    Attributes:
        sweep: What the sweep set out to do.
        runs: One row per run, in order of creation: `id`, `name`, `state`, `outcome`, `steps` (training steps
            done), `planned_steps`, `stopped_early`, `objective` (the final value, never the peak),
            `objective_step`, `starter` (the starting model's value), `kl` (at the end), `seconds` (run time),
            `configuration` (equal for runs that differ in their seed alone), `seed`, `verdict`,
            `verdict_step`, `evidence`.
        scores: The metric wherever it was logged, averaged as `RunRecord.score` says: `id`, `step`, `value`,
            and `kl` then (held-out where the run logged that, else in training; NaN where neither).
        peers: What the runs tell about each other.
    """

    sweep: Sweep
    runs: pd.DataFrame
    scores: pd.DataFrame
    peers: Peers


def assess(table: SweepTable) -> Assessment:
    """Judges every run of a sweep in which there is something to rank.

    Raises:
        AnalysisError: If the sweep has no runs, none that finished, or none that logged the sweep's metric.
    """
    if table.runs.empty:
        raise AnalysisError(f"sweep {table.sweep.path} has no runs yet")
    assessment = judged(table)
    _require_something_to_rank(assessment)
    return assessment


def judged(table: SweepTable) -> Assessment:
    """Judges every run of a sweep, of which there is at least one; histories are read once, one at a time."""
    sweep, configs, summaries, samples = table.sweep, table.configs(), table.summaries(), table.samples
    records = [
        record(sweep, run, name, state, configs[run], summaries[run], table.histories[run], samples.get(run))
        for run, name, state in table.runs[["id", "name", "state"]].itertuples(index=False)
    ]
    together = peers(records)
    runs = pd.DataFrame([_row(sweep, run, together) for run in records])
    runs = runs.astype(dict.fromkeys(("planned_steps", "objective_step", "verdict_step"), "Int64"))
    runs = runs.astype(dict.fromkeys(("objective", "starter", "kl", "seconds"), "float64"))
    scores = pd.concat([_scores(run) for run in records], ignore_index=True)
    return Assessment(sweep, runs, scores, together)


def _row(sweep: Sweep, run: RunRecord, together: Peers) -> dict[str, Any]:
    """The row of one run."""
    verdict = verdict_of(sweep, run, together)
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "outcome": run.outcome,
        "steps": run.steps,
        "planned_steps": run.planned_steps,
        "stopped_early": stopped_early(sweep, run),
        "objective": None if run.score.empty else float(run.score.iloc[-1]),
        "objective_step": None if run.score.empty else int(run.score.index[-1]),
        "starter": run.starter,
        "kl": run.kl,
        "seconds": run.seconds,
        "configuration": configuration(sweep, run.config),
        "seed": run.config.get(SEED),
        "verdict": str(verdict.kind),
        "verdict_step": verdict.step,
        "evidence": verdict.evidence,
    }


def _scores(run: RunRecord) -> pd.DataFrame:
    """The score of one run wherever it was measured, with the KL at that step."""
    steps = run.score.index
    kl = run.held_out_kl if not run.held_out_kl.empty else run.series.get(KL, run.held_out_kl)
    near = kl.reindex(steps, method="ffill").to_numpy()
    return pd.DataFrame({"id": run.id, STEP: steps, "value": run.score.to_numpy(), "kl": near})


def has_verdict(runs: pd.DataFrame, kinds: Iterable[VerdictKind]) -> pd.Series:
    """Whether the verdict on each run (a row of `Assessment.runs`) is one of `kinds`."""
    return runs["verdict"].isin([str(kind) for kind in kinds])


def configuration(sweep: Sweep, config: Mapping[str, Any]) -> str:
    """A text that is equal for runs whose swept parameters, the seed apart, are equal."""
    values = flat(config)
    return json.dumps({name: values.get(name) for name in sorted(sweep.swept) if name != SEED})


def _require_something_to_rank(assessment: Assessment) -> None:
    """Raises where no run of the sweep can be compared with anything."""
    sweep, states = assessment.sweep, assessment.runs["state"]
    if assessment.runs["objective"].isna().all():
        raise AnalysisError(f"no run of sweep {sweep.path} logged its metric {sweep.metric}")
    if not (states == "finished").any():
        counts = ", ".join(f"{n} {state}" for state, n in states.value_counts().sort_index().items())
        raise AnalysisError(f"no run of sweep {sweep.path} has finished yet ({counts})")
