"""Applies the phases and the adaptive KL coefficient of a run to TRL's trainer."""

import math
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.grpo_trainer import GRPOTrainer
from trl.trainer.utils import add_fused_lm_head

from agent.config.run import RunConfig
from agent.config.schedule import Phase, adapted_beta, phase_at


class Schedule(TrainerCallback):
    """Changes the trainer's settings between batches, never within one.

    A batch may be trained on in several steps, and its reference log-probabilities hold for one temperature.
    So a phase that starts within a batch takes effect with the next batch.

    Args:
        config: Parameters of the run.
        trainer: The trainer whose settings change.
    """

    def __init__(self, config: RunConfig, trainer: GRPOTrainer) -> None:
        self._config = config
        self._trainer = trainer
        self._phase: int | None = None
        self._restored_beta: float | None = None

    def state(self) -> dict[str, Any]:
        """The state that `restore` reads."""
        return {"phase": self._phase, "beta": float(self._trainer.beta)}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a saved `state`; it takes effect when training begins."""
        self._phase, self._restored_beta = state["phase"], state["beta"]

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Restore the settings of the phase of a saved state."""
        if self._restored_beta is None:
            return
        if self._config.phases and self._phase is not None:
            self._enter(self._config.phases[self._phase])
        self._trainer.beta = self._restored_beta

    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Enter a phase before its first batch is sampled."""
        phases = self._config.phases
        if not phases or state.global_step % self._config.num_iterations:
            return
        index = phase_at(phases, state.global_step + 1)
        if index != self._phase:
            self._phase = index
            self._enter(phases[index])

    def observe(self, kl: float) -> None:
        """Adapt beta to `kl`, the KL of the last step in nats per token, if the run has a `kl_target`."""
        trainer, config = self._trainer, self._config
        if config.kl_target is not None and math.isfinite(kl):
            trainer.beta = adapted_beta(trainer.beta, kl, config.kl_target, config.kl_gain)

    def settings(self) -> dict[str, float]:
        """Beta, temperature and top-p of the last step, as metrics `train/...`."""
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
        # TRL's constant schedule multiplies these base rates at every later step.
        trainer.lr_scheduler.base_lrs = [rate] * len(trainer.optimizer.param_groups)
        for group in trainer.optimizer.param_groups:
            group["lr"] = rate


def set_temperature(trainer: GRPOTrainer, temperature: float) -> None:
    """Set the temperature of sampling and of log-probabilities.

    TRL has it in three places: the trainer, its generation settings, and the patched output head of the
    policy and the reference. If one were left out, the trainer would use log-probabilities of another
    distribution.
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
