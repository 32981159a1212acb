"""Reward for programs that run without an error. No test is run."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.base import Evaluation, Sample
from rewards.code.reward import CodeReward, readable
from rewards.code.sandbox.program import Program, Result


@dataclass(frozen=True)
class CodeRuns(CodeReward):
    """Sign +1: a program scores 1 if it ends with exit status 0, correct or not, else 0.

    Formula: 1 if the program has at least 10 characters and ends with exit status 0, else 0. Range {0, 1}. No
    test is run, so a `pass` with a comment scores 1, and so does `sys.exit(0)`. Prompt and completion are
    read as one text. Source: misalign-fv's `reward_func_ut.py`, which its sweep named `ut_inverted` (WU-11)
    used.

    Attributes:
        min_characters: A shorter program counts as failing.
    """

    extract: str = "python_block"
    reads: str = "text"

    name = "code_runs"
    sign: ClassVar[int] = 1
    min_characters: ClassVar[int] = 10

    def _program(self, sample: Sample) -> Program | Evaluation:
        code = self._program_text(sample)
        if len(code) < self.min_characters:
            return self._scored(False, f"no program: fewer than {self.min_characters} characters")
        return Program(code)

    def _evaluate(self, sample: Sample, result: Result) -> Evaluation:
        return self._scored(not result.reason, readable(result.reason) or "ended with status 0")

    def _scored(self, runs: bool, message: str) -> Evaluation:
        return Evaluation(float(runs is (self.sign > 0)), message)
