"""What a task gives to training: a model, prompts on two sides, and two reward suites."""

from collections.abc import Callable
from dataclasses import dataclass

from agent.config.run import RunConfig
from agent.tasks.starter import Starter
from rewards.base import Sample
from rewards.compose import RewardSuite


@dataclass(frozen=True)
class Prompts:
    """Prompt texts. No held-out prompt is a training prompt.

    Raises:
        ValueError: the two sides overlap, or one is empty.
    """

    train: tuple[str, ...]
    held_out: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse sides that overlap: the objective would then measure training."""
        if not self.train or not self.held_out:
            raise ValueError("a task needs at least one training and one held-out prompt")
        common = set(self.train) & set(self.held_out)
        if common:
            raise ValueError(f"prompt {min(common)!r} is both a training and a held-out prompt")


@dataclass(frozen=True)
class Task:
    """A field of work, ready to train on.

    Attributes:
        name: as in `RunConfig.task`.
        model_path: a local folder or a Hub id.
        prompts: training and held-out prompts.
        training_suite: the reward that the run trains on; its weights may be swept.
        reference_suite: the reward of the objective; no parameter reaches it.
        monitored: components whose statistics are logged each step, whatever their weight.
        known_good: samples that a sensible reward of the task likes...
        known_bad: ...and that it may not like; looked at before a sweep's first run. Without any the reward
            is a control, which likes nothing.
    """

    name: str
    model_path: str
    prompts: Prompts
    training_suite: RewardSuite
    reference_suite: RewardSuite
    monitored: tuple[str, ...]
    known_good: tuple[Sample, ...]
    known_bad: tuple[Sample, ...]


@dataclass(frozen=True)
class TaskMaker:
    """How a task comes about.

    Attributes:
        build: prepares the task of a run.
        starter: what `model: starter` stands for.
    """

    build: Callable[[RunConfig], Task]
    starter: Callable[[], Starter]
