"""The command `server`."""

from pathlib import Path

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8085, show_default=True, help="Port to listen on; 0 picks a free one.")
@click.option(
    "--data",
    default=Path("runs/server"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the database, the files and the API key; created if needed.",
)
@click.option("--seed", default=0, show_default=True, help="Base of every sweep's random numbers.")
@click.option(
    "--stop-grace",
    default=20.0,
    show_default=True,
    help="Seconds a run has to end by itself once it was asked to, before its agent ends it.",
)
@click.option(
    "--crash-after",
    default=120.0,
    show_default=True,
    help="Seconds of silence after which a run counts as crashed.",
)
def server(host: str, port: int, data: Path, seed: int, stop_grace: float, crash_after: float) -> None:
    """Serve W&B sweeps on this machine, without an account.

    The unmodified wandb client works against it with two variables set:

    \b
        sweepfarm server --port 8085 --data runs/server
        export WANDB_BASE_URL=http://127.0.0.1:8085
        export WANDB_API_KEY=$(cat runs/server/api_key)
        wandb sweep sweep_config.yaml
    """
    from server.serve import StartupError, serve
    from server.settings import ServerSettings

    settings = ServerSettings(
        host=host, port=port, data=data, seed=seed, stop_grace=stop_grace, crash_after=crash_after
    )
    try:
        serve(settings, announce=click.echo)
    except StartupError as error:
        click.echo(f"sweepfarm server: {error}", err=True)
        raise SystemExit(1) from None
