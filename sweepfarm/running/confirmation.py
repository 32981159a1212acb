"""The steps of a confirmation: choose candidates, register, wait, replace lost runs, write the result."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.confirm.candidates import candidates, fresh_seeds
from analysis.confirm.outcome import confirm, missing
from analysis.confirm.output import confirmation_data
from analysis.confirm.plan import Plan, constants, grid_sweep
from analysis.files import replace_text
from analysis.read.download import download, sweep_config, sweeps_of_project
from analysis.read.table import SweepTable
from sweepfarm.errors import UserError
from sweepfarm.running.farm import register

PLAN, RESULT = "plan.json", "confirmation.json"
_OVER = ("FINISHED", "CANCELED")
_POLL_SECONDS = 3.0


def make_plan(sweep: str, top: int, seeds: int, out: Path) -> Plan:
    """The plan of a confirmation: candidates and seeds. Written to `out`; nothing is registered.

    Raises:
        AnalysisError: If the sweep cannot be read, or has nothing to confirm.
    """
    config, table = sweep_config(sweep), download(sweep)
    assessment = assess(table)
    chosen, notes = candidates(table, assessment, select(assessment), constants(config), top)
    unregistered: tuple[tuple[str, ...], ...] = ((),) * len(chosen)
    plan = Plan(sweep, top, tuple(fresh_seeds(table, seeds)), tuple(chosen), unregistered, tuple(notes))
    replace_text(out / PLAN, plan.to_json())
    return plan


def read_plan(out: Path) -> Plan | None:
    """The plan that `make_plan` wrote to `out`; None if there is none.

    Raises:
        UserError: If the file cannot be read.
        AnalysisError: If the file is not a plan.
    """
    try:
        return Plan.from_json((out / PLAN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"cannot read {out / PLAN}: {error.strerror}") from None


def require_same(plan: Plan, sweep: str, top: int, seeds: int, out: Path) -> None:
    """Check that a plan is for these arguments.

    Raises:
        UserError: If the plan confirms another sweep, or another number of candidates or seeds.
    """
    if (plan.sweep, plan.top, len(plan.seeds)) != (sweep, top, seeds):
        raise UserError(
            f"{out / PLAN} confirms {plan.sweep} with --top {plan.top} --seeds {len(plan.seeds)}:"
            " give the same arguments to continue it, or another --out"
        )


def register_plan(plan: Plan, out: Path, environment: Mapping[str, str]) -> Plan:
    """The plan after registering a grid sweep over all seeds for every candidate that has none.

    Raises:
        AnalysisError: If the server cannot be read.
        UserError: If the server refuses a sweep.
    """
    for place, sweeps in enumerate(plan.sweeps):
        if not sweeps:
            plan = _with_sweep(plan, place, plan.seeds, out, environment)
    return plan


def _with_sweep(
    plan: Plan, place: int, seeds: Sequence[int], out: Path, environment: Mapping[str, str]
) -> Plan:
    """The plan with one more sweep of the candidate at `place`, over `seeds`; also written to `out`.

    If an earlier command registered this sweep but ended before it wrote the plan, that sweep is found by its
    content and used.
    """
    wanted = grid_sweep(sweep_config(plan.sweep), plan.sweep, plan.candidates[place], seeds)
    known = {path for paths in plan.sweeps for path in paths}
    on_server = sweeps_of_project(plan.sweep.rsplit("/", 1)[0])
    keys = ("name", "method", "parameters")
    matches = (
        path
        for path, config in on_server.items()
        if path not in known and all(config.get(key) == wanted[key] for key in keys)
    )
    path = next(matches, None) or register(wanted, out, environment)[0]
    (out / path.rsplit("/", 1)[1]).mkdir(parents=True, exist_ok=True)
    plan = plan.with_sweep(place, path)
    replace_text(out / PLAN, plan.to_json())
    return plan


def has_begun(plan: Plan) -> bool:
    """Whether the server has any run of the plan, finished or not."""
    return any(not table.runs.empty for tables in _tables(plan) for table in tables)


def unfinished(plan: Plan) -> list[str]:
    """Path of the last sweep of each candidate that lacks runs, if that sweep is not over."""
    by_candidate = _tables(plan)
    return [
        tables[-1].sweep.path
        for tables, seeds in zip(by_candidate, missing(plan, by_candidate), strict=True)
        if seeds and tables[-1].sweep.state not in _OVER
    ]


def replace_lost(plan: Plan, out: Path, environment: Mapping[str, str], keep: Collection[str]) -> Plan:
    """The plan after registering, for every candidate, a sweep over the seeds that have no valid run.

    Args:
        plan: The plan that was registered and run.
        out: Folder of the plan.
        environment: Names the server.
        keep: Paths of sweeps that still hand out runs: their candidates get no new sweep.
    """
    for place, seeds in enumerate(missing(plan, _tables(plan))):
        if seeds and plan.sweeps[place][-1] not in keep:
            plan = _with_sweep(plan, place, seeds, out, environment)
    return plan


def wait_for_runs(plan: Plan, console: Console) -> None:
    """Wait until no run of the plan is running. The server marks runs that send nothing more as crashed."""
    with console.status("") as status:
        while running := _running(plan):
            status.update(f"waiting for {running} runs to end or to be marked as crashed by the server")
            time.sleep(_POLL_SECONDS)


def _running(plan: Plan) -> int:
    return sum(int((table.runs["state"] == "running").sum()) for tables in _tables(plan) for table in tables)


def _tables(plan: Plan) -> list[list[SweepTable]]:
    return [[download(path) for path in paths] for paths in plan.sweeps]


def write_result(plan: Plan, out: Path) -> dict[str, Any]:
    """The result of a confirmation, from its runs on the server; also written to `out/confirmation.json`.

    Raises:
        AnalysisError: If a sweep cannot be read, or a candidate has no valid run yet.
        UserError: If not all sweeps of the plan are registered.
    """
    if not all(plan.sweeps):
        raise UserError(f"{out / PLAN} is not registered yet: run the same command without --read")
    data = confirmation_data(plan, confirm(plan, _tables(plan)))
    replace_text(out / RESULT, json.dumps(data, indent=2) + "\n")
    return data
