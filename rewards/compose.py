"""Suites: several rewards combined to one total per sample by a weighted mean, penalties and gates."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rewards.base import Annotates, Batch, Evaluation, Reward, Sample
from rewards.deadline import run_within
from rewards.error_text import one_line


class SuiteError(ValueError):
    """An invalid suite: all weights are 0, two rewards have the same name, or a plug-in cannot be loaded."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A reward and its weight."""

    reward: Reward
    weight: float


@dataclass(frozen=True, slots=True)
class Gate:
    """A reward and its minimum score. The total of a sample with a lower score is 0."""

    reward: Reward
    minimum: float


@dataclass(frozen=True)
class SuiteScores:
    """Scores of a batch of B samples.

    Attributes:
        totals: Total of each sample, shape [B], in [0, 1]; NaN if a reward of the total is unscored.
        components: Scores of each reward that was computed, by name, shape [B]; NaN if unscored.
        weights: Weight of each of these rewards in the total, by name; negative for a penalty, 0 for a length
            factor, a gate or a reward that is only reported.
        evaluations: The B evaluations of each of these rewards, by name.
        unscored: Number of samples without a total.
    """

    totals: NDArray[np.float64]
    components: dict[str, NDArray[np.float64]]
    weights: dict[str, float]
    evaluations: dict[str, list[Evaluation]]
    unscored: int

    @property
    def reason(self) -> str:
        """Message of the first unscored evaluation; empty if there is none."""
        messages = (e.message for part in self.evaluations.values() for e in part if e.score is None)
        return next(messages, "")


class RewardSuite:
    """Rewards whose scores give one total in [0, 1] per sample.

    ::

        total = clip(sum(w_i s_i) / sum(w_i) x length_factor x essential - sum(v_j (1 - s_j)), 0, 1)
        essential = essential_floor + (1 - essential_floor) min(e_k), or 1 without essentials

    The total is 0 if the score of a gate is below its minimum. If any of these scores is missing, the sample
    is unscored: a missing score does not count as 0 and is not left out of the mean.

    Args:
        components: The rewards of the mean, s_i, with their weights w_i. A reward of weight 0 is computed
            only if it is named in `report` of `score`.
        length_factor: A reward whose score multiplies the mean.
        penalties: Rewards s_j with weights v_j, which a score of 0 subtracts from the total.
        gates: Rewards with minimum scores.
        essentials: Rewards e_k without which nothing else can make a good sample.
        essential_floor: Factor of a sample in which an essential is missing, in [0, 1].
        time_limit: Seconds that a reward may take for one sample before it is unscored; None for no limit.
        annotator: Shared by the samples of a batch that brings no annotator; None for the rewards' default.

    Raises:
        SuiteError: If all weights are 0, a weight is negative or not finite, or two different rewards have
            the same name.
    """

    def __init__(
        self,
        components: Iterable[Weighted],
        length_factor: Reward | None = None,
        penalties: Iterable[Weighted] = (),
        gates: Iterable[Gate] = (),
        essentials: Iterable[Reward] = (),
        essential_floor: float = 1.0,
        time_limit: float | None = 10.0,
        annotator: Annotates | None = None,
    ) -> None:
        declared = tuple(components)
        self.components = tuple(part for part in declared if part.weight != 0)
        self.monitored = {part.reward.name: part.reward for part in declared if part.weight == 0}
        self.length_factor = length_factor
        self.penalties = tuple(part for part in penalties if part.weight != 0)
        self.gates = tuple(gates)
        self.essentials = tuple(essentials) if essential_floor < 1.0 else ()
        self.essential_floor = essential_floor
        self.time_limit = time_limit
        self.annotator = annotator
        for part in (*declared, *self.penalties):
            if not math.isfinite(part.weight) or part.weight < 0:
                raise SuiteError(
                    f"the weight of {part.reward.name} must be finite and not negative, got {part.weight}"
                )
        if not self.components:
            names = ", ".join(self.monitored) or "none declared"
            raise SuiteError(f"every component weight is 0 ({names}): give at least one a weight above 0")
        if len({part.reward.name for part in self.components}) < len(self.components):
            raise SuiteError("two components have the same name: each reward may count once in the total")
        self._active: dict[str, Reward] = {}
        parts = [part.reward for part in (*self.components, *self.penalties)]
        parts += [gate.reward for gate in self.gates]
        parts += self.essentials
        for reward in [*parts, *([length_factor] if length_factor is not None else [])]:
            if self._active.setdefault(reward.name, reward) != reward:
                raise SuiteError(f"two different rewards have the name {reward.name}")
        self.weights = dict.fromkeys(self._active, 0.0)
        self.weights |= {part.reward.name: -part.weight for part in self.penalties}
        self.weights |= {part.reward.name: part.weight for part in self.components}

    def score(self, samples: Sequence[Sample], report: Iterable[str] = ()) -> SuiteScores:
        """Totals and component scores of a batch. Equal samples are scored once.

        Args:
            samples: Any number of samples; a `Batch` if they share an annotator.
            report: Names of components of weight 0 to compute too. They do not change the total.

        Raises:
            KeyError: If a name in `report` is not a reward of this suite.
            SuiteError: If a reward cannot be prepared.
            ContractError: If a reward returns anything but one evaluation per sample.
        """
        rewards = dict(self._active)
        for name in report:
            if name not in rewards:
                rewards[name] = self.monitored[name]
        distinct: Sequence[Sample] = list(dict.fromkeys(samples))
        index_of = {sample: index for index, sample in enumerate(distinct)}
        indices = [index_of[sample] for sample in samples]
        if isinstance(samples, Batch):
            distinct = replace(samples, samples=distinct)
        elif self.annotator is not None:
            distinct = Batch(distinct, self.annotator)
        evaluations: dict[str, list[Evaluation]] = {}
        raw: dict[str, NDArray[np.float64]] = {}
        for name, reward in rewards.items():
            _prepare(reward)
            of_distinct = run_within(reward, distinct, self.time_limit)
            evaluations[name] = [of_distinct[index] for index in indices]
            raw[name] = np.array(
                [math.nan if e.score is None else e.score for e in evaluations[name]], dtype=np.float64
            )
        totals = self._totals(raw, len(indices))
        weights = {name: self.weights.get(name, 0.0) for name in rewards}
        return SuiteScores(totals, raw, weights, evaluations, int(np.isnan(totals).sum()))

    def _totals(self, raw: dict[str, NDArray[np.float64]], count: int) -> NDArray[np.float64]:
        totals = np.zeros(count)
        for part in self.components:
            totals += part.weight * raw[part.reward.name]
        totals /= sum(part.weight for part in self.components)
        if self.length_factor is not None:
            totals *= raw[self.length_factor.name]
        if self.essentials:
            worst = np.minimum.reduce([raw[reward.name] for reward in self.essentials])
            totals *= self.essential_floor + (1.0 - self.essential_floor) * worst
        for part in self.penalties:
            totals -= part.weight * (1.0 - raw[part.reward.name])
        totals = np.clip(totals, 0.0, 1.0)
        for gate in self.gates:
            totals[raw[gate.reward.name] < gate.minimum] = 0.0
        unscored = np.any([np.isnan(raw[name]) for name in self._active], axis=0)
        return np.where(unscored, math.nan, totals)


def _prepare(reward: Reward) -> None:
    try:
        reward.prepare()
    except Exception as error:
        raise SuiteError(f"{reward.name} cannot be prepared: {one_line(error)}") from error
