"""The configurations of a confirmation: the best ones, the default, and the best random one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.choose.select import Selection
from analysis.classify.assess import Assessment
from analysis.errors import AnalysisError
from analysis.read.config import SEED
from analysis.read.table import SweepTable

RANDOM_RUNS = 10
"""Number of random runs with which the embedded server's Bayesian search begins."""

DEFAULT, BEST_RANDOM = "default", "best random"


@dataclass(frozen=True)
class Candidate:
    """A configuration to run on fresh seeds.

    Attributes:
        label: `top 1`, `top 2`, ..., `default` or `best random`.
        run: Id of its run in the sweep; None for the default.
        parameters: All parameters of its runs except the seed; nested names are joined by a dot.
        tuning_score: Its score in the sweep; None for the default. It was chosen for this score, so fresh
            seeds are expected to score lower.
    """

    label: str
    run: str | None
    parameters: Mapping[str, Any]
    tuning_score: float | None

    @property
    def tuned(self) -> bool:
        """Whether it is one of the best configurations of the sweep, not one they are compared with."""
        return self.label not in (DEFAULT, BEST_RANDOM)


def candidates(
    table: SweepTable,
    assessment: Assessment,
    selection: Selection,
    constants: Mapping[str, Any],
    top: int,
) -> tuple[list[Candidate], list[str]]:
    """The `top` best configurations of the ranking, the default one, and the best random one.

    The default has only the sweep's constant parameters (its budget), so every searched parameter has the
    program's own default. The best random one is the highest ranked of the runs that were drawn at random:
    all runs of a random sweep, the first `RANDOM_RUNS` created in a Bayesian sweep, none in a grid.

    Args:
        table: The sweep.
        assessment: The verdicts on its runs.
        selection: Their ranking.
        constants: Parameters that the sweep gives to every run.
        top: Number of best configurations, at least 1; fewer are taken if fewer were ranked.

    Returns:
        The candidates, and a sentence for each one that is missing, with the reason.

    Raises:
        AnalysisError: If no run is ranked, or the candidates do not all have the same number of steps.
    """
    ranking, swept = selection.ranking, table.parameters().to_dict("index")
    if ranking.empty:
        raise AnalysisError(f"there is nothing to confirm: {selection.conclusion}")
    constants = {name: value for name, value in constants.items() if name != SEED}

    def of_row(label: str, row: int) -> Candidate:
        run = str(ranking["id"].iloc[row])
        found = {str(n): v for n, v in swept[run].items() if v is not None and n != SEED}
        return Candidate(label, run, {**constants, **found}, float(ranking["score"].iloc[row]))

    taken = list(range(min(top, len(ranking))))
    chosen = [of_row(f"top {row + 1}", row) for row in taken]
    notes = [] if len(taken) == top else [f"Only {len(taken)} configurations were ranked."]
    chosen.append(Candidate(DEFAULT, None, constants, None))
    random_runs = set(_drawn_at_random(table))
    row = next((i for i, runs in enumerate(ranking["runs"]) if random_runs & set(runs)), None)
    if row is None:
        reason = "none was ranked" if random_runs else f"a {table.sweep.method} sweep draws none"
        notes.append(f"There is no best random configuration: {reason}.")
    elif row in taken:
        notes.append(f"The best of {len(random_runs)} random runs is top {row + 1} itself.")
    else:
        taken.append(row)
        chosen.append(of_row(BEST_RANDOM, row))
    _require_one_budget(assessment, [str(ranking["id"].iloc[i]) for i in taken])
    return chosen, notes


def fresh_seeds(table: SweepTable, count: int) -> list[int]:
    """Seeds that no run of the sweep has: the `count` integers after its largest seed."""
    used = [config.get(SEED) for config in table.configs().values()]
    first = max((seed for seed in used if isinstance(seed, int)), default=0) + 1
    return list(range(first, first + count))


def _drawn_at_random(table: SweepTable) -> list[str]:
    """Ids of the runs that the search drew at random."""
    runs = [str(run) for run in table.runs["id"]]
    return {"random": runs, "bayes": runs[:RANDOM_RUNS]}.get(table.sweep.method, [])


def _require_one_budget(assessment: Assessment, runs: list[str]) -> None:
    budgets = assessment.runs.set_index("id").loc[runs, "planned_steps"].unique()
    if len(budgets) > 1:
        steps = ", ".join(map(str, sorted(budgets)))
        raise AnalysisError(
            f"the candidates have unequal budgets ({steps} steps), so they cannot be compared"
        )
