"""`sweepfarm agent`: take runs from a sweep."""

import os
import signal
from pathlib import Path

import click


@click.command(name="agent")
@click.argument("sweep", envvar="SWEEP_ID", default="")
@click.option("--count", type=click.IntRange(min=1), help="Take at most this many runs.")
@click.option(
    "--agents-here",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    envvar="AGENTS_HERE",
    help="Number of agents that share this machine; its cores are divided among them.",
)
def agent(sweep: str, count: int | None, agents_here: int) -> None:
    """Take runs from SWEEP (entity/project/id) until it is over.

    Without SWEEP, the environment variable SWEEP_ID is used, or else the latest registered sweep. Runs
    against W&B, or against the server that WANDB_BASE_URL names. Before its first run the agent checks this
    machine and the reward, as `sweepfarm check --machine` does. If a check fails, it takes no run.

    \b
    Example:
      sweepfarm agent local/plasmid-grpo-sweeps/abc123xy
    """
    from agent.warm.start import start_warm_parent
    from agent.worker import agent_environment, become_agent
    from sweepfarm.definition.check import check_sweep
    from sweepfarm.machine.endpoint import reachable_server
    from sweepfarm.machine.preflight import report_checks
    from sweepfarm.running.registered import content_or_exit, named_or_latest, trains_with_us

    runs = Path(os.environ.get("SWEEPFARM_RUNS", "runs"))
    sweep = named_or_latest(sweep, runs)
    reachable_server(os.environ)
    # A shell that starts a job with `&` makes it ignore SIGINT, and children inherit that. W&B stops runs by
    # SIGINT, which would have no effect.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    environment = start_warm_parent(agent_environment(os.environ, agents_here))
    content = content_or_exit(sweep)
    if trains_with_us(content):
        check_sweep(content)
        report_checks(content, runs, agents_here)
    become_agent(sweep, count=count, environment=environment)
