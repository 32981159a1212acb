"""The rules that give each run its verdict, with a training step and evidence."""

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
"""KL bound of runs that state none, as a multiple of the median final KL of the sweep's ended runs."""

PEER_KL_MIN = 0.1
"""Smallest such bound, in nats per token."""

STOP_KIND, STOP_REASON = "_sweepfarm/stop_kind", "_sweepfarm/stop_reason"
"""Summary keys in which the embedded server writes who asked a run to stop, and why."""

OWN_NOISE = 30
"""Fewest logged values for which the noise is estimated from the run's own curve, not from all runs."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Estimates from all runs of a sweep together.

    Attributes:
        noise: Standard deviation of one value of a run's score; 0 where no curve has three points.
        kl_bound: KL bound in nats per token for runs that state none; infinite where fewer than three ended
            runs logged KL.
    """

    noise: float
    kl_bound: float


def peers(records: Sequence[RunRecord]) -> Peers:
    """The noise and the KL bound of a sweep."""
    # A closed health gate sets the score to 0: a jump in the curve that is not noise.
    curves = [run.raw_score.to_numpy() for run in records if not run.summary.get("health/finding")]
    ends = [run.kl for run in records if run.state != "running" and not math.isnan(run.kl)]
    bound = float(f"{max(PEER_KL_MIN, PEER_KL * median(ends)):.2g}") if len(ends) > 2 else math.inf
    windows = [run.window for run in records if not run.score.empty]
    noise = (measurement_noise(curves) or 0.0) / math.sqrt(median(windows) if windows else 1)
    return Peers(noise, bound)


def verdict_of(sweep: Sweep, run: RunRecord, peers: Peers) -> Verdict:
    """The verdict on one run: the first rule that applies decides.

    The order is: still running or failed, unhealthy, stopped early or short of its budget, fallen score,
    learned or not.
    """
    return (
        _broken_off(sweep, run)
        or _ill_health(sweep, run, peers)
        or _ended_short(sweep, run)
        or _fallen(sweep, run, peers)
        or _learned(sweep, run, peers)
    )


def _broken_off(sweep: Sweep, run: RunRecord) -> Verdict | None:
    """Failed, or unfinished: still running, preempted, or stopped by a person; None for any other run."""
    at = f"at step {run.steps}"
    if stopped_early(sweep, run):
        return None
    if run.outcome is None and run.summary.get(STOP_KIND) is not None:
        return Verdict(
            VerdictKind.UNFINISHED, run.steps, f"{run.summary.get(STOP_REASON) or 'stopped by hand'}, {at}"
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
    """The first unhealthy finding: the agent's own, else one in the curves; None for a healthy run."""
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
    """A fall of the score, for runs without the logged standard errors that the health checks need."""
    if run.judges_falls:
        return None
    reward, noise = _training_reward(sweep, run), _noise(run, peers)
    return fallen(run.score, reward, run.start, noise, run.limits, sweep.sign)


def _agents_finding(run: RunRecord) -> Verdict:
    """The verdict from the finding that the agent wrote into the summary."""
    written = str(run.summary.get("health/finding", ""))
    kind = kind_of(written)
    step = finite_number(run.summary.get("health/finding_step"))
    evidence = str(run.summary.get("health/evidence") or written or "the agent found the run unhealthy")
    return Verdict(kind, run.steps if step is None else int(step), evidence)


def _ended_short(sweep: Sweep, run: RunRecord) -> Verdict | None:
    """Stopped early, or unfinished: short of its budget, or without a value of the metric; else None."""
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
    """Healthy, or not learning; then the evidence includes the first warning of the health checks."""
    final = float(run.score.iloc[-1])
    flat = not_learning(final, run.start, run.steps, _noise(run, peers), sweep.sign)
    warning = next((found for found in run.health if not found.fatal), None)
    if flat and warning:
        evidence = f"{flat.evidence}; {warning.kind} at step {warning.step}: {warning.evidence}"
        return Verdict(flat.kind, flat.step, evidence)
    return flat or Verdict(VerdictKind.HEALTHY, run.steps, f"{final - run.start:+.4f} against the start")


def _noise(run: RunRecord, peers: Peers) -> float:
    """Standard deviation of one value of a run's score, from its own curve if that is long enough."""
    if len(run.raw_score) < OWN_NOISE:
        return peers.noise
    return (measurement_noise([run.raw_score.to_numpy()]) or 0.0) / math.sqrt(run.window)


def _training_reward(sweep: Sweep, run: RunRecord) -> pd.Series | None:
    """The training reward; None where it was not logged or is the sweep's metric itself."""
    return None if sweep.metric == TOTAL_REWARD else run.series.get(TOTAL_REWARD)


def stopped_early(sweep: Sweep, run: RunRecord) -> bool:
    """Whether the sweep's early-stopping rule ended the run before its budget was used.

    The agent writes this into the summary (`outcome`), and so does the embedded server (`STOP_KIND`). The
    server's entry counts where the agent was killed before it could write. A run of another program on
    another server counts as stopped early if it finished short of its budget in a sweep with early
    termination.
    """
    if run.outcome == "stopped early":
        return True
    below_budget = run.planned_steps is not None and run.steps < run.planned_steps
    if run.summary.get(STOP_KIND) == "hyperband" and run.state != "running":
        return run.outcome in (None, "preempted") and (below_budget or run.planned_steps is None)
    return run.outcome is None and sweep.stops_early and run.state == "finished" and below_budget
