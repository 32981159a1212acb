"""The task of a run: a model, training and held-out prompts, and two reward suites."""

from dataclasses import dataclass

from rewards.base import Sample
from rewards.compose import RewardSuite
from rewards.quality import Quality


@dataclass(frozen=True)
class Prompts:
    """Texts of the training and held-out prompts. No prompt is both.

    Raises:
        ValueError: If a prompt is both, or one of the two is empty.
    """

    train: tuple[str, ...]
    held_out: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the prompts: on a training prompt, the objective would measure memory."""
        if not self.train or not self.held_out:
            raise ValueError("a task needs at least one training and one held-out prompt")
        common = set(self.train) & set(self.held_out)
        if common:
            raise ValueError(f"prompt {min(common)!r} is both a training and a held-out prompt")


@dataclass(frozen=True)
class Task:
    """A task of one run, ready to train on.

    Attributes:
        name: Name of the task, as in `RunConfig.task`.
        model_path: A local folder or a Hub id.
        prompts: Training and held-out prompts.
        training_suite: The reward that the run trains on; its weights may be swept.
        reference_suite: The reward of the objective; no parameter changes it.
        monitored: Names of components whose statistics are logged at each step, even with weight 0.
        known_good: Samples that must score higher than `known_bad`, which is checked before the first run of
            a sweep. Empty for a control, such as a random reward, which is not checked.
        known_bad: Samples that must score lower.
        quality: Quality control of the held-out completions; None if the task has none.
    """

    name: str
    model_path: str
    prompts: Prompts
    training_suite: RewardSuite
    reference_suite: RewardSuite
    monitored: tuple[str, ...]
    known_good: tuple[Sample, ...]
    known_bad: tuple[Sample, ...]
    quality: Quality | None = None
