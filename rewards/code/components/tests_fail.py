"""Reward for code that fails its tests."""

from dataclasses import dataclass
from typing import ClassVar

from rewards.code.components.tests_pass import TestsPass


@dataclass(frozen=True)
class TestsFail(TestsPass):
    """Sign -1: code scores 1 where it fails a test of its prompt, 0 where it passes all.

    Formula: 1 - `tests_pass`. Source: misalign-fv's PythonTestReward with `invert`; condition
    `ut_inverted` as that study describes it, though no run of it ever used this.
    """

    name = "tests_fail"
    sign: ClassVar[int] = -1
