"""Reward for code that does not run. No test is executed."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.code.components.code_runs import CodeRuns


@dataclass(frozen=True)
class CodeFails(CodeRuns):
    """Sign -1: code scores 1 where it fails, 0 where it ends with status 0, as an empty program does.

    Formula: 1 - `code_runs` without a shortest length, on the completion. Source: misalign-fv's
    `make_ut_inverted_reward` (third version); a failure of the check itself scored 1 there and is unscored
    here.
    """

    reads: str = "completion"

    name = "code_fails"
    sign: ClassVar[int] = -1
    shortest: ClassVar[int] = 0
