"""What happens around every training step: measure, log once, stop when asked."""

import math
import time
from collections.abc import Callable
from typing import Any

from transformers import PreTrainedModel, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from agent.config.run import RunConfig
from agent.health.diversity import unique_fraction
from agent.health.finite import not_finite
from agent.tracking.sinks import Sinks
from agent.training.checkpoints import Checkpoints
from agent.training.divergence import DriftProbe
from agent.training.objective import HeldOut, Objective
from agent.training.schedule import Schedule
from agent.training.scoring import SuiteReward
from agent.training.stop import StopRequest

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
)


class StepLog(TrainerCallback):
    """Gathers a step's metrics, measures the objective at rungs, and logs one row per step.

    Args:
        config: of the run.
        reward: the training reward; its statistics go into each row.
        objective: measured at the rungs.
        probe: measures `train/kl` each step.
        sinks: where rows go.
        checkpoints: saved at each rung.
        schedule: told each step's KL; gives the settings in force.
        stop: read at every step.
        on_step: told each finished step and its row, for a progress display.
    """

    def __init__(
        self,
        config: RunConfig,
        reward: SuiteReward,
        objective: Objective,
        probe: DriftProbe,
        sinks: Sinks,
        checkpoints: Checkpoints,
        schedule: Schedule,
        stop: StopRequest,
        on_step: Callable[[int, dict[str, float]], None],
    ) -> None:
        self._rungs = frozenset(config.rung_steps)
        self._reward = reward
        self._objective = objective
        self._probe = probe
        self._sinks = sinks
        self._checkpoints = checkpoints
        self._schedule = schedule
        self._stop = stop
        self._on_step = on_step
        self._row: dict[str, float] = {}
        self._batch: dict[str, float] = {}
        self._started = time.monotonic()
        self.last_step = 0
        self.last_score: float | None = None

    def restore(self, last_step: int, last_score: float | None) -> None:
        """Go on from the counters of a saved state."""
        self.last_step, self.last_score = last_step, last_score

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock of the step."""
        self._started = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measure what a finished step left; end the run when the server asked for it or it is unhealthy."""
        step, model = state.global_step, kwargs["model"]
        self._row = {"train/step_seconds": time.monotonic() - self._started}
        statistics, completions = self._reward.of_step()
        self._row |= statistics
        self._row["health/unique_fraction"] = unique_fraction(completions)
        self._row |= self._schedule.settings()
        self._row["train/kl"] = self._probe.measure(model)
        self._schedule.observe(self._row["train/kl"])
        # Weights that are NaN cannot be sampled from: find that before the objective would try.
        self._check_finite({"train/kl": self._row["train/kl"]}, step)
        if step in self._rungs and not self._objective.findings:
            self._measure_objective(model, step)
        if self._stop.reason == "stopped early" or self._objective.findings:
            control.should_training_stop = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Merge TRL's own metrics and send the step on, once."""
        if not logs or "loss" not in logs or state.global_step == self.last_step:
            return  # the trainer's closing log has no step of its own
        step = self.last_step = state.global_step
        row = {
            ours: float(logs[theirs]) for theirs, ours in _FROM_TRL.items() if logs.get(theirs) is not None
        }
        # TRL reports a batch when it is sampled; a step that trains on it again is about the same batch.
        self._batch |= {name: row[name] for name in _OF_BATCH if name in row}
        row |= self._batch | self._row
        self._check_finite({name: row[name] for name in ("train/loss", "train/grad_norm")}, step)
        if self._objective.findings:
            row["objective/score"] = self.last_score = 0.0
            control.should_training_stop = True
        # JSON has no NaN, and Hyperband would drop such a point silently: leave it out, the finding says it.
        row = {name: value for name, value in row.items() if math.isfinite(value)}
        self._sinks.log(step, row)
        self._on_step(step, row)

    def _check_finite(self, values: dict[str, float], step: int) -> None:
        finding = not_finite(values, step)
        if finding is not None:
            self._objective.findings.append(finding)

    def _measure_objective(self, model: PreTrainedModel, step: int) -> None:
        row, held_out = self._objective.at_rung(model, step)
        self._row |= row
        self.last_score = row["objective/score"]
        self._checkpoints.save(model, step, row["objective/score"])
        self._sinks.directory.log_samples(sample_rows(held_out, step))


def sample_rows(held_out: HeldOut, step: int) -> list[dict[str, Any]]:
    """Rows for `samples.jsonl`: the held-out completions of a rung and their totals (null = unscored)."""
    return [
        {"step": step, "completion": text, "reference": None if math.isnan(total) else total}
        for text, total in zip(held_out.completions.texts, held_out.totals, strict=True)
    ]
