"""Checks before training, on known programs, that a reward has the sign that its name promises.

misalign-fv chose the settings of its `ut_inverted` runs with a reward of the opposite sign. The scores of two
programs would have shown it.
"""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Protocol

from rewards.base import Evaluation, Sample
from rewards.code.known_programs import GOOD, PROMPT


class Checkable(Protocol):
    """A reward for programs that can score the known programs.

    Attributes:
        name: Name of the reward.
        known_bad: Programs that must score low if working programs score high.
    """

    name: str
    known_bad: ClassVar[tuple[str, ...]]

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order."""
        ...


class WrongSignError(AssertionError):
    """A reward gives a known program a score that contradicts its name, or no score."""


_checked: set[Hashable] = set()


def check_sign(reward: Checkable, key: Hashable) -> None:
    """Check the scores of the known programs. Each `key` is checked once per process.

    Args:
        reward: The reward, with the parameters for the known programs.
        key: All that the outcome depends on: class of the reward, sandbox and limits.

    Raises:
        WrongSignError: If one of the programs gets the wrong score, or none.
        NoSandboxError: If this machine does not have the walls for untrusted programs.
    """
    if key in _checked:
        return
    programs = (*GOOD, *reward.known_bad)
    sign = promised_sign(reward.name)
    high, low = (1.0, 0.0) if sign > 0 else (0.0, 1.0)
    scores = [high] * len(GOOD) + [low] * len(reward.known_bad)
    evaluations = reward([Sample(PROMPT, program) for program in programs])
    for program, evaluation, score in zip(programs, evaluations, scores, strict=True):
        if evaluation.score != score:
            raise WrongSignError(
                f"{reward.name} must have sign {sign:+d}, but scores {program!r} {evaluation.score} "
                f"instead of {score} ({evaluation.message})"
            )
    _checked.add(key)


def promised_sign(name: str) -> int:
    """The sign that the name of a reward promises: -1 if the name contains "fail", else +1."""
    return -1 if "fail" in name else 1
