"""A table with one row per run of a sweep: steps, objective, verdict and evidence."""

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
    """The runs of a sweep with their verdicts and scores.

    Attributes:
        sweep: Metric, parameters and method of the sweep.
        runs: One row per run, in order of creation: `id`, `name`, `state`, `outcome`, `steps` (training steps
            done), `planned_steps`, `stopped_early`, `objective` (the final value, not the peak),
            `objective_step`, `starter` (the starting model's value), `kl` (at the end), `seconds` (run time),
            `configuration` (equal for runs that differ only in their seed), `seed`, `verdict`,
            `verdict_step`, `evidence`.
        scores: One row per logged value of the metric, averaged as described in `RunRecord.score`: `id`,
            `step`, `value`, and `kl` at that step (held-out KL where the run logged it, else KL in training;
            NaN where it logged neither).
        peers: Noise and KL bound, estimated from all runs together.
    """

    sweep: Sweep
    runs: pd.DataFrame
    scores: pd.DataFrame
    peers: Peers


def assess(table: SweepTable) -> Assessment:
    """The verdicts on all runs of a sweep of which at least one can be ranked.

    Raises:
        AnalysisError: If the sweep has no runs, no finished run, or no run that logged the sweep's metric.
    """
    if table.runs.empty:
        raise AnalysisError(f"sweep {table.sweep.path} has no runs yet")
    assessment = judged(table)
    _require_something_to_rank(assessment)
    return assessment


def judged(table: SweepTable) -> Assessment:
    """The verdicts on all runs of a sweep with at least one run. Histories are read once, one at a time."""
    sweep, configs, summaries, samples = table.sweep, table.configs(), table.summaries(), table.samples
    records = [
        record(sweep, run, name, state, configs[run], summaries[run], table.histories[run], samples.get(run))
        for run, name, state in table.runs[["id", "name", "state"]].itertuples(index=False)
    ]
    estimates = peers(records)
    runs = pd.DataFrame([_row(sweep, run, estimates) for run in records])
    runs = runs.astype(dict.fromkeys(("planned_steps", "objective_step", "verdict_step"), "Int64"))
    runs = runs.astype(dict.fromkeys(("objective", "starter", "kl", "seconds"), "float64"))
    scores = pd.concat([_scores(run) for run in records], ignore_index=True)
    return Assessment(sweep, runs, scores, estimates)


def _row(sweep: Sweep, run: RunRecord, estimates: Peers) -> dict[str, Any]:
    verdict = verdict_of(sweep, run, estimates)
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
    """One row per value of a run's score, with the KL at that step."""
    steps = run.score.index
    kl = run.held_out_kl if not run.held_out_kl.empty else run.series.get(KL, run.held_out_kl)
    kl_then = kl.reindex(steps, method="ffill").to_numpy()
    return pd.DataFrame({"id": run.id, STEP: steps, "value": run.score.to_numpy(), "kl": kl_then})


def has_verdict(runs: pd.DataFrame, kinds: Iterable[VerdictKind]) -> pd.Series:
    """Whether the verdict on each run (a row of `Assessment.runs`) is one of `kinds`."""
    return runs["verdict"].isin([str(kind) for kind in kinds])


def configuration(sweep: Sweep, config: Mapping[str, Any]) -> str:
    """A key that is equal for runs whose swept parameters are equal, not counting the seed."""
    values = flat(config)
    return json.dumps({name: values.get(name) for name in sorted(sweep.swept) if name != SEED})


def _require_something_to_rank(assessment: Assessment) -> None:
    """Raises `AnalysisError` if no run of the sweep can be ranked."""
    sweep, states = assessment.sweep, assessment.runs["state"]
    if assessment.runs["objective"].isna().all():
        raise AnalysisError(f"no run of sweep {sweep.path} logged its metric {sweep.metric}")
    if not (states == "finished").any():
        counts = ", ".join(f"{n} {state}" for state, n in states.value_counts().sort_index().items())
        raise AnalysisError(f"no run of sweep {sweep.path} has finished yet ({counts})")
