"""Composing rewards: weighted mean x length factor - penalties, gates; raw, weight and total kept apart."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rewards.base import Batch, Evaluation, Reward, Sample
from rewards.deadline import run_within
from rewards.error_text import one_line


class SuiteError(ValueError):
    """A suite that cannot work: all weights zero, two rewards of one name, a plug-in that does not load."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A reward and what it weighs."""

    reward: Reward
    weight: float


@dataclass(frozen=True, slots=True)
class Gate:
    """A reward that must reach `minimum`; below it the total is 0."""

    reward: Reward
    minimum: float


@dataclass(frozen=True)
class SuiteScores:
    """What a suite says of a batch of B samples.

    Attributes:
        totals: Shape [B], in [0, 1]; NaN where a part of the total is unscored.
        components: Raw score of every reward that was computed, by name, shape [B]; NaN where unscored.
        weights: What each of them weighs in the mean, by name; negative for a penalty, 0 for a length factor,
            a gate or a reward that is only reported.
        evaluations: The evaluations behind the raw scores, by name.
        unscored: Number of samples without a total.
    """

    totals: NDArray[np.float64]
    components: dict[str, NDArray[np.float64]]
    weights: dict[str, float]
    evaluations: dict[str, list[Evaluation]]
    unscored: int

    @property
    def reason(self) -> str:
        """Why a sample is unscored, in the words of the first reward that says so; empty where none is."""
        found = (e.message for part in self.evaluations.values() for e in part if e.score is None)
        return next(found, "")


class RewardSuite:
    """A total out of parts.

    ::

        total = clip(sum(w_i s_i) / sum(w_i) x length_factor - sum(v_j (1 - s_j)), 0, 1)

    and 0 where a gate is missed. A part that is unscored leaves the total unscored: it is counted, never
    taken for 0 and never left out of the mean.

    Args:
        components: Rewards and weights of the mean. Weight 0 switches a reward off: it is not computed, but
            can be asked for by name in `score`.
        length_factor: A reward whose score multiplies the mean.
        penalties: Rewards and what a score of 0 costs.
        gates: Rewards that must reach a minimum.
        time_limit: Seconds that one sample may take in one reward before it is unscored; None for no limit.

    Raises:
        SuiteError: If no component has a weight, a weight is negative or not finite, or a name stands for two
            different rewards.
    """

    def __init__(
        self,
        components: Iterable[Weighted],
        length_factor: Reward | None = None,
        penalties: Iterable[Weighted] = (),
        gates: Iterable[Gate] = (),
        time_limit: float | None = 10.0,
    ) -> None:
        declared = tuple(components)
        self.components = tuple(part for part in declared if part.weight != 0)
        self.monitored = {part.reward.name: part.reward for part in declared if part.weight == 0}
        self.length_factor = length_factor
        self.penalties = tuple(part for part in penalties if part.weight != 0)
        self.gates = tuple(gates)
        self.time_limit = time_limit
        for part in (*declared, *self.penalties):
            if not math.isfinite(part.weight) or part.weight < 0:
                raise SuiteError(
                    f"the weight of {part.reward.name} must be finite and not negative: {part.weight}"
                )
        if not self.components:
            names = ", ".join(self.monitored) or "none declared"
            raise SuiteError(f"every component weight is 0 ({names}): give at least one a weight above 0")
        if len({part.reward.name for part in self.components}) < len(self.components):
            raise SuiteError("two components have the same name; the total would count it twice")
        self._active: dict[str, Reward] = {}
        parts = [part.reward for part in (*self.components, *self.penalties)]
        parts += [gate.reward for gate in self.gates]
        for reward in [*parts, *([length_factor] if length_factor is not None else [])]:
            if self._active.setdefault(reward.name, reward) != reward:
                raise SuiteError(f"the name {reward.name} stands for two different rewards")
        self.weights = dict.fromkeys(self._active, 0.0)
        self.weights |= {part.reward.name: -part.weight for part in self.penalties}
        self.weights |= {part.reward.name: part.weight for part in self.components}

    def score(self, samples: Sequence[Sample], report: Iterable[str] = ()) -> SuiteScores:
        """Score a batch. Equal samples are scored once.

        Args:
            samples: Any number of samples; a `Batch` where they share an annotator.
            report: Names of switched-off components to compute as well; they never reach the total.

        Raises:
            KeyError: If a name in `report` is no reward of this suite.
            SuiteError: If a reward cannot be prepared.
            ContractError: If a reward gives anything but one evaluation per sample.
        """
        rewards = dict(self._active)
        for name in report:
            if name not in rewards:
                rewards[name] = self.monitored[name]
        distinct: Sequence[Sample] = list(dict.fromkeys(samples))
        place = {sample: number for number, sample in enumerate(distinct)}
        order = [place[sample] for sample in samples]
        if isinstance(samples, Batch):
            distinct = replace(samples, samples=distinct)
        evaluations: dict[str, list[Evaluation]] = {}
        raw: dict[str, NDArray[np.float64]] = {}
        for name, reward in rewards.items():
            _prepare(reward)
            found = run_within(reward, distinct, self.time_limit)
            evaluations[name] = [found[number] for number in order]
            raw[name] = np.array(
                [math.nan if e.score is None else e.score for e in evaluations[name]], dtype=np.float64
            )
        totals = self._totals(raw, len(order))
        weights = {name: self.weights.get(name, 0.0) for name in rewards}
        return SuiteScores(totals, raw, weights, evaluations, int(np.isnan(totals).sum()))

    def _totals(self, raw: dict[str, NDArray[np.float64]], count: int) -> NDArray[np.float64]:
        totals = np.zeros(count)
        for part in self.components:
            totals += part.weight * raw[part.reward.name]
        totals /= sum(part.weight for part in self.components)
        if self.length_factor is not None:
            totals *= raw[self.length_factor.name]
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
