"""One verdict per run, with the step it happened at and the evidence for it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

from agent.health.drift import KL
from agent.health.reward import TOTAL_REWARD
from analysis.classify.record import RunRecord
from analysis.classify.sweep_checks import fallen, kl_diverging, not_learning
from analysis.classify.verdict_kinds import Verdict, VerdictKind, kind_of, verdict_of_finding
from analysis.read.config import finite_number
from analysis.read.sweep import Sweep
from analysis.stats import measurement_noise

PEER_KL = 5.0
"""Where no run states a KL bound: this many times the median KL of the sweep's ended runs is too far."""

PEER_KL_MIN = 0.1
"""...but no KL below this (nats per token) is."""

STOP_KIND, STOP_REASON = "_sweepfarm/stop_kind", "_sweepfarm/stop_reason"
"""Summary keys in which the embedded server says that, and why, it asked a run to stop."""

OWN_NOISE = 30
"""Fewest logged values from which a run's own noise is taken instead of that of all runs."""


@dataclass(frozen=True, slots=True)
class Peers:
    """What the runs of a sweep tell about each other.

    Attributes:
        noise: Standard deviation of one value of the runs' score, from the curves of all runs; 0 where no
            curve is long enough to tell.
        kl_bound: Bound on KL for runs that state none themselves; infinite where KL was not logged.
    """

    noise: float
    kl_bound: float


def peers(records: Sequence[RunRecord]) -> Peers:
    """Takes the runs of a sweep together."""
    # A run whose health gate closed scores 0 from then on: a step in its curve that is no noise.
    curves = [run.raw_score.to_numpy() for run in records if not run.summary.get("health/finding")]
    ends = [run.kl for run in records if run.state != "running" and not math.isnan(run.kl)]
    bound = float(f"{max(PEER_KL_MIN, PEER_KL * median(ends)):.2g}") if len(ends) > 2 else math.inf
    windows = [run.window for run in records if not run.score.empty]
    noise = (measurement_noise(curves) or 0.0) / math.sqrt(median(windows) if windows else 1)
    return Peers(noise, bound)


def verdict_of(sweep: Sweep, run: RunRecord, peers: Peers) -> Verdict:
    """Judges one run; the first rule that applies decides.

    Whether it broke off comes first, then bad health, then an early stop, then what it learned.
    """
    return (
        _broken_off(sweep, run)
        or _ill_health(sweep, run, peers)
        or _ended_short(sweep, run)
        or _fallen(sweep, run, peers)
        or _learned(sweep, run, peers)
    )


def _broken_off(sweep: Sweep, run: RunRecord) -> Verdict | None:
    """A run that still goes on, failed, was preempted or ended by a person."""
    at = f"at step {run.steps}"
    if stopped_early(sweep, run):
        return None
    if run.outcome is None and run.summary.get(STOP_KIND) is not None:
        return Verdict(
            VerdictKind.UNFINISHED, run.steps, f"{run.summary.get(STOP_REASON) or 'ended by hand'}, {at}"
        )
    if run.outcome is None and run.state in ("running", "pending"):
        return Verdict(VerdictKind.UNFINISHED, run.steps, f"still {run.state} {at}")
    if run.outcome in ("failed", "out of memory"):
        return Verdict(VerdictKind.FAILED, run.steps, f"{run.outcome} {at}")
    if run.outcome is None and run.state in ("failed", "crashed", "killed"):
        return Verdict(VerdictKind.FAILED, run.steps, f"{run.state} {at}")
    if run.outcome == "preempted" or run.state in ("preempting", "preempted"):
        return Verdict(VerdictKind.UNFINISHED, run.steps, f"preempted {at} and not resumed")
    return None


