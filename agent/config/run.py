"""The configuration of one run: every sweep parameter and budget field, typed, frozen and hashed."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from agent.config.errors import ConfigError
from agent.config.run_name import run_name
from agent.config.rungs import rung_steps
from agent.config.schedule import Phase
from agent.config.tasks import task_definition
from agent.config.variant import unfolded
from agent.health.checks import HealthLimits
from rewards.config import RewardConfig
from rewards.nearest import unknown_key_message

Temperature = Annotated[float, Field(gt=0, le=5)]
Probability = Annotated[float, Field(gt=0, le=1)]


LossType = Literal["dapo", "grpo", "bnpo", "dr_grpo", "cispo", "sapo", "luspo", "vespo"]

Aggregation = Literal["sum_then_normalize", "normalize_then_sum"]


OBJECTIVE_FIELDS = (
    "task",
    "max_steps",
    "rungs",
    "max_completion_length",
    "eval_prompts",
    "eval_samples",
    *HealthLimits.model_fields,
)
"""Fields that decide what `objective/score` measures, and when: runs that differ in them do not compare."""


DEFAULT_TASK = "plasmid"


class RunConfig(BaseModel):
    """One GRPO run. Field names are the names of the sweep's parameters.

    Reward parameters (`reward_...`) are fields of `reward` and health limits (`health_...`) of `health`. All
    are given, listed and logged flat, beside the others: see `from_params` and `flat`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    task: str = DEFAULT_TASK
    """What the model is to write: `plasmid`, `stories`, `code`, `code_judge`, the name of a task that an
    installed package adds, or `file.py:TASK` (the file is executed). Each task has reward parameters of its
    own; those of another task are refused."""
    model: str = "starter"
    """`starter` (trained on first use), a local folder, or a Hub id. Safetensors only."""
    suite: str | None = None
    """YAML file of rewards to train on in place of the task's own, as `sweepfarm score --suite` takes it. The
    objective stays the task's. Reward parameters beside it are refused."""
    run_name: Annotated[str, Field(min_length=1)] | None = None
    """Name of the run, with parameters in braces: `kl{beta}_lr{learning_rate}/seed_{seed}`. W&B makes up a
    name if it is absent."""
    seed: int = 42
    """Seed of the initialisation, the data order and the sampling of the training run."""

    max_steps: PositiveInt = 100
    """Training steps."""
    rungs: PositiveInt = 8
    """How many times the held-out objective is measured, at evenly spaced steps."""
    train_prompts: PositiveInt = 256
    """Prompts to train on; at least as many as one step takes."""
    eval_prompts: PositiveInt = 32
    """Held-out prompts of the objective."""
    eval_samples: PositiveInt = 2
    """Completions per held-out prompt at a rung."""
    max_completion_length: PositiveInt = 256
    """Tokens that a completion may have, in training and evaluation."""
    lora_rank: PositiveInt | None = None
    """Rank of low-rank adapters on every linear layer; only these train then. If absent, all weights
    train."""
    deterministic: bool = False
    """Refuse operations whose result depends on their order. Slower on a GPU; without effect on a CPU, where
    equal runs are equal bit for bit anyway."""
    step_timeout: PositiveFloat = 1800.0
    """Seconds without a finished step after which a run is given up as hung."""

    learning_rate: PositiveFloat = 3e-6
    """Learning rate of the optimiser, before `learning_rate_scale`."""
    learning_rate_scale: PositiveFloat = 1.0
    """Multiplies `learning_rate`. The published space is for a model of 100 M parameters; smaller models take
    larger steps. An overlay for a small model sets this, and the searched space stays as it is."""
    max_grad_norm: PositiveFloat = 0.5
    """Gradients are clipped to this norm."""
    per_device_train_batch_size: PositiveInt = 16
    """Completions per forward pass."""
    num_generations: Annotated[int, Field(ge=2)] = 8
    """Completions per prompt: the group over which advantages are normalised."""
    temperature: Temperature = 0.95
    """Sampling temperature in training."""
    top_p: Probability = 0.9
    """Top-p of the sampling in training."""
    beta: Annotated[float, Field(ge=0)] = 1e-3
    """Coefficient of the KL term against the starting weights."""
    beta_scale: PositiveFloat = 1.0
    """Multiplies `beta`, that of `phases` too. What a KL coefficient does depends on the model and the
    budget: an overlay for another one sets this, and the searched space stays as it is. Without effect with
    `beta: 0`."""
    epsilon: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Clipping range of the policy ratio. Without effect with `num_iterations: 1`, where the ratio stays 1,
    and with `loss_type` `sapo` or `vespo`."""
    num_iterations: PositiveInt = 2
    """Optimiser steps per batch of completions."""

    kl_target: PositiveFloat | None = None
    """KL (nats per token, `train/kl`) that `beta` is steered to. If absent, `beta` stays as it is. Refused
    with `beta: 0`."""
    kl_gain: PositiveFloat = 0.1
    """How fast `beta` follows `kl_target`."""
    phases: tuple[Phase, ...] | None = None
    """List of phases: `steps`, and for these steps `beta`, `temperature`, `top_p`, `learning_rate` of their
    own. The last phase lasts to the end of the run."""

    loss_type: LossType = "dapo"
    """How token losses are clipped and averaged; TRL's names."""
    scale_rewards: Literal["group", "batch", "none"] = "group"
    """What advantages are divided by: the standard deviation of the group, of the batch, or nothing."""
    reward_aggregation: Aggregation = "sum_then_normalize"
    """Advantages from the total, or from each component after it is normalised in its group (GDPO), so that a
    component of large spread does not dominate. Weights apply in both; factors of the total (length) only in
    the first."""
    reward_scale: PositiveFloat = 1.0
    """Multiplies rewards before advantages. Without effect unless `scale_rewards: none`, since a division by
    the standard deviation cancels it. Logged rewards and `reward_threshold` are before it."""
    reward_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    """Samples with a lower total reward do not train. Group statistics stay those of all samples."""
    best_of_n: PositiveInt | None = None
    """Only this many best completions of each group train; at most `num_generations`, where it has no
    effect."""

    health: HealthLimits = HealthLimits()
    """Limits of the health checks, given flat as `health_...`."""
    reward: SerializeAsAny[RewardConfig] = Field(
        default_factory=lambda own: task_definition(own["task"]).reward()
    )
    """The task's reward parameters, given flat as `reward_...`."""

    @model_validator(mode="after")
    def _reward_fits_the_task(self) -> Self:
        wanted = task_definition(self.task).reward
        if not isinstance(self.reward, wanted):
            raise ValueError(f"the reward of the task {self.task} is a {wanted.__name__}")
        return self

    @model_validator(mode="after")
    def _something_to_steer(self) -> Self:
        if self.kl_target is not None and self.beta == 0:
            raise ValueError("kl_target needs a beta above 0 to start from")
        return self

    @model_validator(mode="after")
    def _prompts_for_a_step(self) -> Self:
        needed = self.completions_per_step // self.num_generations
        if self.train_prompts < needed:
            raise ValueError(
                f"train_prompts ({self.train_prompts}) is below the {needed} that one step takes"
            )
        return self

    @model_validator(mode="after")
    def _best_of_a_group(self) -> Self:
        if self.best_of_n is not None and self.best_of_n > self.num_generations:
            raise ValueError(
                f"best_of_n ({self.best_of_n}) is above num_generations ({self.num_generations})"
            )
        return self

    @model_validator(mode="after")
    def _a_name_of_parameters(self) -> Self:
        _ = self.display_name  # which refuses what is no parameter
        return self

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """Build from flat parameters, as a sweep or a chosen configuration gives them.

        Raises:
            ConfigError: If the task or a key is unknown (the message names the nearest valid one), a
                value out of range, or values that contradict each other.
        """
        params = unfolded(params)
        task = params.get("task", DEFAULT_TASK)
        known = cls.parameter_names(task)
        for key in params:
            if key not in known:
                raise ConfigError(unknown_key_message("parameter", key, known))
        kind = task_definition(task).reward
        reward = {k: v for k, v in params.items() if k in kind.model_fields}
        if reward and params.get("suite") is not None:
            raise ConfigError(f"`{next(iter(reward))}` has no effect with `suite`: leave one of them out")
        health = {k: v for k, v in params.items() if k in HealthLimits.model_fields}
        own = {k: v for k, v in params.items() if k not in reward and k not in health}
        try:
            return cls(reward=kind(**reward), health=HealthLimits(**health), **own)
        except ValidationError as error:
            raise ConfigError(_one_line(error)) from None

    @classmethod
    def parameter_names(cls, task: object = DEFAULT_TASK) -> frozenset[str]:
        """Every flat parameter name that `from_params` takes for a task.

        Raises:
            ConfigError: If there is no such task.
        """
        own = frozenset(cls.model_fields) - {"reward", "health"}
        return (
            own | frozenset(task_definition(task).reward.model_fields) | frozenset(HealthLimits.model_fields)
        )

    def flat(self) -> dict[str, Any]:
        """All parameters by their flat names, but none without effect: `from_params(c.flat()) == c`."""
        own: dict[str, Any] = self.model_dump(mode="json", exclude={"reward", "health"})
        reward = {} if self.suite is not None else self.reward.model_dump(mode="json")
        return own | self.health.model_dump(mode="json") | reward

    @property
    def display_name(self) -> str | None:
        """`run_name` with the run's parameters in the places of their names."""
        return None if self.run_name is None else run_name(self.run_name, self.flat())

    @property
    def config_hash(self) -> str:
        """Twelve hex digits that change when any parameter does."""
        return hashlib.sha256(json.dumps(self.flat(), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def effective_learning_rate(self) -> float:
        """The rate the optimiser is given."""
        return self.learning_rate * self.learning_rate_scale

    @property
    def largest_beta(self) -> float:
        """The largest KL coefficient that the run starts a phase with; above 0 it needs a reference model."""
        betas = [self.beta, *(p.beta for p in self.phases or () if p.beta is not None)]
        return max(betas) * self.beta_scale

    @property
    def completions_per_step(self) -> int:
        """Completions behind one optimiser step: the least common multiple of batch and group size.

        A group must lie whole in a step. Where the batch size is no multiple of `num_generations` (8 and 16,
        say), batches are accumulated until it is, instead of refusing that point of the space.
        """
        return math.lcm(self.per_device_train_batch_size, self.num_generations)

    @property
    def gradient_accumulation_steps(self) -> int:
        """Batches accumulated into one optimiser step."""
        return self.completions_per_step // self.per_device_train_batch_size

    @property
    def rung_steps(self) -> tuple[int, ...]:
        """Training steps at which the objective is measured."""
        return rung_steps(self.max_steps, self.rungs)


def _one_line(error: ValidationError) -> str:
    parts = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        parts.append(f"`{where}` = {item['input']!r}: {message}" if where else message)
    return "; ".join(parts)
