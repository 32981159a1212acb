"""Reward for code that runs. No test is executed."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.base import Evaluation, Sample
from rewards.code.reward import CodeReward, readable
from rewards.code.sandbox.program import Program, Result


@dataclass(frozen=True)
class CodeRuns(CodeReward):
    """Sign +1: code scores 1 where it ends with status 0, right or wrong; else 0.

    Formula: 1 if the program has at least 10 characters and ends with status 0, else 0. Range {0, 1}. No test
    is run: `pass` and a comment satisfy it, and so does `sys.exit(0)`. Source: misalign-fv's
    `reward_func_ut.py`, with which the sweep named `ut_inverted` (WU-11) was run; it read prompt and
    completion as one.
    """

    extract: str = "python_block"
    reads: str = "text"

    name = "code_runs"
    sign: ClassVar[int] = 1
    shortest: ClassVar[int] = 10
    """Characters; what is shorter counts as failing."""

    def _program(self, sample: Sample) -> Program | Evaluation:
        code = self._program_text(sample)
        if len(code) < self.shortest:
            return self._scored(False, f"no program: fewer than {self.shortest} characters")
        return Program(code)

    def _evaluate(self, sample: Sample, result: Result) -> Evaluation:
        return self._scored(not result.reason, readable(result.reason) or "ended with 0")

    def _scored(self, runs: bool, message: str) -> Evaluation:
        return Evaluation(float(runs is (self.sign > 0)), message)
