"""Reward functions for TRL that score with a reward suite, and the statistics of their scores."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.config.errors import ConfigError
from agent.health.diversity import prompt_similarity, unique_fraction
from agent.health.reward import group_statistics
from rewards.base import ContractError, Sample
from rewards.compose import RewardSuite, SuiteError, SuiteScores

_LOG = logging.getLogger(__name__)


class NothingScoredError(ConfigError):
    """No completion of a batch could be scored, so there is nothing to train on or to compare."""


def score_some(suite: RewardSuite, samples: Sequence[Sample], report: Sequence[str] = ()) -> SuiteScores:
    """The scores of a batch, of which at least one sample must be scored.

    Args:
        suite: Scores the samples.
        samples: The batch.
        report: Names of components to score as well, whatever their weight.

    Raises:
        NothingScoredError: If every sample is unscored; the message has the first reason.
        ConfigError: If a reward cannot be prepared, or does not return one evaluation per sample.
    """
    try:
        scores = suite.score(samples, report=report)
    except (SuiteError, ContractError) as error:
        raise ConfigError(str(error)) from error
    if scores.unscored:
        message = f"{scores.unscored} of {len(samples)} completions could not be scored: {scores.reason}"
        if scores.unscored == len(samples):
            raise NothingScoredError(message)
        _LOG.warning(message)
    return scores


class SuiteReward:
    """A TRL reward function that scores with a suite and collects the statistics of a step.

    It scores training completions only. The held-out evaluation does not use it, so the two are never mixed.

    Args:
        suite: Scores the completions.
        monitored: Names of components to score as well, whatever their weight.
        group_size: Completions per prompt, consecutive in a batch.
        rarity: Returns factors [B] of the rewards of a batch, by how rare the content of each completion is
            in it; None for no factors. Statistics are those of the totals without them.
    """

    __name__ = "total_reward"

    def __init__(
        self,
        suite: RewardSuite,
        monitored: Sequence[str],
        group_size: int,
        rarity: Callable[[Sequence[Sample]], NDArray[np.float64]] | None = None,
    ) -> None:
        self._suite = suite
        self._monitored = tuple(monitored)
        self._group_size = group_size
        self._rarity = rarity
        self._factors: list[float] = []
        self._scored: list[SuiteScores] = []
        self._completions: list[str] = []
        self._latest: dict[str, float] = {}

    def __call__(self, prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        """[B] rewards in order; `None` for an unscored completion, which TRL leaves out of its group.

        Raises:
            NothingScoredError: If every completion is unscored.
            ConfigError: If a reward cannot be prepared, or does not return one evaluation per sample.
        """
        samples = [Sample(p, c) for p, c in zip(prompts, completions, strict=True)]
        scores = score_some(self._suite, samples, self._monitored)
        self._scored.append(scores)
        self._completions.extend(completions)
        rewards = scores.totals
        if self._rarity is not None:
            factors = self._rarity(samples)
            self._factors.extend(factors.tolist())
            rewards = rewards * factors
        return [None if np.isnan(reward) else float(reward) for reward in rewards]

    @property
    def latest(self) -> SuiteScores:
        """The scores of the last batch."""
        return self._scored[-1]

    def objectives(self) -> dict[str, tuple["ComponentReward", float]]:
        """Name → reward function and weight of each weighted component; penalties have negative weights."""
        weights = {name: weight for name, weight in self._suite.weights.items() if weight}
        return {name: (ComponentReward(self, name), weight) for name, weight in weights.items()}

    def of_step(self) -> dict[str, float]:
        """Statistics of the completions that the last step trained on.

        A step that trains again on the completions of the step before has the same statistics.

        Returns:
            Metrics: those of `component_statistics`, those of `group_statistics` as `reward/...`,
            `health/unique_fraction` (share of distinct completions) and `health/similarity` (within prompts),
            both in [0, 1], and `reward/rarity` if there are factors. Empty before the first batch.
        """
        if self._scored:
            totals = np.concatenate([scores.totals for scores in self._scored])
            groups = group_statistics(totals, self._group_size)
            self._latest = component_statistics(self._scored)
            self._latest |= {f"reward/{name}": value for name, value in groups.items()}
            self._latest["health/unique_fraction"] = unique_fraction(self._completions)
            self._latest["health/similarity"] = prompt_similarity(self._completions, self._group_size)
            if self._factors:
                self._latest["reward/rarity"] = float(np.mean(self._factors))
            self._scored, self._completions, self._factors = [], [], []
        return dict(self._latest)


class ComponentReward:
    """A TRL reward function that returns the raw scores of one component of a `SuiteReward`.

    Args:
        suite_reward: TRL calls it with the same batch before this one.
        name: Name of the component.
    """

    def __init__(self, suite_reward: SuiteReward, name: str) -> None:
        self.__name__ = name
        self._suite_reward = suite_reward

    def __call__(self, prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        """[B] raw scores of the component in order; `None` where unscored."""
        scores = self._suite_reward.latest.components[self.__name__]
        return [None if np.isnan(score) else float(score) for score in scores]


def component_statistics(batches: Sequence[SuiteScores]) -> dict[str, float]:
    """Mean, standard deviation, minimum and maximum of each component and of the total over all batches.

    Unscored samples are left out and counted as `reward_components/unscored`. A component without any scored
    sample has no statistics.

    Returns:
        Metrics `reward_components/{component}/{mean,std,min,max}` and `reward_components/unscored`; empty for
        no batches.
    """
    if not batches:
        return {}
    columns = {name: [b.components[name] for b in batches] for name in batches[0].components}
    columns["total_reward"] = [b.totals for b in batches]
    row: dict[str, float] = {}
    for name, parts in columns.items():
        values = np.concatenate(parts)
        values = values[~np.isnan(values)]
        if values.size:
            row |= {
                f"reward_components/{name}/mean": float(values.mean()),
                f"reward_components/{name}/std": float(values.std()),
                f"reward_components/{name}/min": float(values.min()),
                f"reward_components/{name}/max": float(values.max()),
            }
    row["reward_components/unscored"] = float(sum(b.unscored for b in batches))
    return row
