"""`sweepfarm agent`."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

RETRIES = 2
"""How often reading the sweep is tried again; whoever starts agents starts one that fails again."""


@click.command(name="agent")
@click.argument("sweep", envvar="SWEEP_ID", default="")
@click.option("--count", type=click.IntRange(min=1), help="Take at most this many runs.")
@click.option(
    "--agents-here",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    envvar="AGENTS_HERE",
    help="Agents sharing this machine; its cores are divided among them.",
)
def agent(sweep: str, count: int | None, agents_here: int) -> None:
    """Take runs from SWEEP (entity/project/id; else SWEEP_ID; else the latest registered) until it is over.

    Runs against W&B, or against the server that WANDB_BASE_URL names. Before the first run it looks at this
    machine and at the reward, as `sweepfarm check --machine` does, and takes no run where one could not work.

    \b
    Example:
      sweepfarm agent local/plasmid-grpo-sweeps/abc123xy
    """
    from agent.warm.start import start_warm_parent
    from agent.worker import UnreachableError, agent_environment, become_agent, require_server
    from sweepfarm.definition.check import check_sweep
    from sweepfarm.machine.machine_report import say
    from sweepfarm.running.registered import named_or_latest

    runs = Path(os.environ.get("SWEEPFARM_RUNS", "runs"))
    sweep = named_or_latest(sweep, runs)
    try:
        require_server(os.environ)
    except UnreachableError as error:
        raise click.ClickException(str(error)) from None
    # A shell that starts a job with `&` leaves SIGINT ignored and every child inherits that; W&B's stops,
    # which come as SIGINT, would never arrive.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    environment = start_warm_parent(agent_environment(os.environ, agents_here))
    content = registered(sweep)
    if trains_with_us(content):
        check_sweep(content)
        say(content, runs, agents_here)
    become_agent(sweep, count=count, environment=environment)


def registered(sweep: str) -> dict[str, Any]:
    """What `entity/project/id` was registered with.

    Ends this process, and says why, where the server gives no answer, refuses the key or has no such sweep.
    """
    import wandb

    settings = wandb.setup().settings
    settings.silent = True
    settings.x_graphql_retry_max = RETRIES
    settings.x_graphql_retry_wait_min_seconds = 1
    try:
        content = dict(wandb.Api(timeout=20).sweep(sweep).config)  # type: ignore[no-untyped-call]
    except (wandb.Error, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        leave(f"the sweep {sweep} cannot be read: {reason}; check its name, the network and WANDB_API_KEY")
    wandb.teardown()  # this process becomes another program, which would not know the client's process
    return content


def leave(line: str) -> NoReturn:
    """Say why, and end at once with 1.

    W&B's client, after a request that it gave up, may wait ten minutes for a process of its own to end.
    """
    click.ClickException(line).show()
    os._exit(1)


def trains_with_us(content: Mapping[str, Any]) -> bool:
    """Whether the runs of a sweep are `python -m agent`; of another program nothing is known."""
    return content.get("program") == "agent" or "agent" in content.get("command", ())
