"""Runs that become unhealthy while their reward is high: search and Hyperband must not prefer them."""

import json
from typing import Any

import pytest

from tests.agent.planted import BAD_SHARE, EXPECTED, REGIONS, STEPS
from tests.server_fixture import ROOT, RunningServer, wandb_server

__all__ = ["wandb_server"]

RUNS = 30
AGENTS = 4
SWEEP = {
    "method": "bayes",
    "metric": {"name": "objective/score", "goal": "maximize"},
    "run_cap": RUNS,
    "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 2, "strict": True},
    "command": ["${env}", "${interpreter}", "-m", "tests.agent.planted"],
    "parameters": {"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}},
}
READ = """
import json, wandb
runs = wandb.Api().sweep({sweep!r}).runs
found = [{{"made": run.created_at, "summary": dict(run.summary)}} for run in runs]
print(json.dumps(found, default=str))
"""


def finished(server: RunningServer, config: dict[str, object]) -> list[dict[str, Any]]:
    """Summaries of all runs of a finished sweep, in the order of their suggestion."""
    sweep = server.sweep(config, trainer="")
    agents = [server.agent(sweep, log=f"agent-{n}.log", PYTHONPATH=str(ROOT)) for n in range(AGENTS)]
    for agent in agents:
        assert agent.wait(timeout=500) == 0
    runs = json.loads(server.python(READ.format(sweep=sweep)).strip().splitlines()[-1])
    return [run["summary"] for run in sorted(runs, key=lambda run: run["made"])]


@pytest.mark.slow
def test_each_planted_run_gets_the_right_finding_at_the_right_step(wandb_server: RunningServer) -> None:
    starts = [0.0, *(end for end, _ in REGIONS[:-1])]
    middles = [(start + end) / 2 for start, (end, _) in zip(starts, REGIONS, strict=True)]
    parameters = {"x": {"values": middles}, "y": {"value": 0.5}}
    whole = {name: value for name, value in SWEEP.items() if name != "early_terminate"}
    runs = finished(wandb_server, {**whole, "method": "grid", "parameters": parameters})
    assert {run["region"] for run in runs} == {name for _, name in REGIONS}
    for run in runs:
        if run["region"] in EXPECTED:
            found_at, kind, since = EXPECTED[run["region"]]
            assert run["train/global_step"] == found_at
            assert (run["health/finding"], run["health/finding_step"]) == (kind, since)
            assert run["objective/score"] == 0.0
        else:
            assert run["train/global_step"] == STEPS
            assert "health/finding" not in run


@pytest.mark.slow
def test_search_and_hyperband_do_not_prefer_unhealthy_runs(wandb_server: RunningServer) -> None:
    runs = finished(wandb_server, SWEEP)
    assert len(runs) == RUNS
    last = runs[-RUNS // 3 :]
    share = sum(run["region"] in EXPECTED for run in last) / len(last)
    print(f"share of the last third that goes wrong: {share:.2f}, of the space {BAD_SHARE:.2f}")
    assert share < BAD_SHARE, [run["region"] for run in runs]
    whole = [run for run in runs if run["train/global_step"] == STEPS]
    assert max(whole, key=lambda run: run["objective/score"])["region"] in ("good", "slow")
