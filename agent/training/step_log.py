"""What happens around every training step: measure, log once, stop when asked."""

import math
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from agent.config.run import RunConfig
from agent.health.drift import not_finite
from agent.health.monitor import Monitor
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.checkpoints import Checkpoints
from agent.training.lifecycle.memory import peak_memory_mb
from agent.training.lifecycle.stop import StopRequest
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
"""TRL's name of a metric, and ours. `kl` exists only for beta > 0, `kept_fraction` if samples are chosen."""

_OF_BATCH = (
    "train/zero_variance_groups",
    "train/kept_fraction",
    "completions/mean_length",
    "completions/truncated_fraction",
    "train/tokens_per_second",
)


class StepLog(TrainerCallback):
    """Gathers a step's metrics, measures the objective at rungs, and logs one row per step.

    Args:
        config: of the run.
        reward: the training reward; its statistics go into each row.
        objective: measured at the rungs.
        monitor: checks the run's health at the rungs; a finding closes the gate of the objective.
        probe: measures `train/kl` each step.
        sinks: where rows go.
        checkpoints: saved at each rung.
        schedule: told each step's KL; gives the settings in force.
        stop: read at every step.
        stopwatch: of the trainer.
        on_step: told each finished step and its row, for a progress display.
    """

    def __init__(
        self,
        config: RunConfig,
        reward: SuiteReward,
        objective: Objective,
        monitor: Monitor,
        probe: DriftProbe,
        sinks: Sinks,
        checkpoints: Checkpoints,
        schedule: Schedule,
        stop: StopRequest,
        stopwatch: Stopwatch,
        on_step: Callable[[int, dict[str, float]], None],
    ) -> None:
        self._rungs = frozenset(config.rung_steps)
        self._completions_per_step = config.completions_per_step
        self._reward = reward
        self._objective = objective
        self._monitor = monitor
        self._probe = probe
        self._sinks = sinks
        self._checkpoints = checkpoints
        self._schedule = schedule
        self._stop = stop
        self._stopwatch = stopwatch
        self._on_step = on_step
        self._row: dict[str, float] = {}
        self._batch: dict[str, float] = {}
        self._held_out: HeldOut | None = None
        self.last_step = 0
        self.last_score: float | None = None

    def restore(self, last_step: int, last_score: float | None) -> None:
        """Go on from the counters of a saved state."""
        self.last_step, self.last_score = last_step, last_score

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock of the step."""
        self._stopwatch.start_step()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measure what a finished step left; end the run when the server asked for it."""
        step, model = state.global_step, kwargs["model"]
        self._row = self._stopwatch.seconds()
        self._row["train/peak_memory_mb"] = peak_memory_mb()
        self._row |= self._reward.of_step()
        self._row |= self._schedule.settings()
        self._row["train/kl"] = self._probe.measure(model)
        self._schedule.observe(self._row["train/kl"])
        # Weights that are NaN cannot be sampled from: find that before the objective would try.
        self._monitor.add(not_finite({"train/kl": self._row["train/kl"]}, step))
        self._held_out = None
        if step in self._rungs and not self._monitor.fatal:
            row, self._held_out = self._objective.at_rung(model, step)
            self._row |= row
        if self._stop.reason == "stopped early" or self._monitor.fatal:
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Merge TRL's own metrics, judge the run at a rung, and send the step on, once."""
        if not logs or "loss" not in logs or state.global_step == self.last_step:
            return  # the trainer's closing log has no step of its own
        step = self.last_step = state.global_step
        row = {
            ours: float(logs[theirs]) for theirs, ours in _FROM_TRL.items() if logs.get(theirs) is not None
        }
        if self._row["train/generation_seconds"] > 0:
            tokens = row["completions/mean_length"] * self._completions_per_step
            row["train/tokens_per_second"] = tokens / self._row["train/generation_seconds"]
        # TRL reports a batch when it is sampled; a step that trains on it again is about the same batch.
        self._batch |= {name: row[name] for name in _OF_BATCH if name in row}
        row |= self._batch | self._row
        self._check_health(step, row)
        tables = {}
        if self._monitor.fatal:
            control.should_training_stop = True
        if self._held_out is not None or self._monitor.fatal:
            row["objective/gate"] = 0.0 if self._monitor.fatal else 1.0
            row["objective/score"] = row["objective/gate"] * row.get("objective/reference", 0.0)
            self.last_score = row["objective/score"]
        if self._held_out is not None:
            self._checkpoints.save(kwargs["model"], step, row["objective/score"])
            samples = sample_rows(self._held_out)
            self._sinks.directory.log_samples(samples)
            tables["samples"] = table(samples)
        # JSON has no NaN, and Hyperband would drop such a point silently: leave it out, the finding says it.
        row = {name: value for name, value in row.items() if math.isfinite(value)}
        self._sinks.log(step, row, tables)
        self._sinks.record(self._monitor.findings)
        self._on_step(step, row)

    def _check_health(self, step: int, row: dict[str, float]) -> None:
        """Numbers that are none end a run at once; everything else is judged where the objective is."""
        self._monitor.add(not_finite({name: row[name] for name in ("train/loss", "train/grad_norm")}, step))
        self._monitor.observe(step, row)
        if self._held_out is not None:
            self._monitor.add(self._held_out.finding)
            self._monitor.check()
