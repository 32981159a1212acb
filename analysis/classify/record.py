"""One run, boiled down from its full history to what verdicts and choices need."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from agent.health.checks import WATCHED as JUDGED
from agent.health.checks import HealthLimits, check_health
from agent.health.curve import window_of
from agent.health.drift import HELD_OUT_KL, KL
from agent.health.finding import Finding
from agent.health.reward import ERROR, TOTAL_REWARD
from analysis.classify.degeneracy import degenerate_completions
from analysis.read.config import finite_number
from analysis.read.series import curve, logged, thinned, trailing_mean
from analysis.read.sweep import Sweep
from analysis.read.table import RUNTIME, STEP


@dataclass(frozen=True)
class RunRecord:
    """What is known of a run.

    Attributes:
        id: Unique id; `name` need not be unique.
        state: State in the server's words.
        config: The configuration it saved.
        summary: Its summary values.
        steps: Training steps done.
        planned_steps: Its budget in training steps, where the configuration states one (`max_steps`).
        seconds: Run time; NaN where unknown.
        score: The sweep's metric by training step, as trailing means over `window` logged values.
        raw_score: The sweep's metric as it was logged.
        window: See `score`; 1 for a metric that is logged at few rungs.
        series: Trailing means of KL and training reward by step, at most `POINTS` points each.
        held_out_kl: KL on held-out completions, as logged at the rungs.
        limits: Its health limits, as far as its configuration has them.
        health: What the health checks find in its curves, by step; see `agent.health.checks`.
        judges_falls: Whether `health` covers a fall of the held-out score: its noise was logged.
        degenerate: What is wrong with its last recorded completions; None where nothing is.
        nonfinite: First step and key of a watched metric that was NaN or infinite; None if there was none.
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
        """The starting model's value of the metric, where the agent measured it."""
        return finite_number(self.summary.get("starter/score"))

    @property
    def start(self) -> float:
        """Where the metric began: the starting model's value, else its first averaged one."""
        return self.starter if self.starter is not None else float(self.score.iloc[0])

    @property
    def outcome(self) -> str | None:
        """How the agent says the run ended; None for a run of another program or one still going."""
        written = self.summary.get("outcome")
        return None if written is None else str(written)

    @property
    def kl(self) -> float:
        """KL at the end of the run: mean over the last logged values; NaN where it was not logged."""
        series = self.series.get(KL)
        return math.nan if series is None or series.empty else float(series.iloc[-1])


KEPT = (KL, TOTAL_REWARD)


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
    """Boils down one run; see `RunRecord` for what is kept."""
    raw = logged(history, sweep.metric)
    window = window_of(len(raw))
    planned = finite_number(config.get("max_steps"))
    steps_planned = int(planned) if planned is not None and planned > 0 else None
    runtime = logged(history, RUNTIME)
    limits = HealthLimits.stated_in(config)
    curves = {key: curve(logged(history, key)) for key in JUDGED if key in history}
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
        nonfinite=_first_nonfinite(history, {sweep.metric, "train/loss", *JUDGED}),
        limits=limits,
        health=tuple(check_health(curves, starter, limits, window_of(steps_planned or len(history)))),
        judges_falls=ERROR in curves,
        degenerate=None if samples is None else degenerate_completions(samples, limits),
    )


def _last_step(summary: Mapping[str, Any], history: pd.DataFrame) -> int:
    """As the agent wrote it, else the last step in the history, else 0."""
    written = finite_number(summary.get("outcome_step"))
    if written is not None:
        return int(written)
    return 0 if history.empty else int(history[STEP].iloc[-1])


def _first_nonfinite(history: pd.DataFrame, watched: set[str]) -> tuple[int, str] | None:
    """The first step at which a watched metric was no number, and that metric."""
    broken = history.loc[history["nonfinite"] != "", [STEP, "nonfinite"]]
    for step, keys in broken.itertuples(index=False):
        if bad := sorted(watched & set(keys.split(","))):
            return int(step), bad[0]
    return None
