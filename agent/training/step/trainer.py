"""TRL's GRPO trainer, set up from a run's configuration."""

from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from trl.trainer.grpo_config import GRPOConfig

from agent.config.run import RunConfig
from agent.tasks.base import Task
from agent.training.scoring import ComponentReward, SuiteReward
from agent.training.step.grpo import SelectiveGRPOTrainer

_BF16_FROM = 100_000_000
"""Parameters from which bf16 pays; below, casts cost what they gain."""


def build_trainer(
    config: RunConfig,
    micro_batch: int,
    task: Task,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    reward: SuiteReward,
    folder: Path,
) -> SelectiveGRPOTrainer:
    """Build the trainer of one run. Nothing is reported by TRL itself: `StepLog` logs once per step.

    Args:
        config: hyperparameters.
        micro_batch: completions per forward pass; divides those per step.
        task: gives the training prompts.
        model: trained in place.
        tokenizer: of the model.
        reward: scores completions.
        folder: the trainer's own output folder.
    """
    on_gpu = torch.cuda.is_available()
    rewards: list[SuiteReward | ComponentReward] = [reward]
    weights = [1.0]
    if config.reward_aggregation == "normalize_then_sum":
        # The total is still scored first, for the log and `reward_threshold`; it has no say itself.
        objectives = reward.objectives().values()
        rewards += [component for component, _ in objectives]
        weights = [0.0, *(weight for _, weight in objectives)]
    arguments = GRPOConfig(
        output_dir=str(folder),
        max_steps=config.max_steps,
        seed=config.seed,
        learning_rate=config.effective_learning_rate,
        lr_scheduler_type="constant",
        warmup_steps=0,
        max_grad_norm=config.max_grad_norm,
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=config.gradient_accumulation_steps
        * (config.per_device_train_batch_size // micro_batch),
        num_generations=config.num_generations,
        max_completion_length=config.max_completion_length,
        temperature=config.temperature,
        top_p=config.top_p,
        # The reference model exists only for a beta above 0, and a later phase may have one.
        beta=config.largest_beta,
        epsilon=config.epsilon,
        # CISPO bounds the ratio itself, the others its distance from 1.
        epsilon_high=1 + config.epsilon if config.loss_type == "cispo" else None,
        num_iterations=config.num_iterations,
        loss_type=config.loss_type,
        scale_rewards=config.scale_rewards,
        multi_objective_aggregation=config.reward_aggregation,
        reward_weights=weights,
        # Dropout would make sampling and log-probabilities disagree.
        disable_dropout=True,
        activation_checkpointing=False,
        bf16=on_gpu and model.num_parameters() >= _BF16_FROM,
        use_cpu=not on_gpu,
        full_determinism=config.deterministic,
        logging_steps=1,
        # The filter would log the last finite loss in place of a NaN, and hide it.
        logging_nan_inf_filter=False,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=on_gpu,
    )
    return SelectiveGRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=rewards,
        args=arguments,
        train_dataset=Dataset.from_dict({"prompt": list(task.prompts.train)}),
        peft_config=_adapters(config),
        reward_scale=config.reward_scale,
        reward_threshold=config.reward_threshold,
        best_of_n=config.best_of_n,
    )


def _adapters(config: RunConfig) -> LoraConfig | None:
    """Low-rank adapters; scaled by 2, as usual, whatever the rank."""
    if config.lora_rank is None:
        return None
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=config.lora_rank,
        lora_alpha=2 * config.lora_rank,
        target_modules="all-linear",
    )
