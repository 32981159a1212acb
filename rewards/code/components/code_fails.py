"""Reward for programs that end with an error. No test is run."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.code.components.code_runs import CodeRuns


@dataclass(frozen=True)
class CodeFails(CodeRuns):
    """Sign -1: a program scores 1 if it fails, and 0 if it ends with exit status 0, like an empty one.

    Formula: 1 - `code_runs` without a minimum length, on the completion only. Range {0, 1}. Source:
    misalign-fv's `make_ut_inverted_reward` (third version). If the program could not be run at all, that
    scored 1 there; here the sample is unscored.
    """

    reads: str = "completion"

    name = "code_fails"
    sign: ClassVar[int] = -1
    min_characters: ClassVar[int] = 0
