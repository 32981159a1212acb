"""Applies a run's phases and its adaptive KL coefficient to TRL's trainer."""

import math
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from agent.config.run import RunConfig
from agent.config.schedule import Phase, adapted_beta, phase_at


class Schedule(TrainerCallback):
    """Changes the trainer's settings between batches, never inside one.

    A batch that is trained on several times carries reference log-probabilities of its own temperature, so a
    phase that ends in the middle of it begins with the next.

    Args:
        config: of the run.
        trainer: acted on.
    """

    def __init__(self, config: RunConfig, trainer: GRPOTrainer) -> None:
        self._config = config
        self._trainer = trainer
        self._phase: int | None = None
        self._restored_beta: float | None = None

    def state(self) -> dict[str, Any]:
        """For `restore`."""
        return {"phase": self._phase, "beta": float(self._trainer.beta)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a saved `state`; takes hold when training begins."""
        self._phase, self._restored_beta = state["phase"], state["beta"]

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Put back the settings of the phase that a saved state was in."""
        if self._restored_beta is None:
            return
        if self._config.phases and self._phase is not None:
            self._enter(self._config.phases[self._phase])
        self._trainer.beta = self._restored_beta

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Enter a phase when its first batch is about to be sampled."""
        phases = self._config.phases
        if not phases or state.global_step % self._config.num_iterations:
            return
        index = phase_at(phases, state.global_step + 1)
        if index != self._phase:
            self._phase = index
            self._enter(phases[index])

    def observe(self, kl: float) -> None:
        """Tell the KL (nats per token) of the step that ended; moves beta where the run has a `kl_target`."""
        trainer, config = self._trainer, self._config
        if config.kl_target is not None and math.isfinite(kl):
            trainer.beta = adapted_beta(trainer.beta, kl, config.kl_target, config.kl_gain)

    def settings(self) -> dict[str, float]:
        """What the trainer used in the step that ended, as metrics."""
        return {
            "train/beta": float(self._trainer.beta),
            "train/temperature": float(self._trainer.temperature),
            "train/top_p": float(self._trainer.top_p),
        }

    def _enter(self, phase: Phase) -> None:
        trainer, config = self._trainer, self._config
        trainer.beta = (config.beta if phase.beta is None else phase.beta) * config.beta_scale
        trainer.top_p = trainer.generation_config.top_p = phase.top_p or config.top_p
        set_temperature(trainer, phase.temperature or config.temperature)
        rate = (phase.learning_rate or config.learning_rate) * config.learning_rate_scale
        assert trainer.optimizer is not None  # training has begun
        assert trainer.lr_scheduler is not None
        # The constant schedule multiplies these base rates, now and at every step that follows.
        trainer.lr_scheduler.base_lrs = [rate] * len(trainer.optimizer.param_groups)
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate


def set_temperature(trainer: GRPOTrainer, temperature: float) -> None:
    """Change the temperature of sampling and of log-probabilities together.

    TRL keeps it in three places: the trainer, its generation settings, and inside the patched output head of
    the policy and the reference. Missing one trains on log-probabilities of another distribution.
    """
    if temperature == trainer.temperature:
        return
    trainer.temperature = trainer.generation_config.temperature = temperature
    add_fused_lm_head(
        trainer.accelerator.unwrap_model(trainer.model),
        temperature=temperature,
        outputs=("log_probs", "entropy"),
    )
    if trainer.ref_model is not None:
        add_fused_lm_head(trainer.accelerator.unwrap_model(trainer.ref_model), temperature=temperature)
