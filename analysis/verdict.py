"""One verdict per run, with the step it happened at and the evidence for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from analysis.sweep import Sweep
from analysis.table import NONFINITE, STEP


class Kind(StrEnum):
    """What became of a run."""

    HEALTHY = "healthy"
    NOT_LEARNING = "not learning"
    COLLAPSED = "collapsed"
    KL_DIVERGING = "KL diverging"
    REWARD_HACKING = "reward hacking"
    UNSTABLE = "unstable"
    STOPPED_EARLY = "stopped early"
    FAILED = "failed"
    UNFINISHED = "unfinished"


COMPARABLE = (Kind.HEALTHY, Kind.NOT_LEARNING)
"""Verdicts of the runs that used their whole budget in good health; only these are ranked."""

FINDING = "health/finding"
"""History key (or prefix of keys) under which the agent logs a finding: ``kind: evidence``."""

FINDING_KINDS = {
    "collapse": Kind.COLLAPSED,
    "kl": Kind.KL_DIVERGING,
    "hacking": Kind.REWARD_HACKING,
    "learning": Kind.NOT_LEARNING,
}
"""Word in a finding's kind → verdict; any other finding is `Kind.UNSTABLE`."""

TRAINING_SIGNALS = ("train/loss", "train/kl", "train/grad_norm", "reward_components/total_reward/mean")
"""Keys that are numbers in every step of a run whose arithmetic is sound."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a run, since which training step (None: not tied to one), and how one knows."""

    kind: Kind
    step: int | None
    evidence: str


def judge(
    sweep: Sweep, state: str, config: Mapping[str, Any], summary: Mapping[str, Any], history: pd.DataFrame
) -> Verdict:
    """Judges one run; the first rule that applies decides.

    A run that broke off is judged by that, then bad health, then an early stop, then what it learned.

    Args:
        sweep: the sweep it belongs to.
        state: the server's state of the run.
        config: its configuration (`max_steps`, where present, is its budget).
        summary: its summary (`outcome`, `outcome_step`, `starter/score` where the agent wrote them).
        history: its history table.
    """
    outcome = summary.get("outcome")
    last = last_step(summary, history)
    if state in ("running", "pending") and outcome is None:
        return Verdict(Kind.UNFINISHED, last, f"still {state} at step {last}")
    if outcome in ("failed", "out of memory"):
        return Verdict(Kind.FAILED, last, f"{outcome} at step {last}")
    if outcome is None and state in ("failed", "crashed", "killed"):
        return Verdict(Kind.FAILED, last, f"{state} at step {last}")
    if outcome == "preempted" or state in ("preempting", "preempted"):
        return Verdict(Kind.UNFINISHED, last, f"preempted at step {last} and not resumed")
    ill = _ill_health(sweep, outcome, last, history)
    if ill is not None:
        return ill
    planned = planned_steps(config)
    if stopped_early(sweep, state, config, summary, history):
        return Verdict(Kind.STOPPED_EARLY, last, f"stopped at step {last} of {_or_unknown(planned)}")
    if planned is not None and last < planned:
        return Verdict(Kind.UNFINISHED, last, f"ended at step {last} of {planned}")
    scores = objective(sweep, history)
    if scores.empty:
        return Verdict(Kind.UNFINISHED, last, f"never logged {sweep.metric}")
    return _learning(sweep, summary, scores)


def _ill_health(sweep: Sweep, outcome: object, last: int, history: pd.DataFrame) -> Verdict | None:
    """The first sign of ill health, or None."""
    logged = _first_finding(history)
    if logged is not None:
        return logged
    if NONFINITE in history:
        watched = {*TRAINING_SIGNALS, sweep.metric}
        for step, keys in history.loc[history[NONFINITE] != "", [STEP, NONFINITE]].itertuples(index=False):
            if bad := sorted(watched & set(keys.split(","))):
                return Verdict(Kind.UNSTABLE, int(step), f"{bad[0]} is not a number at step {step}")
    if outcome == "unhealthy":
        return Verdict(Kind.UNSTABLE, last, f"the agent found it unhealthy at step {last}")
    return None


def _first_finding(history: pd.DataFrame) -> Verdict | None:
    """The earliest finding that the agent logged, or None."""
    found = []
    for key in history.columns:
        if not key.startswith(FINDING) or not pd.api.types.is_string_dtype(history[key]):
            continue
        rows = history.loc[history[key] != "", [STEP, key]]
        found += [(int(step), key, text) for step, text in rows.itertuples(index=False)]
    if not found:
        return None
    step, key, text = min(found)
    kind = (key.removeprefix(FINDING) + text.partition(":")[0]).lower()
    verdict = next((verdict for word, verdict in FINDING_KINDS.items() if word in kind), Kind.UNSTABLE)
    return Verdict(verdict, step, text)


def _learning(sweep: Sweep, summary: Mapping[str, Any], scores: pd.Series) -> Verdict:
    """Healthy, or not learning where the final objective does not lie above the starting model's."""
    final, step = float(scores.iloc[-1]), int(scores.index[-1])
    starter = number(summary.get("starter/score"))
    if starter is None:
        return Verdict(Kind.HEALTHY, step, f"used its whole budget of {step} steps")
    gain = final - starter if sweep.maximize else starter - final
    kind = Kind.HEALTHY if gain > 0 else Kind.NOT_LEARNING
    return Verdict(kind, step, f"{final - starter:+.4f} against the starting model")


def objective(sweep: Sweep, history: pd.DataFrame) -> pd.Series:
    """The logged finite values of the sweep's metric, indexed by training step."""
    if sweep.metric not in history:
        return pd.Series(dtype="float64", index=pd.Index([], dtype="int64", name=STEP))
    return history.set_index(STEP)[sweep.metric].dropna()


def last_step(summary: Mapping[str, Any], history: pd.DataFrame) -> int:
    """The last training step of a run: as the agent wrote it, else the last step in the history, else 0."""
    written = number(summary.get("outcome_step"))
    if written is not None:
        return int(written)
    return 0 if history.empty else int(history[STEP].iloc[-1])


def planned_steps(config: Mapping[str, Any]) -> int | None:
    """The budget of a run in training steps, where its configuration states one."""
    planned = number(config.get("max_steps"))
    return int(planned) if planned is not None and planned > 0 else None


def stopped_early(
    sweep: Sweep, state: str, config: Mapping[str, Any], summary: Mapping[str, Any], history: pd.DataFrame
) -> bool:
    """Whether the sweep stopped the run before the end of its budget.

    The agent writes it down (`outcome`). A run of another program shows it by having ended, in good order,
    short of its budget in a sweep that stops runs.
    """
    if "outcome" in summary:
        return bool(summary["outcome"] == "stopped early")
    planned = planned_steps(config)
    return (
        sweep.stops_early
        and state == "finished"
        and planned is not None
        and last_step(summary, history) < planned
    )


def number(value: object) -> float | None:
    """The value as a finite float, or None where it is none (W&B writes NaN as a text)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _or_unknown(planned: int | None) -> str:
    return "an unknown budget" if planned is None else str(planned)
