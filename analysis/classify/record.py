"""One run, reduced to the values that its verdict and the choice need."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from agent.health.checks import HealthLimits, check_health, watched
from agent.health.curve import window_of
from agent.health.drift import HELD_OUT_KL, KL
from agent.health.finding import Finding
from agent.health.reward import ERROR, TOTAL_REWARD
from analysis.classify.collapse import degenerate_completions
from analysis.read.config import finite_number
from analysis.read.series import curve, logged, thinned, trailing_mean
from analysis.read.sweep import Sweep
from analysis.read.table import RUNTIME, STEP


@dataclass(frozen=True)
class RunRecord:
    """The values of a run that its verdict and the choice need.

    Attributes:
        id: Unique id; `name` need not be unique.
        state: The server's name of its state, for instance `finished`.
        config: Its saved configuration.
        summary: Its summary values.
        steps: Training steps done.
        planned_steps: Its budget in training steps (`max_steps`); None where the configuration has none.
        seconds: Run time in seconds; NaN where unknown.
        score: The sweep's metric by training step, as trailing means over `window` logged values.
        raw_score: The sweep's metric as it was logged.
        window: Number of values averaged in `score`; 1 for a metric that is logged only at the rungs.
        series: Trailing means of KL and training reward by step, at most `POINTS` points each.
        held_out_kl: KL on held-out completions, in nats per token, as logged at the rungs.
        nonfinite: First step and key of a watched metric that was NaN or infinite; None if there was none.
        limits: Health limits from its configuration, else their defaults; KL is unbounded unless stated.
        health: Findings of `agent.health.checks` in its curves, ordered by step.
        judges_falls: Whether `health` covers a fall of the held-out score. It does where the run logged the
            standard error of that score.
        degenerate: Lost diversity in its last logged completions; None if there is none.
    """

    id: str
    name: str
    state: str
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    steps: int
    planned_steps: int | None
    seconds: float
    score: pd.Series
    raw_score: pd.Series
    window: int
    series: Mapping[str, pd.Series]
    held_out_kl: pd.Series
    nonfinite: tuple[int, str] | None
    limits: HealthLimits
    health: tuple[Finding, ...]
    judges_falls: bool
    degenerate: Finding | None

    @property
    def starter(self) -> float | None:
        """The starting model's value of the metric; None where the agent did not measure it."""
        return finite_number(self.summary.get("starter/score"))

    @property
    def start(self) -> float:
        """The metric at the start: the starting model's value, else the first value of `score`."""
        return self.starter if self.starter is not None else float(self.score.iloc[0])

    @property
    def outcome(self) -> str | None:
        """The outcome that the agent wrote; None for a run of another program or one not ended."""
        written = self.summary.get("outcome")
        return None if written is None else str(written)

    @property
    def kl(self) -> float:
        """Final KL, in nats per token: the mean of the last logged values; NaN where not logged."""
        series = self.series.get(KL)
        return math.nan if series is None or series.empty else float(series.iloc[-1])


KEPT = (KL, TOTAL_REWARD)
"""Metrics in `RunRecord.series`."""


def record(
    sweep: Sweep,
    run: str,
    name: str,
    state: str,
    config: Mapping[str, Any],
    summary: Mapping[str, Any],
    history: pd.DataFrame,
    samples: pd.DataFrame | None = None,
) -> RunRecord:
    """The record of one run.

    Args:
        sweep: The sweep that the run belongs to.
        run: Id of the run.
        name: Its display name.
        state: The server's name of its state.
        config: Its saved configuration.
        summary: Its summary values.
        history: See `SweepTable.histories`.
        samples: See `SweepTable.samples`; None where the run has none there.
    """
    raw = logged(history, sweep.metric)
    window = window_of(len(raw))
    planned = finite_number(config.get("max_steps"))
    steps_planned = int(planned) if planned is not None and planned > 0 else None
    runtime = logged(history, RUNTIME)
    limits = HealthLimits.stated_in(config)
    judged = watched(map(str, history.columns))
    curves = {key: curve(logged(history, key)) for key in judged}
    starter = {
        key: value
        for key in summary
        if key.startswith("starter/") and (value := finite_number(summary[key])) is not None
    }
    return RunRecord(
        id=run,
        name=name,
        state=state,
        config=config,
        summary=summary,
        steps=_last_step(summary, history),
        planned_steps=steps_planned,
        seconds=math.nan if runtime.empty else float(runtime.iloc[-1]),
        score=trailing_mean(raw, window),
        raw_score=raw,
        window=window,
        series={
            key: thinned(trailing_mean(values, window_of(len(values))))
            for key in KEPT
            if not (values := logged(history, key)).empty
        },
        held_out_kl=logged(history, HELD_OUT_KL),
        nonfinite=_first_nonfinite(history, {sweep.metric, "train/loss", *judged}),
        limits=limits,
        health=tuple(check_health(curves, starter, limits, window_of(steps_planned or len(history)))),
        judges_falls=ERROR in curves,
        degenerate=None if samples is None else degenerate_completions(samples, limits),
    )


def _last_step(summary: Mapping[str, Any], history: pd.DataFrame) -> int:
    """The last training step: as the agent wrote it, else the last one in the history, else 0."""
    written = finite_number(summary.get("outcome_step"))
    if written is not None:
        return int(written)
    return 0 if history.empty else int(history[STEP].iloc[-1])


def _first_nonfinite(history: pd.DataFrame, watched: set[str]) -> tuple[int, str] | None:
    """The first step at which a watched metric was NaN or infinite, and its key; None if there was none."""
    broken = history.loc[history["nonfinite"] != "", [STEP, "nonfinite"]]
    for step, keys in broken.itertuples(index=False):
        if bad := sorted(watched & set(keys.split(","))):
            return int(step), bad[0]
    return None
