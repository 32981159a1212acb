"""Registers a sweep, runs agents on this machine, and shows the runs meanwhile."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import yaml
from rich.console import Console
from rich.live import Live
from rich.table import Table

from agent.worker import agent_program
from sweepfarm.errors import UserError
from sweepfarm.machine.processes import ending_with_us

_SWEEP_PATH = re.compile(r"wandb agent (\S+/\S+/\S+)")
_POLL_SECONDS = 3.0
_STOP_SECONDS = 45
"""Seconds that a run has to save its state and report it, before it is killed."""


def register(sweep: Mapping[str, object], runs: Path, environment: Mapping[str, str]) -> tuple[str, Path]:
    """Register a sweep with the real `wandb sweep`.

    Args:
        sweep: Content of the sweep file, overlay included.
        runs: Folder in which a folder for the sweep is made, with the registered file `sweep.yaml`.
        environment: Names the server.

    Returns:
        `entity/project/id`, and the folder of the sweep.

    Raises:
        UserError: If W&B refuses the sweep. The message is W&B's.
    """
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".registering-", dir=runs) as building:
        file = Path(building) / "sweep.yaml"
        file.write_text(yaml.safe_dump(dict(sweep), sort_keys=False), encoding="utf-8")
        command = [str(Path(sys.executable).with_name("wandb")), "sweep", str(file)]
        environment = {**environment, "WANDB_DIR": building}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        match = _SWEEP_PATH.search(output)
        if done.returncode or not match:
            last = output.strip().splitlines()[-1:] or ["no output"]
            raise UserError(f"`wandb sweep` failed: {last[0].removeprefix('Error: ')}")
        folder = runs / match.group(1).rsplit("/", 1)[1]
        folder.mkdir()
        file.rename(folder / file.name)
    return match.group(1), folder


class Agents:
    """Agents as child processes, each with its own log.

    Args:
        sweep: `entity/project/id`.
        count: Number of agents.
        folder: Folder of the logs.
        environment: Environment of the agents; names the server and the folder of runs.
    """

    def __init__(self, sweep: str, count: int, folder: Path, environment: Mapping[str, str]) -> None:
        self.logs = [folder / f"agent-{i + 1}.log" for i in range(count)]
        self._processes = []
        for log in self.logs:
            with log.open("ab") as file:
                process = subprocess.Popen(
                    agent_program(sweep, count),
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=ending_with_us(),
                )
            self._processes.append(process)

    @property
    def running(self) -> int:
        """Number of agents that have not ended."""
        return sum(process.poll() is None for process in self._processes)

    def stop(self) -> None:
        """End all agents: SIGTERM, which they pass on to their runs, then SIGKILL."""
        running = [psutil.Process(p.pid) for p in self._processes if p.poll() is None]
        # Runs are in process groups of their own: they are found only while their agent lives.
        descendants = [child for process in running for child in process.children(recursive=True)]
        for process in running:
            process.terminate()
        _, alive = psutil.wait_procs([*running, *descendants], timeout=_STOP_SECONDS)
        for process in alive:
            process.kill()
        for agent in self._processes:
            agent.wait()


def run_agents(
    sweep: str, count: int, folder: Path, runs: Path, environment: Mapping[str, str], console: Console
) -> list[Path]:
    """Run agents until the sweep has no more runs for them, and show its runs meanwhile.

    Args:
        sweep: `entity/project/id`.
        count: Number of agents.
        folder: Folder of the sweep; the logs are written here.
        runs: Folder of the run directories.
        environment: Names the server.
        console: Where runs are shown.

    Returns:
        Paths of the agents' logs.
    """
    folders = {"SWEEPFARM_RUNS": str(runs.resolve()), "WANDB_DIR": str(folder)}
    agents = Agents(sweep, count, folder, {**environment, **folders})
    try:
        watch(sweep, agents, console)
    finally:
        agents.stop()
    return agents.logs


def watch(sweep: str, agents: Agents, console: Console) -> None:
    """Show the sweep's runs until every agent has ended."""
    import wandb

    api = wandb.Api(timeout=30)
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        while agents.running:
            # A table that cannot be refreshed must not end a sweep: the agents do not depend on it.
            try:
                live.update(_table(api, sweep, agents.running))
            except Exception as error:
                live.update(
                    f"{agents.running} agents running; the server did not answer ({type(error).__name__})"
                )
            time.sleep(_POLL_SECONDS)


def _table(api: object, sweep: str, running: int) -> Table:
    table = Table("run", "state", "step", "objective", "reward", title=f"{sweep}: {running} agents running")
    for run in api.sweep(sweep).runs:  # type: ignore[attr-defined]
        run.load(force=True)
        summary = run.summary_metrics
        table.add_row(
            run.name or run.id,
            str(summary.get("outcome", run.state)),
            str(summary.get("train/global_step", "-")),
            _number(summary.get("objective/score")),
            _number(summary.get("reward_components/total_reward/mean")),
        )
    return table


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-"
