"""Measures every training step, logs it as one row, and ends the run if it must stop."""

import math
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from agent.health.drift import not_finite
from agent.health.monitor import Monitor
from agent.training.lifecycle.checkpoints import Checkpoints
from agent.training.lifecycle.context import RunContext
from agent.training.lifecycle.memory import peak_memory_mb
from agent.training.objective.divergence import DriftProbe
from agent.training.objective.held_out import HeldOut, Objective
from agent.training.objective.samples import sample_rows, table
from agent.training.scoring import SuiteReward
from agent.training.step.schedule import Schedule
from agent.training.step.stopwatch import Stopwatch

_FROM_TRL = {
    "loss": "train/loss",
    "grad_norm": "train/grad_norm",
    "learning_rate": "train/learning_rate",
    "entropy": "train/entropy",
    "kl": "train/kl_sampled",
    "frac_reward_zero_std": "train/zero_variance_groups",
    "kept_fraction": "train/kept_fraction",
    "completions/mean_length": "completions/mean_length",
    "completions/clipped_ratio": "completions/truncated_fraction",
}
"""TRL's name of a metric → ours. `kl` exists for beta > 0, `kept_fraction` if completions are selected."""

_OF_BATCH = (
    "train/zero_variance_groups",
    "train/kept_fraction",
    "completions/mean_length",
    "completions/truncated_fraction",
    "train/tokens_per_second",
)
"""Metrics of a batch, which also hold for later steps that train on it again."""


@dataclass(frozen=True)
class Measurements:
    """The sources of the metrics of a step.

    Attributes:
        reward: The training reward; its statistics are logged at each step.
        probe: Measures `train/kl` at each step.
        objective: Measured at each rung.
        monitor: Checks the health of the run. A fatal finding sets the objective to 0 and ends the run.
    """

    reward: SuiteReward
    probe: DriftProbe
    objective: Objective
    monitor: Monitor


class StepLog(TrainerCallback):
    """Collects the metrics of a step, measures the objective at rungs, and logs one row per step.

    Args:
        context: Of the run.
        measurements: The sources of the metrics.
        checkpoints: Saved at each rung.
        schedule: Receives the KL of each step; gives the settings of the step.
        stopwatch: Of the trainer.

    Attributes:
        last_step: Last training step that was logged; 0 before the first.
        last_score: Last value of `objective/score`; `None` before the first.
    """

    def __init__(
        self,
        context: RunContext,
        measurements: Measurements,
        checkpoints: Checkpoints,
        schedule: Schedule,
        stopwatch: Stopwatch,
    ) -> None:
        self._context = context
        self._rungs = frozenset(context.config.rung_steps)
        self._measurements = measurements
        self._monitor = measurements.monitor
        self._checkpoints = checkpoints
        self._schedule = schedule
        self._stopwatch = stopwatch
        self._row: dict[str, float] = {}
        self._batch: dict[str, float] = {}
        self._held_out: HeldOut | None = None
        self.last_step = 0
        self.last_score: float | None = None

    def restore(self, last_step: int, last_score: float | None) -> None:
        """Continue from the counters of a saved state."""
        self.last_step, self.last_score = last_step, last_score

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the stopwatch of the step."""
        self._stopwatch.start_step()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measure the policy after a step; end the run if the server requested it."""
        step, model = state.global_step, kwargs["model"]
        measurements = self._measurements
        self._row = self._stopwatch.seconds()
        self._row["train/peak_memory_mb"] = peak_memory_mb()
        self._row |= measurements.reward.of_step()
        self._row |= self._schedule.settings()
        self._row["train/kl"] = measurements.probe.measure(model)
        self._schedule.observe(self._row["train/kl"])
        # Nothing can be sampled from NaN weights: check for them before the objective samples.
        self._monitor.add(not_finite({"train/kl": self._row["train/kl"]}, step))
        self._held_out = None
        if step in self._rungs and not self._monitor.fatal:
            row, self._held_out = measurements.objective.at_rung(model, step)
            self._row |= row
        if self._context.stop.reason == "stopped early" or self._monitor.fatal:
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Add TRL's metrics, check health, and log the row of the step, once."""
        if not logs or "loss" not in logs or state.global_step == self.last_step:
            return  # the trainer's last log is a summary, not a step
        step = self.last_step = state.global_step
        row = {
            name: float(logs[trl_name])
            for trl_name, name in _FROM_TRL.items()
            if logs.get(trl_name) is not None
        }
        if self._row["train/generation_seconds"] > 0:
            tokens = row["completions/mean_length"] * self._context.config.completions_per_step
            row["train/tokens_per_second"] = tokens / self._row["train/generation_seconds"]
        # TRL reports a batch only when it is sampled, not at later steps that train on it again.
        self._batch |= {name: row[name] for name in _OF_BATCH if name in row}
        row |= self._batch | self._row
        self._check_health(step, row)
        tables = {}
        if self._monitor.fatal:
            control.should_training_stop = True
        if self._held_out is not None or self._monitor.fatal:
            row["objective/gate"] = 0.0 if self._monitor.fatal else 1.0
            row["objective/score"] = row["objective/gate"] * row.get("objective/score", 0.0)
            self.last_score = row["objective/score"]
        sinks = self._context.sinks
        if self._held_out is not None:
            self._checkpoints.save(kwargs["model"], step, row["objective/score"])
            samples = sample_rows(self._held_out)
            sinks.directory.log_samples(samples)
            tables["samples"] = table(samples)
        # JSON has no NaN, and Hyperband would silently drop such a point. The finding reports it instead.
        row = {name: value for name, value in row.items() if math.isfinite(value)}
        sinks.log(step, row, tables)
        sinks.record(self._monitor.findings)
        self._context.on_step(step, row)

    def _check_health(self, step: int, row: dict[str, float]) -> None:
        """Check every step for values that are not finite, and at rungs everything else."""
        self._monitor.add(not_finite({name: row[name] for name in ("train/loss", "train/grad_norm")}, step))
        self._monitor.observe(step, row)
        if self._held_out is not None:
            self._monitor.add(self._held_out.finding)
            self._monitor.check()
