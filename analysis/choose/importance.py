"""How much each swept parameter decided which runs are among the best, and how sure that is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.classify.assess import Assessment, has_verdict
from analysis.classify.verdict_kinds import SOUND, VerdictKind
from analysis.read.table import SweepTable

TOP = 0.25
"""Importance is measured for being among this share of the best runs."""

TOP_RUNS = 5
"""Fewest runs in that share for a stable estimate, as Optuna recommends."""

BOOTSTRAPS = 50
"""Bootstrap samples for `low` and `high`."""

SHUFFLES = 150
"""Permutations of the scores for `stands_out`."""

BUDGET = 20_000
"""Maximum number of runs in all bootstrap samples (or permutations) together; large sweeps get fewer."""


@dataclass(frozen=True)
class Importance:
    """Importance of the swept parameters.

    Attributes:
        table: One row per parameter, most important first: `parameter`, `importance` (share of the sum, in
            [0, 1]), `low` and `high` (5% and 95% quantiles over bootstrap samples), `stands_out` (more
            important than chance explains: only 5% of permuted sweeps have such a parameter).
        runs: Number of runs in the estimate.
        unmoved: Swept parameters that have a single value in these runs.
        conditional: Parameters that some runs do not have.
        warnings: Why the numbers may mislead, one clause each.
    """

    table: pd.DataFrame
    runs: int
    unmoved: tuple[str, ...]
    conditional: tuple[str, ...]
    warnings: tuple[str, ...]


def importance(table: SweepTable, assessment: Assessment, seed: int = 0) -> Importance:
    """PED-ANOVA importance of every swept parameter (Watanabe et al., 2023; computed by Optuna).

    Early-stopped runs count with their last score. Unhealthy runs count as worse than all others. Failed and
    unfinished runs do not count. The same data and seed give the same numbers.
    """
    scores = usable_scores(assessment)
    parameters = table.parameters().loc[scores.index]
    varied = [name for name in table.sweep.swept if parameters[name].map(repr).nunique() > 1]
    conditional = tuple(name for name in varied if parameters[name].isna().any())
    unmoved = tuple(name for name in table.sweep.swept if name not in varied)
    needed = math.ceil(TOP_RUNS / TOP)
    warnings = []
    if len(scores) < needed:
        warnings.append(
            f"{len(scores)} runs are too few for a stable importance; at least {needed} are needed"
        )
    if unmoved:
        warnings.append(
            f"the importance of {', '.join(unmoved)} is unknown: all of these runs have one value"
        )
    if conditional:
        warnings.append(f"some runs do not have {', '.join(conditional)}: absence counts as another value")
    empty = pd.DataFrame(columns=["parameter", "importance", "low", "high", "stands_out"])
    if not varied or len(scores) < 4:
        return Importance(empty, len(scores), unmoved, conditional, tuple(warnings))
    trials = _Trials(parameters[varied], table.sweep.log_scaled)
    values = scores.to_numpy()
    rng = np.random.default_rng(seed)
    affordable = max(20, BUDGET // len(values))
    everything = np.arange(len(values))
    found = trials.importance(everything, values)
    draws = [rng.integers(len(values), size=len(values)) for _ in range(min(BOOTSTRAPS, affordable))]
    spread = np.array([_shares(trials.importance(rows, values[rows])) for rows in draws])
    orders = [rng.permutation(values) for _ in range(min(SHUFFLES, affordable))]
    shuffled = np.array([trials.importance(everything, order) for order in orders])
    low, high = np.quantile(spread, [0.05, 0.95], axis=0)
    frame = pd.DataFrame(
        {
            "parameter": varied,
            "importance": _shares(found),
            "low": low,
            "high": high,
            "stands_out": _beyond_chance(found, shuffled),
        }
    ).sort_values(["importance", "parameter"], ascending=[False, True], ignore_index=True)
    if not frame["stands_out"].any():
        warnings.append("no parameter is more important than chance alone would make it")
    return Importance(frame, len(scores), unmoved, conditional, tuple(warnings))


def _shares(importances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Importances as shares of their sum."""
    total = float(importances.sum())
    return importances / total if total > 0 else importances


