"""The configuration of one run: every sweep parameter and budget field, typed, frozen and hashed."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
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
from agent.config.tasks import our_tasks, task_definition
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
    "corpus",
    "max_steps",
    "rungs",
    "max_completion_length",
    "eval_prompts",
    "eval_samples",
    "objective",
    *HealthLimits.model_fields,
)
"""Fields that change what `objective/score` measures, or when. Runs that differ in one cannot be compared."""


DEFAULT_TASK = "plasmid"


class RunConfig(BaseModel):
    """The configuration of one GRPO run. Its field names are the parameter names of a sweep.

    Reward parameters (`reward_...`) are fields of `reward`, health limits (`health_...`) are fields of
    `health`. Sweeps, files and logs hold all parameters in one flat mapping: see `from_params` and `flat`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    task: str = DEFAULT_TASK
    """What the model learns to write: a task of ours (each has a section below), a task of an installed
    package, or `file.py:TASK` (the file is executed). Each task has its own reward parameters; a reward
    parameter of another task is an error."""
    model: str = "starter"
    """`starter` (the small model of the task, trained on first use), a local folder, or a Hub id. The weights
    must be in safetensors format."""
    corpus: str | None = None
    """File or folder of sequences (`docs/files.md`) that the task uses instead of its own data, for
    the starter and for all prompts. Only the task `plasmid` can. It is split by similarity, so that nothing
    held out is trained on; `sweepfarm check` says how, or why it cannot be split."""
    suite: str | None = None
    """YAML file with a reward suite that replaces the training reward of the task, in the format of
    `sweepfarm score --suite`. The objective is still the task's. Reward parameters cannot be set together
    with it."""
    run_name: Annotated[str, Field(min_length=1)] | None = None
    """Name of the run. Parameter names in braces are replaced by their values:
    `kl{beta}_lr{learning_rate}/seed_{seed}`. If absent, W&B chooses a name."""
    seed: int = 42
    """Seed of the initialisation, the order of the prompts and the sampling in training. The held-out
    evaluation has a fixed seed."""

    max_steps: PositiveInt = 100
    """Number of training steps, each of which is one optimiser step."""
    rungs: PositiveInt = 8
    """Number of evenly spaced steps at which the objective is measured. The last one is the last step."""
    train_prompts: PositiveInt = 256
    """Number of training prompts, at least as many as one step uses."""
    eval_prompts: PositiveInt = 32
    """Number of held-out prompts on which the objective is measured."""
    eval_samples: PositiveInt = 2
    """Completions per held-out prompt at each rung."""
    objective: Literal["reference", "qc_distinct"] = "reference"
    """What `objective/score` is, times the health gate. `reference`: the mean score of the reference suite,
    which every completion moves a little; to search by. `qc_distinct`: `qc/distinct_pass_rate`, the share of
    completions that are distinct molecules of good quality; to compare the best by, with many completions
    (`eval_prompts` times `eval_samples`). The task must have a quality control."""
    final_temperatures: tuple[Temperature, ...] = (0.5, 0.8, 1.0, 1.2)
    """Sampling temperatures, rising, of the final evaluation: a run that has finished in good health measures
    its policy and the starting model at each of them, on the held-out prompts and without top-p. A gain at
    one temperature only may be an artefact of that temperature. It changes neither training nor the
    objective. `[]` leaves it out."""
    final_samples: PositiveInt = 4
    """Completions per held-out prompt at each of the `final_temperatures`."""
    max_completion_length: PositiveInt = 256
    """Maximum number of tokens of a completion, in training and evaluation."""
    lora_rank: PositiveInt | None = None
    """Rank of LoRA adapters on every linear layer. Only the adapters train. If absent, all weights train."""
    deterministic: bool = False
    """Whether to use only deterministic operations. Slower on a GPU. No effect on a CPU, where equal runs
    give the same values bit for bit anyway."""
    step_timeout: PositiveFloat = 1800.0
    """Seconds without a finished training step after which a run is ended as hung."""

    learning_rate: PositiveFloat = 3e-6
    """Learning rate of the optimiser, before `learning_rate_scale`. It changes during a run only with
    `phases`."""
    learning_rate_scale: PositiveFloat = 1.0
    """Factor applied to `learning_rate`, also to those of `phases`. The published search space suits a model
    of 100 M parameters; smaller models need larger steps. The overlay for a small model sets this factor and
    leaves the search space unchanged."""
    max_grad_norm: PositiveFloat = 0.5
    """Gradients are clipped to this norm."""
    per_device_train_batch_size: PositiveInt = 16
    """Completions per forward pass. A training step uses the smallest number of completions that is a
    multiple of this and of `num_generations`."""
    num_generations: Annotated[int, Field(ge=2)] = 8
    """Completions per prompt. They form the group within which advantages are computed."""
    temperature: Temperature = 0.95
    """Sampling temperature in training. The objective has a fixed one."""
    top_p: Probability = 0.9
    """Top-p in training: tokens are sampled from the most likely ones that together have this probability."""
    beta: Annotated[float, Field(ge=0)] = 1e-3
    """Coefficient of the KL term in the loss, which pulls the policy towards the starting weights."""
    beta_scale: PositiveFloat = 1.0
    """Factor applied to `beta`, also to those of `phases`. The effect of a KL coefficient depends on the
    model and the budget. The overlay for another model or budget sets this factor and leaves the search space
    unchanged. No effect with `beta: 0`."""
    epsilon: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Clipping range of the ratio of new to old token probability. No effect with `num_iterations: 1`, where
    the ratio is always 1, and with `loss_type` `sapo` or `vespo`."""
    num_iterations: PositiveInt = 2
    """Number of training steps on each batch of completions."""

    kl_target: PositiveFloat | None = None
    """Target for `train/kl`, in nats per token. After each step, `beta` is raised if the KL is above the
    target and lowered if it is below. If absent, `beta` is not adapted. Not allowed with `beta: 0`."""
    kl_gain: PositiveFloat = 0.1
    """How fast `beta` is adapted to `kl_target`: after each step it is multiplied by 1 + `kl_gain` × the
    relative error of the KL, which is clipped to ±0.2."""
    phases: tuple[Phase, ...] | None = None
    """List of phases. Each has `steps` and any of `beta`, `temperature`, `top_p` and `learning_rate`, which
    replace the values of the run for these steps. The last phase continues to the end of the run."""

    loss_type: LossType = "dapo"
    """How token losses are clipped and averaged, as TRL names it."""
    scale_rewards: Literal["group", "batch", "none"] = "group"
    """What advantages are divided by: the standard deviation of the rewards in the group (`group`) or in the
    batch (`batch`), or nothing (`none`)."""
    reward_aggregation: Aggregation = "sum_then_normalize"
    """How advantages are computed. `sum_then_normalize`: from the total reward. `normalize_then_sum` (GDPO):
    each component is normalised within its group, then the weighted sum is taken, so that a component with a
    large spread does not dominate; factors of the total, such as the length factor, are not applied."""
    reward_scale: PositiveFloat = 1.0
    """Factor applied to rewards before advantages are computed. No effect unless `scale_rewards: none`,
    because dividing by the standard deviation cancels it. It is not applied to logged rewards or for
    `reward_threshold`."""
    reward_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    """Completions with a lower total reward do not train. The advantages of the others do not change."""
    diversity: Annotated[float, Field(ge=0, le=2)] = 0.0
    """How strongly completions are rewarded for differing from the latest 128 of the run. The training reward
    is multiplied by the mean of 1 / n^`diversity` over the pieces of a completion, where n of these 128 have
    the piece: at 1, completions with equal content share one reward, and at 0 nothing changes. It keeps a run
    from writing the one kind of answer that scores best. It does not change logged totals or the objective;
    `reward_threshold` applies after it. The task must have a quality control, which says what pieces are (for
    plasmids, stretches of 31 bases). Not allowed with `reward_aggregation: normalize_then_sum`, which trains
    on components."""
    best_of_n: PositiveInt | None = None
    """Number of best completions of each group that train; the others do not. At most `num_generations`,
    with which all train."""

    health: HealthLimits = HealthLimits()
    """Limits of the health checks. Their flat names are `health_...`."""
    reward: SerializeAsAny[RewardConfig] = Field(
        default_factory=lambda own: task_definition(own["task"]).reward()
    )
    """Reward parameters of the task. Their flat names are `reward_...`."""

    @model_validator(mode="after")
    def _reward_fits_the_task(self) -> Self:
        wanted = task_definition(self.task).reward
        if not isinstance(self.reward, wanted):
            raise ValueError(f"the task {self.task} needs a reward of type {wanted.__name__}")
        return self

    @model_validator(mode="after")
    def _corpus_fits_the_task(self) -> Self:
        if self.corpus is not None and task_definition(self.task).own_corpus is None:
            raise ValueError(f"the task {self.task} has no use for a `corpus`; leave it out")
        return self

    @model_validator(mode="after")
    def _objective_can_be_measured(self) -> Self:
        if self.objective == "qc_distinct" and task_definition(self.task).quality is None:
            raise ValueError(f"the task {self.task} has no quality control for objective: qc_distinct")
        return self

    @model_validator(mode="after")
    def _diversity_can_be_measured(self) -> Self:
        if self.diversity and task_definition(self.task).quality is None:
            raise ValueError(f"the task {self.task} has no quality control, which `diversity` needs")
        if self.diversity and self.reward_aggregation == "normalize_then_sum":
            raise ValueError("`diversity` has no effect with reward_aggregation: normalize_then_sum")
        return self

    @model_validator(mode="after")
    def _final_temperatures_rise(self) -> Self:
        rising = sorted(set(self.final_temperatures))
        if list(self.final_temperatures) != rising:
            given = list(self.final_temperatures)
            raise ValueError(f"final_temperatures {given} must be distinct and rise: write {rising}")
        return self

    @model_validator(mode="after")
    def _kl_target_has_a_beta(self) -> Self:
        if self.kl_target is not None and self.beta == 0:
            raise ValueError("kl_target needs a beta above 0")
        return self

    @model_validator(mode="after")
    def _enough_prompts_for_a_step(self) -> Self:
        needed = self.completions_per_step // self.num_generations
        if self.train_prompts < needed:
            raise ValueError(
                f"train_prompts ({self.train_prompts}) is below the {needed} prompts of one step"
            )
        return self

    @model_validator(mode="after")
    def _best_of_n_fits_the_group(self) -> Self:
        if self.best_of_n is not None and self.best_of_n > self.num_generations:
            raise ValueError(
                f"best_of_n ({self.best_of_n}) is above num_generations ({self.num_generations})"
            )
        return self

    @model_validator(mode="after")
    def _run_name_is_valid(self) -> Self:
        _ = self.display_name  # raises `ConfigError` for an unknown parameter
        return self

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """The configuration with the flat parameters of a sweep or of a file such as `chosen_config.yaml`.

        Raises:
            ConfigError: If the task or a key is unknown (the message names the nearest valid one), a value is
                out of range, or values contradict each other.
        """
        params = unfolded(params)
        task = params.get("task", DEFAULT_TASK)
        cls.check_names(params, task)
        kind = task_definition(task).reward
        reward = {k: v for k, v in params.items() if k in kind.model_fields}
        if reward and params.get("suite") is not None:
            raise ConfigError(f"`{next(iter(reward))}` has no effect with `suite`: leave one of them out")
        health = {k: v for k, v in params.items() if k in HealthLimits.model_fields}
        others = {k: v for k, v in params.items() if k not in reward and k not in health}
        try:
            return cls(reward=kind(**reward), health=HealthLimits(**health), **others)
        except ValidationError as error:
            raise ConfigError(_one_line(error)) from None

    @classmethod
    def check_names(cls, names: Iterable[str], task: object) -> None:
        """Check that `from_params` accepts parameters with these names for `task`.

        Raises:
            ConfigError: If there is no such task, or it has no such parameter. The message names the tasks
                that have it, or else the nearest parameter.
        """
        valid = cls.parameter_names(task)
        for name in names:
            if name in valid:
                continue
            others = [other for other in our_tasks() if name in cls.parameter_names(other)]
            if not others:
                raise ConfigError(unknown_key_message("parameter", name, valid))
            having = " or ".join(others)
            raise ConfigError(f"unknown parameter `{name}`; the task {having} has it, not {task}")

    @classmethod
    def parameter_names(cls, task: object = DEFAULT_TASK) -> frozenset[str]:
        """Every flat parameter name that `from_params` accepts for `task`.

        Raises:
            ConfigError: If there is no such task.
        """
        reward = frozenset(task_definition(task).reward.model_fields)
        others = frozenset(cls.model_fields) - {"reward", "health"}
        return others | reward | frozenset(HealthLimits.model_fields)

    def flat(self) -> dict[str, Any]:
        """All parameters by their flat names; `from_params(config.flat())` equals `config`.

        Reward parameters are left out if `suite` replaces the reward.
        """
        others: dict[str, Any] = self.model_dump(mode="json", exclude={"reward", "health"})
        reward = {} if self.suite is not None else self.reward.model_dump(mode="json")
        return others | self.health.model_dump(mode="json") | reward

    @property
    def display_name(self) -> str | None:
        """`run_name` with parameter names replaced by their values; `None` if it is not set."""
        return None if self.run_name is None else run_name(self.run_name, self.flat())

    @property
    def config_hash(self) -> str:
        """Twelve hex digits of a hash of all parameters, which identify the configuration."""
        return hashlib.sha256(json.dumps(self.flat(), sort_keys=True).encode()).hexdigest()[:12]

    @property
    def effective_learning_rate(self) -> float:
        """`learning_rate` times `learning_rate_scale`."""
        return self.learning_rate * self.learning_rate_scale

    @property
    def largest_beta(self) -> float:
        """The largest KL coefficient at the start of a phase. Above 0, the run needs a reference model."""
        betas = [self.beta, *(p.beta for p in self.phases or () if p.beta is not None)]
        return max(betas) * self.beta_scale

    @property
    def completions_per_step(self) -> int:
        """Completions per training step: the least common multiple of batch size and group size.

        A step must contain whole groups. If the batch size is not a multiple of `num_generations` (8 and 16,
        say), batches are accumulated until it is, so that no point of the search space has to be refused.
        """
        return math.lcm(self.per_device_train_batch_size, self.num_generations)

    @property
    def gradient_accumulation_steps(self) -> int:
        """Number of batches that are accumulated for one training step."""
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
