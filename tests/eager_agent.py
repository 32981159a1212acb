"""The real `wandb` command with agents that poll twice a second instead of every five seconds."""

from wandb.cli.cli import cli
from wandb.wandb_agent import Agent

if __name__ == "__main__":
    Agent.POLL_INTERVAL = 0.5  # type: ignore[assignment]
    cli()
