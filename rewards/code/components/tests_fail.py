"""Reward for programs that fail a test of their prompt."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.code.components.tests_pass import TestsPass


@dataclass(frozen=True)
class TestsFail(TestsPass):
    """Sign -1: a program scores 1 if it fails a test of its prompt, and 0 if it passes all.

    Formula: 1 - `tests_pass`. Range {0, 1}. Source: misalign-fv's PythonTestReward with `invert`. It is the
    condition `ut_inverted` as that study describes it, though none of its runs used this definition.
    """

    name = "tests_fail"
    sign: ClassVar[int] = -1