def _beyond_chance(found: NDArray[np.float64], shuffled: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each importance exceeds the 95 % quantile of the largest importance in permuted sweeps.

    Each parameter is first standardised by its own mean and spread over permutations (Westfall and Young),
    because a continuous parameter gets a larger importance by chance than a switch does.
    """
    mean, spread = shuffled.mean(axis=0), np.maximum(shuffled.std(axis=0), 1e-12)
    largest = ((shuffled - mean) / spread).max(axis=1)
    beyond: NDArray[np.bool_] = (found - mean) / spread > np.quantile(largest, 0.95)
    return beyond


def usable_scores(assessment: Assessment) -> pd.Series:
    """Run id → score for `importance`; larger is better."""
    runs = assessment.runs.set_index("id")
    broken = has_verdict(runs, (VerdictKind.FAILED, VerdictKind.UNFINISHED))
    scores = runs.loc[~broken & runs["objective"].notna(), "objective"] * assessment.sweep.sign
    unhealthy = ~has_verdict(runs.loc[scores.index], SOUND)
    if unhealthy.any():
        scores[unhealthy] = scores.min() - 1.0
    return scores


class _Trials:
    """The runs of a sweep as Optuna trials."""

    def __init__(self, parameters: pd.DataFrame, log_scaled: Sequence[str]) -> None:
        import optuna

        self._names = list(parameters.columns)
        self._distributions = {
            name: _distribution(parameters[name], name in log_scaled) for name in self._names
        }
        self._rows: list[Mapping[str, Any]] = [
            {name: _value(row[name], self._distributions[name]) for name in self._names}
            for row in parameters.to_dict("records")
        ]
        optuna.logging.set_verbosity(optuna.logging.ERROR)

    def importance(self, rows: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """[parameter] PED-ANOVA importance, not normalised, of the trials `rows` with the scores `values`."""
        import optuna

        study = _finished_study(
            [
                optuna.trial.FrozenTrial(
                    number=number,
                    trial_id=number,
                    state=optuna.trial.TrialState.COMPLETE,
                    value=float(value),
                    params=dict(self._rows[row]),
                    distributions=self._distributions,
                    datetime_start=None,
                    datetime_complete=None,
                    user_attrs={},
                    system_attrs={},
                    intermediate_values={},
                )
                for number, (row, value) in enumerate(zip(rows, values, strict=True))
            ]
        )
        evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=TOP, evaluate_on_local=True)
        found = evaluator.evaluate(study)
        return np.array([found.get(name, 0.0) for name in self._names])


def _finished_study(trials: list[Any]) -> Any:
    """A study that returns these trials without copying; Optuna's own would copy each one twice."""
    import optuna
    from typing_extensions import override

    class Finished(optuna.Study):
        @override
        def get_trials(self, deepcopy: bool = True, states: object = None) -> list[Any]:
            return trials

    empty = optuna.create_study(direction="maximize")
    return Finished(empty.study_name, empty._storage)


def _distribution(values: pd.Series, log_scaled: bool) -> Any:
    """The Optuna distribution of the values: a float range, or categories."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    numeric = [isinstance(value, int | float) and not isinstance(value, bool) for value in values]
    if all(numeric) and values.nunique() > 6:
        low, high = float(values.min()), float(values.max())
        return FloatDistribution(low, high, log=log_scaled and low > 0)
    return CategoricalDistribution(sorted({_category(value) for value in values}))


def _value(value: Any, distribution: Any) -> Any:
    from optuna.distributions import CategoricalDistribution

    return _category(value) if isinstance(distribution, CategoricalDistribution) else float(value)


def _category(value: Any) -> str:
    return "absent" if value is None else repr(value)


@dataclass(frozen=True)
class Interaction:
    """Mean score on a grid of two parameters.

    Attributes:
        x, y: The parameters; `x_labels`, `y_labels` are their values or ranges in ascending order.
        mean: [y, x] mean score, NaN in cells without runs; `count`: [y, x] number of runs.
    """

    x: str
    y: str
    x_labels: tuple[str, ...]
    y_labels: tuple[str, ...]
    mean: NDArray[np.float64]
    count: NDArray[np.int64]


def interaction(table: SweepTable, assessment: Assessment, x: str, y: str, bins: int = 4) -> Interaction:
    """Mean final objective by two parameters, over the runs that were not unhealthy.

    A numeric parameter of more than six values is cut into `bins` ranges with equal numbers of runs.
    """
    runs = assessment.runs.set_index("id")
    scores = runs.loc[has_verdict(runs, SOUND) & runs["objective"].notna(), "objective"]
    parameters = table.parameters().loc[scores.index]
    (x_codes, x_labels), (y_codes, y_labels) = (_cut(parameters[name], bins) for name in (x, y))
    total = np.zeros((len(y_labels), len(x_labels)))
    count = np.zeros_like(total, dtype=np.int64)
    np.add.at(total, (y_codes, x_codes), scores.to_numpy())
    np.add.at(count, (y_codes, x_codes), 1)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return Interaction(x, y, x_labels, y_labels, mean, count)


def _cut(values: pd.Series, bins: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """[run] index of each value's label, and the labels in ascending order."""
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if numeric and values.nunique() > 6:
        # Labels from the edges: the categories' own intervals are rounded and widened, even below 0.
        ranges, edges = pd.qcut(values.astype(float), bins, duplicates="drop", retbins=True)
        labels = tuple(f"{low:.2g} to {high:.2g}" for low, high in pairwise(edges))
        return np.asarray(ranges.cat.codes, dtype=np.int64), labels
    ordered = sorted(set(values)) if numeric else sorted(set(values), key=repr)
    places = {value: place for place, value in enumerate(ordered)}
    labels = tuple(f"{value:g}" if numeric else str(value) for value in ordered)
    return np.array([places[value] for value in values], dtype=np.int64), labels
