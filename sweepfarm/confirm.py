"""The steps of a confirmation: choose and register, run, read back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from analysis.assess import assess
from analysis.candidates import candidates, fresh_seeds
from analysis.confirm import confirm
from analysis.confirm_text import confirmation_data
from analysis.download import download, sweep_config
from analysis.files import replace_text
from analysis.plan import Plan, constants, grid_sweep
from analysis.select import select
from sweepfarm.errors import UserError
from sweepfarm.farm import register, run_agents

PLAN, RESULT = "plan.json", "confirmation.json"


def make_plan(sweep: str, top: int, seeds: int, out: Path, environment: Mapping[str, str]) -> Plan:
    """Choose the candidates, register a grid sweep for each, and keep the plan in `out`.

    Raises:
        AnalysisError: the sweep cannot be read, or has nothing to confirm.
        UserError: `out` holds a plan already, or a sweep was refused.
    """
    file = out / PLAN
    if file.exists():
        raise UserError(
            f"{file} was registered already: read its result with --read, or give another --out for a new one"
        )
    config, table = sweep_config(sweep), download(sweep)
    assessment = assess(table)
    chosen, notes = candidates(table, assessment, select(assessment), constants(config), top)
    fresh = fresh_seeds(table, seeds)
    paths = [
        register(grid_sweep(config, sweep, candidate, fresh), out, environment)[0] for candidate in chosen
    ]
    plan = Plan(sweep, tuple(fresh), tuple(chosen), tuple(paths), tuple(notes))
    replace_text(file, plan.to_json())
    return plan


def run_plan(
    plan: Plan, agents: int, out: Path, runs: Path, environment: Mapping[str, str], console: Console
) -> None:
    """Run the grid sweeps one after the other, each with at most one agent per seed."""
    for candidate, path in zip(plan.candidates, plan.sweeps, strict=True):
        console.print(f"{candidate.label}: {path}")
        folder = out / path.rsplit("/", 1)[1]
        run_agents(path, min(agents, len(plan.seeds)), folder, runs, environment, console)


def read_plan(out: Path) -> Plan:
    """The plan that `make_plan` kept.

    Raises:
        UserError: there is none.
        AnalysisError: the file is something else.
    """
    try:
        return Plan.from_json((out / PLAN).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"cannot read {out / PLAN} ({error.strerror}): register a confirmation first, without --read"
        ) from None


def write_result(plan: Plan, out: Path) -> dict[str, Any]:
    """Read the runs of a plan back, judge them, and keep the result beside the plan.

    Raises:
        AnalysisError: a sweep cannot be read, or a candidate has no run yet that counts.
    """
    data = confirmation_data(plan, confirm(plan, [download(path) for path in plan.sweeps]))
    replace_text(out / RESULT, json.dumps(data, indent=2) + "\n")
    return data
