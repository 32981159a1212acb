"""The suites of the judged-code task: the judged score divided by the teacher's, and its criteria."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, PositiveInt, model_validator

from rewards.compose import RewardSuite, Weighted
from rewards.config import RewardConfig
from rewards.judge.components.judged_code import JudgedCode
from rewards.judge.judges import STATIC, make_judge
from rewards.judge.problems import JudgedProblem
from rewards.judge.verdict import CRITERIA
from rewards.registry import make_reward

MONITORED = tuple(f"judged_{criterion}" for criterion in CRITERIA)
"""The components that every run of the judged-code task logs."""

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class JudgeRewardConfig(RewardConfig):
    """Which judge grades the programs, and how its criteria are weighted.

    Raises:
        pydantic.ValidationError: If a weight is negative or not finite, or only one of `reward_judge_url` and
            `reward_judge_model` is set.
    """

    reward_correctness: Weight = JudgedCode.correctness
    """Weight of the judge's criterion *correctness*: whether the program does what its prompt asks. The four
    weights are relative to their sum. The default is the published weight."""
    reward_quality: Weight = JudgedCode.quality
    """Weight of the judge's criterion *quality*: whether the code is clear and simple. The default is the
    published weight."""
    reward_efficiency: Weight = JudgedCode.efficiency
    """Weight of the judge's criterion *efficiency*: whether the program avoids needless work. The default is
    the published weight."""
    reward_documentation: Weight = JudgedCode.documentation
    """Weight of the judge's criterion *documentation*: whether the docstring says what the function does. The
    default is the published weight."""
    reward_judge_url: str | None = None
    """URL of an OpenAI-compatible endpoint, without the final `/chat/completions`, whose model judges the
    programs in training. If unset, the static judge does, which needs no network. The objective always uses
    the static judge."""
    reward_judge_model: str | None = None
    """Name of the model at `reward_judge_url`. Required if that is set."""
    reward_judge_tokens: PositiveInt = 1_000_000
    """Maximum number of tokens, of questions and answers, that all runs with the same cache folder together
    may spend at the endpoint. The static judge ignores it."""

    @model_validator(mode="after")
    def _an_endpoint_has_a_model(self) -> Self:
        if (self.reward_judge_url is None) is not (self.reward_judge_model is None):
            raise ValueError("an endpoint needs both reward_judge_url and reward_judge_model")
        return self

    @property
    def judge(self) -> str | dict[str, Any]:
        """The parameter `judge` of the rewards."""
        if self.reward_judge_url is None:
            return STATIC
        tokens = {"most_tokens": self.reward_judge_tokens}
        return {"url": self.reward_judge_url, "model": self.reward_judge_model, **tokens}


def judge_suite(config: JudgeRewardConfig, problems: Sequence[JudgedProblem], **how: str) -> RewardSuite:
    """The suite that a run is trained on. Each criterion is also reported on its own.

    Args:
        config: The judge and the weights.
        problems: One problem per prompt.
        **how: How the program is found in a sample: `reads` and `extract` of `JudgeReward`.

    Raises:
        ValueError: If all weights are 0, or the endpoint is not a valid URL.
    """
    # One judge for all five rewards, so that each program is judged once.
    shared = {"problems": problems, "judge": make_judge(config.judge), **how}
    weights = {
        "correctness": config.reward_correctness,
        "quality": config.reward_quality,
        "efficiency": config.reward_efficiency,
        "documentation": config.reward_documentation,
    }
    parts = [Weighted(make_reward("judged_code", {**shared, **weights}), 1.0)]
    parts += [Weighted(make_reward(name, shared), 0.0) for name in MONITORED]
    # The judge behind an endpoint limits the time of each attempt itself.
    return RewardSuite(parts, time_limit=10.0 if config.judge == STATIC else None)


def static_reference(problems: Sequence[JudgedProblem], **how: str) -> RewardSuite:
    """The reference suite of every run, whatever its judge in training: static judge, published weights."""
    params = {"problems": problems, "judge": make_judge(STATIC), **how}
    return RewardSuite([Weighted(make_reward("judged_code", params), 1.0)])
