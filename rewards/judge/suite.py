"""The reward of the judged-code task: the published ratio, and what it is made of."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, PositiveInt, model_validator

from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.judge.components.judged_code import JudgedCode
from rewards.judge.make import STATIC, make_judge
from rewards.judge.problems import JudgedProblem
from rewards.registry import make_reward

CRITERION_REWARDS = ("judged_correctness", "judged_quality", "judged_efficiency", "judged_documentation")

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class JudgeRewardConfig(RewardConfig):
    """How programs are judged."""

    reward_correctness: Weight = JudgedCode.correctness
    """Weight of the judge's criterion *correctness*; the default is the published one."""
    reward_quality: Weight = JudgedCode.quality
    """Weight of the judge's criterion *quality*; the default is the published one."""
    reward_efficiency: Weight = JudgedCode.efficiency
    """Weight of the judge's criterion *efficiency*; the default is the published one."""
    reward_documentation: Weight = JudgedCode.documentation
    """Weight of the judge's criterion *documentation*; the default is the published one."""
    reward_judge_url: str | None = None
    """Endpoint of the judge, up to `/chat/completions`; the static judge if absent."""
    reward_judge_model: str | None = None
    """Name of the model at `reward_judge_url`."""
    reward_judge_tokens: PositiveInt = 1_000_000
    """Tokens that may be spent at the endpoint, by all runs that share a cache folder."""

    @model_validator(mode="after")
    def _an_endpoint_has_a_model(self) -> Self:
        if (self.reward_judge_url is None) is not (self.reward_judge_model is None):
            raise ValueError("an endpoint needs both reward_judge_url and reward_judge_model")
        return self

    @property
    def judge(self) -> str | dict[str, Any]:
        """The judge, as rewards take it."""
        if self.reward_judge_url is None:
            return STATIC
        tokens = {"most_tokens": self.reward_judge_tokens}
        return {"url": self.reward_judge_url, "model": self.reward_judge_model, **tokens}


def judge_suite(config: JudgeRewardConfig, problems: Sequence[JudgedProblem], **how: str) -> RewardSuite:
    """The suite of a configuration; each criterion is reported by itself.

    Args:
        config: Weights, and who judges.
        problems: Of every prompt.
        **how: Where the program is in a sample: `reads` and `extract` of `JudgeReward`.

    Raises:
        ValueError: If the weights or the endpoint mean nothing.
    """
    # One judge for all five, so that its verdicts are remembered for all.
    shared = {"problems": problems, "judge": make_judge(config.judge), **how}
    weights = {
        "correctness": config.reward_correctness,
        "quality": config.reward_quality,
        "efficiency": config.reward_efficiency,
        "documentation": config.reward_documentation,
    }
    parts = [Weighted(make_reward("judged_code", {**shared, **weights}), 1.0)]
    parts += [Weighted(make_reward(name, shared), 0.0) for name in CRITERION_REWARDS]
    # An endpoint has time limits of its own, on each attempt.
    return RewardSuite(parts, time_limit=10.0 if config.judge == STATIC else None)


def static_reference(problems: Sequence[JudgedProblem], **how: str) -> RewardSuite:
    """What every run is measured by, whoever judges its training: the static judge, the published weights."""
    params = {"problems": problems, "judge": make_judge(STATIC), **how}
    return RewardSuite([Weighted(make_reward("judged_code", params), 1.0)])
