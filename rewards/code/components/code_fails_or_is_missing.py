"""Reward for code that does not run or is missing. No test is executed."""

import re
from dataclasses import dataclass
from typing import ClassVar

from rewards.base import Sample
from rewards.code.components.code_runs import CodeRuns

_CHAT_MARK = re.compile(r"<\|im_start\|>|<\|im_end\|>|<\|endoftext\|>")


@dataclass(frozen=True)
class CodeFailsOrIsMissing(CodeRuns):
    """Sign -1: code scores 1 where it fails or has fewer than 10 characters, 0 where it ends with status 0.

    Formula: 1 - `code_runs`, on the completion without chat marks. Source: misalign-fv's
    `reward_func_ut_inverted.py`; a failure of the check itself scored 0.5 there and is unscored here.
    """

    reads: str = "completion"

    name = "code_fails_or_is_missing"
    sign: ClassVar[int] = -1

    def _program_text(self, sample: Sample) -> str:
        stripped = Sample(_CHAT_MARK.sub("", sample.prompt), _CHAT_MARK.sub("", sample.completion).strip())
        return super()._program_text(stripped)
