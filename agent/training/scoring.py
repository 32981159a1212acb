"""The bridge between TRL's reward functions and a reward suite."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from agent.config.errors import ConfigError
from agent.health.diversity import prompt_similarity, unique_fraction
from agent.health.reward import group_statistics
from rewards.base import ContractError, Sample
from rewards.compose import RewardSuite, SuiteError, SuiteScores

_LOG = logging.getLogger(__name__)


class NothingScoredError(ConfigError):
    """Not one completion of a batch could be scored: a run would train on nothing, or search on nothing."""


def score_some(suite: RewardSuite, samples: Sequence[Sample], report: Sequence[str] = ()) -> SuiteScores:
    """Score a batch of which at least one sample must get a total.

    Raises:
        NothingScoredError: every sample is unscored; the message has the first reason.
        ConfigError: a reward cannot be prepared, or gives anything but one evaluation per sample.
    """
    try:
        scores = suite.score(samples, report=report)
    except (SuiteError, ContractError) as error:
        raise ConfigError(str(error)) from error
    if scores.unscored:
        said = f"{scores.unscored} of {len(samples)} completions could not be scored: {scores.reason}"
        if scores.unscored == len(samples):
            raise NothingScoredError(said)
        _LOG.warning(said)
    return scores


class SuiteReward:
    """A TRL reward function that scores with a suite and keeps what it measured for the step's log.

    Only training completions pass here; the held-out evaluation scores by itself, so the two never mix.

    Args:
        suite: scores.
        monitored: components to score as well, whatever their weight.
        group: completions per prompt, side by side in a batch.
    """

    __name__ = "total_reward"

    def __init__(self, suite: RewardSuite, monitored: Sequence[str], group: int) -> None:
        self._suite = suite
        self._monitored = tuple(monitored)
        self._group = group
        self._scored: list[SuiteScores] = []
        self._completions: list[str] = []
        self._latest: dict[str, float] = {}

    def __call__(self, prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        """Score a batch, in order. An unscored sample is `None`: TRL leaves it out of its group.

        Raises:
            NothingScoredError: all of them are unscored.
        """
        samples = [Sample(p, c) for p, c in zip(prompts, completions, strict=True)]
        scores = score_some(self._suite, samples, self._monitored)
        self._scored.append(scores)
        self._completions.extend(completions)
        return [None if np.isnan(total) else float(total) for total in scores.totals]

    @property
    def latest(self) -> SuiteScores:
        """What the last batch scored."""
        return self._scored[-1]

    def objectives(self) -> dict[str, tuple["ComponentReward", float]]:
        """Each weighted component by itself and its weight; penalties weigh less than 0."""
        weights = {name: weight for name, weight in self._suite.weights.items() if weight}
        return {name: (ComponentReward(self, name), weight) for name, weight in weights.items()}

    def of_step(self) -> dict[str, float]:
        """What the completions that the last step trained on scored, and how much they differ.

        A step that trains once more on the completions of the step before has their statistics.

        Returns:
            What `component_statistics` gives, `reward/...` (see `group_statistics`), the share of distinct
            completions and their similarity within prompts.
        """
        if self._scored:
            totals = np.concatenate([scores.totals for scores in self._scored])
            of_groups = group_statistics(totals, self._group)
            self._latest = component_statistics(self._scored)
            self._latest |= {f"reward/{name}": value for name, value in of_groups.items()}
            self._latest["health/unique_fraction"] = unique_fraction(self._completions)
            self._latest["health/similarity"] = prompt_similarity(self._completions, self._group)
            self._scored, self._completions = [], []
        return dict(self._latest)


class ComponentReward:
    """A TRL reward function for one component of what a `SuiteReward` has just scored: its raw score.

    Args:
        of: called by TRL with the same batch before this one.
        name: of the component.
    """

    def __init__(self, of: SuiteReward, name: str) -> None:
        self.__name__ = name
        self._of = of

    def __call__(self, prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        """Raw scores of the batch, in order; `None` where unscored."""
        scores = self._of.latest.components[self.__name__]
        return [None if np.isnan(score) else float(score) for score in scores]


def component_statistics(batches: Sequence[SuiteScores]) -> dict[str, float]:
    """Mean, standard deviation, least and greatest score per component and of the total, over all batches.

    Unscored samples are left out of these and counted under `reward_components/unscored`. A component of
    which no sample was scored has no statistics.

    Returns:
        `reward_components/{component}/{mean,std,min,max}` and `reward_components/unscored`.
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
