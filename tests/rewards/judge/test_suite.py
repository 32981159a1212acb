"""The suite of the judged-code task, built from its parameters."""

from typing import Any

import pytest
from pydantic import ValidationError

from rewards.base import Sample
from rewards.judge.check import GOOD, PROBLEM
from rewards.judge.components.judged_code import JudgedCode
from rewards.judge.endpoint.judge import EndpointJudge
from rewards.judge.judges import RememberingJudge
from rewards.judge.suite import MONITORED, JudgeRewardConfig, judge_suite, static_reference

ENDPOINT = {"reward_judge_url": "http://127.0.0.1:9/v1", "reward_judge_model": "m"}


def test_the_suite_reports_every_criterion() -> None:
    suite = judge_suite(JudgeRewardConfig(reward_documentation=0.0), [PROBLEM])
    undocumented = "def double(number: int) -> int:\n    return 2 * number\n"
    scores = suite.score([Sample(PROBLEM.prompt, text) for text in (GOOD[0], undocumented)], MONITORED)
    assert scores.totals.tolist() == [1.0, 1.0]
    assert scores.components["judged_documentation"].tolist() == [1.0, 0.0]
    reference = static_reference([PROBLEM]).score([Sample(PROBLEM.prompt, undocumented)])
    assert reference.totals.tolist() == [pytest.approx(0.8)]  # no parameter changes the reference


def test_endpoint_parameters_build_an_endpoint_judge_with_a_token_cap() -> None:
    suite = judge_suite(JudgeRewardConfig(**ENDPOINT, reward_judge_tokens=500), [PROBLEM])  # type: ignore[arg-type]
    reward = suite.components[0].reward
    assert isinstance(reward, JudgedCode)
    assert isinstance(reward.judge, RememberingJudge)
    assert isinstance(reward.judge.inner, EndpointJudge)
    assert reward.judge.inner.settings.most_tokens == 500
    assert suite.time_limit is None
    assert all(getattr(other, "judge", None) is reward.judge for other in suite.monitored.values())


@pytest.mark.parametrize(
    "params",
    [
        {"reward_quality": -1},
        {"reward_quality": float("inf")},
        {"reward_judge_url": "http://127.0.0.1:9/v1"},
        {"reward_judge_model": "m"},
        {**ENDPOINT, "reward_judge_tokens": 0},
        {"reward_judge_key": "sk-1"},
    ],
)
def test_invalid_parameters_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JudgeRewardConfig(**params)
