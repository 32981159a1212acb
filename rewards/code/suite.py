"""The suites of the code task, one per value of `reward_condition`."""

from collections.abc import Sequence
from typing import Any, Literal

from rewards.base import Reward
from rewards.code.problems.problem import Problem
from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.registry import make_reward, reward_class

MONITORED = ("tests_pass",)
"""The components that every run of the code task logs."""

Condition = Literal[
    "ut", "ut_inverted", "random", "zero", "code_runs", "code_fails_or_is_missing", "code_fails"
]

_REWARDS = {"ut": "tests_pass", "ut_inverted": "tests_fail", "zero": "constant"}
"""Name of the reward of a condition, if the names differ."""


class CodeRewardConfig(RewardConfig):
    """What a program is rewarded for."""

    reward_condition: Condition = "ut"
    """What a program is rewarded for. `ut`: 1 if it passes all tests of its prompt, else 0 (sign +).
    `ut_inverted`: 1 if it fails at least one of them, else 0 (sign -). `random`: a number in [0, 1) that is a
    hash of prompt and completion (control). `zero`: 0 for every program (control). The other three are
    earlier definitions of misalign-fv, which run no test. `code_runs`: 1 if the program ends with exit status
    0, else 0 (sign +; misalign-fv's sweep named `ut_inverted` used it). `code_fails_or_is_missing`: 1 if it
    ends with another status or has fewer than 10 characters, else 0 (sign -). `code_fails`: 1 if it ends with
    another status, else 0 (sign -)."""

    @property
    def sign(self) -> int:
        """+1 if working programs score high, -1 if failing programs do, 0 for a control."""
        sign: int = getattr(reward_class(self.reward_name), "sign", 0)
        return sign

    @property
    def reward_name(self) -> str:
        """Name of the reward that a run of this condition is trained on."""
        return _REWARDS.get(self.reward_condition, self.reward_condition)


def code_suite(config: CodeRewardConfig, problems: Sequence[Problem], **how: str) -> RewardSuite:
    """The suite that a run of the condition is trained on. Every suite also reports `tests_pass`.

    Args:
        config: The condition.
        problems: One problem per prompt.
        **how: How the program is found in a sample: `reads` and `extract` of `CodeReward`.
    """
    name = config.reward_name
    tests: dict[str, Any] = {"problems": problems, **how}
    params = {"tests_pass": tests, "tests_fail": tests, "constant": {}, "random": {}}.get(name, how)
    parts = [Weighted(make_reward(name, params), 1.0)]
    if name != "tests_pass":
        parts.append(Weighted(_tests_pass(tests), 0.0))
    return RewardSuite(parts)


def pass_rate(problems: Sequence[Problem], **how: str) -> RewardSuite:
    """The reference suite of every condition: 1 if all tests of the prompt pass, else 0."""
    return RewardSuite([Weighted(_tests_pass({"problems": problems, **how}), 1.0)])


def _tests_pass(params: dict[str, Any]) -> Reward:
    return make_reward("tests_pass", params)