def _ill_health(sweep: Sweep, run: RunRecord, peers: Peers) -> Verdict | None:
    """The first sign of ill health: what the agent found, else what the curves show."""
    if run.outcome == "unhealthy" or run.summary.get("health/finding"):
        return _agents_finding(run)
    if run.nonfinite is not None:
        step, key = run.nonfinite
        return Verdict(VerdictKind.UNSTABLE, step, f"{key} is NaN or infinite")
    if run.degenerate is not None:
        return verdict_of_finding(run.degenerate)
    found = [verdict_of_finding(finding) for finding in run.health if finding.fatal]
    if math.isinf(run.limits.health_kl_max) and KL in run.series:
        by_peers = kl_diverging(run.series[KL], peers.kl_bound)
        found += [by_peers] if by_peers else []
    return min(found, key=lambda finding: finding.step, default=None)


def _fallen(sweep: Sweep, run: RunRecord, peers: Peers) -> Verdict | None:
    """A fall of the score that the health checks could not judge: they need the noise of each value."""
    if run.judges_falls:
        return None
    reward, noise = _training_reward(sweep, run), _noise(run, peers)
    return fallen(run.score, reward, run.start, noise, run.limits, sweep.sign)


def _agents_finding(run: RunRecord) -> Verdict:
    """What the agent wrote into the summary: the kind in the words of the verdicts, step and evidence."""
    written = str(run.summary.get("health/finding", ""))
    kind = kind_of(written)
    step = finite_number(run.summary.get("health/finding_step"))
    evidence = str(run.summary.get("health/evidence") or written or "the agent found the run unhealthy")
    return Verdict(kind, run.steps if step is None else int(step), evidence)


def _ended_short(sweep: Sweep, run: RunRecord) -> Verdict | None:
    """A run in good health that did not use its whole budget, or shows no result."""
    if stopped_early(sweep, run):
        planned = "an unknown budget" if run.planned_steps is None else run.planned_steps
        reason = run.summary.get(STOP_REASON)
        text = f"stopped at step {run.steps} of {planned}" + (f". {reason}" if reason else "")
        return Verdict(VerdictKind.STOPPED_EARLY, run.steps, text)
    if run.planned_steps is not None and run.steps < run.planned_steps:
        return Verdict(VerdictKind.UNFINISHED, run.steps, f"ended at step {run.steps} of {run.planned_steps}")
    if run.score.empty:
        return Verdict(VerdictKind.UNFINISHED, run.steps, f"never logged {sweep.metric}")
    return None


def _learned(sweep: Sweep, run: RunRecord, peers: Peers) -> Verdict:
    """Healthy, or not learning where the gain cannot be told from none; a warning may say why."""
    final = float(run.score.iloc[-1])
    flat = not_learning(final, run.start, run.steps, _noise(run, peers), sweep.sign)
    warning = next((found for found in run.health if not found.fatal), None)
    if flat and warning:
        evidence = f"{flat.evidence}; {warning.kind} at step {warning.step}: {warning.evidence}"
        return Verdict(flat.kind, flat.step, evidence)
    return flat or Verdict(VerdictKind.HEALTHY, run.steps, f"{final - run.start:+.4f} against the start")


def _noise(run: RunRecord, peers: Peers) -> float:
    """Noise of one value of a run's score: from its own curve where that is long enough, else the peers'."""
    if len(run.raw_score) < OWN_NOISE:
        return peers.noise
    return (measurement_noise([run.raw_score.to_numpy()]) or 0.0) / math.sqrt(run.window)


def _training_reward(sweep: Sweep, run: RunRecord) -> pd.Series | None:
    """The training reward, unless the sweep's metric is that very reward."""
    return None if sweep.metric == TOTAL_REWARD else run.series.get(TOTAL_REWARD)


def stopped_early(sweep: Sweep, run: RunRecord) -> bool:
    """Whether the sweep's early-stopping rule ended the run before its budget was used.

    The agent writes it down (`outcome`), and the embedded server too (`STOP_KIND`); the server's word counts
    where the agent was ended from outside before it learned why. A run of another program on another server
    shows it by having ended, in good order, short of its budget in a sweep that stops runs.
    """
    if run.outcome == "stopped early":
        return True
    short = run.planned_steps is not None and run.steps < run.planned_steps
    if run.summary.get(STOP_KIND) == "hyperband" and run.state != "running":
        return run.outcome in (None, "preempted") and (short or run.planned_steps is None)
    return run.outcome is None and sweep.stops_early and run.state == "finished" and short
