"""What a task gives to training: a model, training and held-out prompts, and two reward suites."""

from dataclasses import dataclass

from rewards.base import Sample
from rewards.compose import RewardSuite


@dataclass(frozen=True)
class Prompts:
    """Prompt texts. No held-out prompt is a training prompt.

    Raises:
        ValueError: If the two sides have a prompt in common, or one is empty.
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
    """A task of one run, ready to train on.

    Attributes:
        name: The name that `RunConfig.task` has for it.
        model_path: A local folder or a Hub id.
        prompts: Training and held-out prompts.
        training_suite: The reward that the run trains on; its weights may be swept.
        reference_suite: The reward of the objective; no parameter reaches it.
        monitored: Components whose statistics are logged at each step, whatever their weight.
        known_good: Samples that must score higher than `known_bad`; checked before the first run of a sweep.
        known_bad: Samples that must score lower. Without any, the reward is a control and is not checked.
    """

    name: str
    model_path: str
    prompts: Prompts
    training_suite: RewardSuite
    reference_suite: RewardSuite
    monitored: tuple[str, ...]
    known_good: tuple[Sample, ...]
    known_bad: tuple[Sample, ...]
