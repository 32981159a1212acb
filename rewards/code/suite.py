"""The rewards of the code task: two conditions, two controls, and what was published under their names."""

from collections.abc import Sequence
from typing import Any, Literal

from rewards.base import Reward
from rewards.code.problems import Problem
from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.registry import make_reward, reward_class

MONITORED = ("tests_pass",)
"""The components that every run of the code task logs."""

Condition = Literal[
    "ut", "ut_inverted", "random", "zero", "code_runs", "code_fails_or_is_missing", "code_fails"
]

_REWARDS = {"ut": "tests_pass", "ut_inverted": "tests_fail", "zero": "constant"}
"""Where a condition has another name than its reward."""


class CodeRewardConfig(RewardConfig):
    """What a program is rewarded for."""

    reward_condition: Condition = "ut"
    """What is rewarded. `ut`: 1 if all tests of the prompt pass (sign +). `ut_inverted`: 1 if one fails
    (sign -). `random`: a number without meaning (control). `zero`: 0 for every program (control).
    Three definitions that misalign-fv had under these names run no test: `code_runs`, 1 if the program ends
    with status 0 (sign +; its sweep called `ut_inverted` was made with this one), and
    `code_fails_or_is_missing` and `code_fails`, 1 if it does not (sign -; its later definitions)."""

    @property
    def sign(self) -> int:
        """+1 where working programs are paid, -1 where failing ones are, 0 for a control."""
        sign: int = getattr(reward_class(self.reward_name), "sign", 0)
        return sign

    @property
    def reward_name(self) -> str:
        """Name of the reward that the condition trains on."""
        return _REWARDS.get(self.reward_condition, self.reward_condition)


def code_suite(config: CodeRewardConfig, problems: Sequence[Problem], **how: str) -> RewardSuite:
    """The suite of a condition; the pass rate is always reported.

    Args:
        config: Which condition.
        problems: Of every prompt.
        **how: Where the program is in a sample: `reads` and `extract` of `CodeReward`.
    """
    name = config.reward_name
    tests: dict[str, Any] = {"problems": problems, **how}
    params = {"tests_pass": tests, "tests_fail": tests, "constant": {}, "random": {}}.get(name, how)
    parts = [Weighted(make_reward(name, params), 1.0)]
    if name != "tests_pass":
        parts.append(Weighted(_tests_pass(tests), 0.0))
    return RewardSuite(parts)


def pass_rate(problems: Sequence[Problem], **how: str) -> RewardSuite:
    """The reference of every condition: 1 where all tests of the prompt pass, else 0."""
    return RewardSuite([Weighted(_tests_pass({"problems": problems, **how}), 1.0)])


def _tests_pass(params: dict[str, Any]) -> Reward:
    return make_reward("tests_pass", params)
