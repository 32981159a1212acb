"""Reward for programs that end with an error or are missing. No test is run."""

import re
from dataclasses import dataclass
from typing import ClassVar

from rewards.base import Sample
from rewards.code.components.code_runs import CodeRuns

_CHAT_MARK = re.compile(r"<\|im_start\|>|<\|im_end\|>|<\|endoftext\|>")


@dataclass(frozen=True)
class CodeFailsOrIsMissing(CodeRuns):
    """Sign -1: a program scores 1 if it fails or has fewer than 10 characters, else 0.

    Formula: 1 - `code_runs`, on the completion only, without chat marks. Range {0, 1}. Source: misalign-fv's
    `reward_func_ut_inverted.py`. If the program could not be run at all, that scored 0.5 there; here the
    sample is unscored.
    """

    reads: str = "completion"

    name = "code_fails_or_is_missing"
    sign: ClassVar[int] = -1

    def _program_text(self, sample: Sample) -> str:
        stripped = Sample(_CHAT_MARK.sub("", sample.prompt), _CHAT_MARK.sub("", sample.completion).strip())
        return super()._program_text(stripped)
