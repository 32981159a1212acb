"""Builds TRL's GRPO trainer from the configuration of a run."""

from pathlib import Path

import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, set_seed
from trl.trainer.grpo_config import GRPOConfig

from agent.config.run import RunConfig
from agent.tasks.base import Task
from agent.training.lifecycle.adapters import adapters, check_adapters
from agent.training.scoring import ComponentReward, SuiteReward
from agent.training.step.grpo import SelectiveGRPOTrainer

_BF16_FROM = 100_000_000
"""Number of parameters from which bf16 is faster; for smaller models casts cost as much as it saves."""


def build_trainer(
    config: RunConfig,
    micro_batch: int,
    task: Task,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    reward: SuiteReward,
    folder: Path,
) -> SelectiveGRPOTrainer:
    """The trainer of one run. TRL itself logs nothing: `StepLog` logs once per step.

    Args:
        config: Parameters of the run.
        micro_batch: Completions per forward pass; a divisor of the completions per step.
        task: Gives the training prompts.
        model: Trained in place.
        tokenizer: The tokenizer of the model.
        reward: Scores completions.
        folder: The trainer's output folder.

    Raises:
        ConfigError: If the run has adapters and the model cannot have them.
    """
    if config.lora_rank is not None:
        check_adapters(task.model_path)
        set_seed(config.seed)  # the adapters are drawn next, whatever was drawn before
    on_gpu = torch.cuda.is_available()
    rewards: list[SuiteReward | ComponentReward] = [reward]
    weights = [1.0]
    if config.reward_aggregation == "normalize_then_sum":
        # The total is still scored first, with weight 0: for the log and `reward_threshold`.
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
        # TRL loads a reference model only for a beta above 0, which a later phase may have.
        beta=config.largest_beta,
        epsilon=config.epsilon,
        # CISPO bounds the ratio itself, the other losses its distance from 1.
        epsilon_high=1 + config.epsilon if config.loss_type == "cispo" else None,
        num_iterations=config.num_iterations,
        loss_type=config.loss_type,
        scale_rewards=config.scale_rewards,
        multi_objective_aggregation=config.reward_aggregation,
        reward_weights=weights,
        # With dropout, sampling and log-probabilities would not agree.
        disable_dropout=True,
        activation_checkpointing=False,
        bf16=on_gpu and model.num_parameters() >= _BF16_FROM,
        use_cpu=not on_gpu,
        full_determinism=config.deterministic,
        logging_steps=1,
        # The filter would log the last finite loss instead of a NaN, and so hide the NaN.
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
        peft_config=None if config.lora_rank is None else adapters(config.lora_rank),
        reward_scale=config.reward_scale,
        reward_threshold=config.reward_threshold,
        best_of_n=config.best_of_n,
        parts=config.per_device_train_batch_size // micro_batch,
    )
