"""Measures the time from receiving a run to its first training step, for `wandb agent` and `sweepfarm agent`.

python benchmarks/startup.py --json

`wandb agent` starts `python -m agent` for every run, which imports torch, transformers and TRL each time.
`sweepfarm agent` forks each run from a process that has imported everything. Both run on a real server and
take the same runs of the plasmid starter, in turns. The time is measured from `Agent starting run` in the
agent's log to the first row in the run's directory, minus the duration of that step. The first run of each
agent is left out.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).parent.parent)

from agent.worker import agent_command, agent_environment, agent_program  # noqa: E402
from tests.server_fixture import RunningServer, running_server  # noqa: E402

SWEEP = {
    "method": "grid",
    "metric": {"name": "objective/score", "goal": "maximize"},
    "command": ["${env}", "${interpreter}", "-m", "agent"],
    "parameters": {
        "max_steps": {"value": 2},
        "rungs": {"value": 1},
        "max_completion_length": {"value": 64},
        "per_device_train_batch_size": {"value": 8},
        "seed": {"values": list(range(100))},
    },
}
_STARTED = re.compile(r"^(\S+ \S+?),(\d+) .*Agent starting run", re.MULTILINE)
_POLL_SECONDS = 0.005


def first_step_seconds(
    command: list[str], environment: Mapping[str, str], folder: Path, runs: int
) -> list[float]:
    """Seconds from receiving each of `runs` runs to its first step, in order, for the agent of `command`."""
    log = folder / "agent.log"
    ready: dict[Path, float] = {}
    with log.open("w") as output:
        agent = subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=output, stderr=output)
        while agent.poll() is None:
            for file in folder.glob("runs/*/*/metrics.jsonl"):
                if file not in ready and file.stat().st_size:
                    ready[file] = time.time()
            time.sleep(_POLL_SECONDS)
    text = log.read_text()
    begun = [datetime.fromisoformat(f"{date}.{milli}").timestamp() for date, milli in _STARTED.findall(text)]
    if agent.returncode or len(begun) != runs or len(ready) != runs:
        raise RuntimeError(
            f"the agent took {len(begun)} of {runs} runs, exit {agent.returncode}: {text[-2000:]}"
        )
    ends = sorted(
        time_ready - json.loads(file.read_text().splitlines()[0])["train/step_seconds"]
        for file, time_ready in ready.items()
    )
    return [end - start for start, end in zip(sorted(begun), ends, strict=True)]


def measure(server: RunningServer, runs: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of all runs but the first of each agent: of `wandb agent`, and of `sweepfarm agent`."""
    cold: list[float] = []
    warm: list[float] = []
    for turn in range(rounds):
        for name, seconds in (("cold", cold), ("warm", warm)):
            sweep = server.sweep(SWEEP, trainer="")
            folder = Path(tempfile.mkdtemp(prefix=f"{name}-{turn}-", dir=server.work))
            environment = agent_environment(server.env(SWEEPFARM_RUNS=str(folder / "runs")), agents_here=1)
            count = ["--count", str(runs)]
            plain = agent_command(sweep, runs)
            ours = [*agent_program(sweep, 1)[:-1], *count, sweep]
            seconds += first_step_seconds(plain if name == "cold" else ours, environment, folder, runs)[1:]
    return cold, warm


@click.command()
@click.option("--runs", default=5, show_default=True, help="Runs per agent; the first is not counted.")
@click.option("--rounds", default=2, show_default=True, help="Agents of each kind, taking turns.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(runs: int, rounds: int, as_json: bool) -> None:
    """Measure the start of runs and print a table."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        cold, warm = measure(server, runs, rounds)
    result = {"cold_s": statistics.median(cold), "warm_s": statistics.median(warm)}
    result["ratio"] = result["cold_s"] / result["warm_s"]
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table("agent", "runs", "median s to first step", "minimum", "maximum")
    for name, values in (("wandb agent", cold), ("sweepfarm agent", warm)):
        numbers = (statistics.median(values), min(values), max(values))
        table.add_row(name, str(len(values)), *(f"{number:.2f}" for number in numbers))
    Console().print(table, f"{result['ratio']:.1f} times faster from the second run on")


if __name__ == "__main__":
    main()
