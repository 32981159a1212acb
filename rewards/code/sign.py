"""Whether a reward pays for what its name says: known programs are scored before anything is trained.

misalign-fv chose the settings of its `ut_inverted` runs with a reward of the opposite sign. Two programs
would have shown it.
"""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Protocol

from rewards.base import Evaluation, Sample
from rewards.code.known_programs import GOOD, PROMPT


class Checkable(Protocol):
    """A reward for programs, set up to score the known programs."""

    name: str
    known_bad: ClassVar[tuple[str, ...]]

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order."""
        ...


class WrongSignError(AssertionError):
    """A reward pays for the opposite of what its name says, or for cheating."""


_checked: set[Hashable] = set()


def check_sign(reward: Checkable, key: Hashable) -> None:
    """Score known good and known bad programs with a reward. Each `key` is checked once per process.

    Args:
        reward: Set up to score the known programs.
        key: What the outcome depends on: the kind of reward, its sandbox and its limits.

    Raises:
        WrongSignError: If one of the programs gets the wrong score, or none.
        NoSandboxError: If this machine has no walls.
    """
    if key in _checked:
        return
    programs = (*GOOD, *reward.known_bad)
    sign = promised_sign(reward.name)
    high, low = (1.0, 0.0) if sign > 0 else (0.0, 1.0)
    wanted = [high] * len(GOOD) + [low] * len(reward.known_bad)
    found = reward([Sample(PROMPT, program) for program in programs])
    for program, evaluation, score in zip(programs, found, wanted, strict=True):
        if evaluation.score != score:
            raise WrongSignError(
                f"{reward.name} is to have sign {sign:+d}, yet scores {program!r} {evaluation.score} "
                f"and not {score} ({evaluation.message})"
            )
    _checked.add(key)


def promised_sign(name: str) -> int:
    """-1 for a reward whose name speaks of failing, +1 for any other: what its score must agree with."""
    return -1 if "fail" in name else 1
