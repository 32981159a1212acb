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
    help="Folder for the database, the files, the backups and the API key; created if needed.",
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

    Start it and leave it running; it is ready when it prints its address. Then, in another terminal, point
    the unmodified wandb client at it and work as with W&B:

    \b
      export WANDB_BASE_URL=$(cat runs/server/url)
      export WANDB_API_KEY=$(cat runs/server/api_key)
      wandb sweep --project demo sweep.yaml
      wandb agent --count 1 demo/SWEEP_ID

    The page is at the same address; user name api, password the key. The key is made at the first start and
    is readable by you alone; to have a new one, stop the server and remove the file api_key.

    Everything is in the data folder: sweepfarm.sqlite (all records), files (what runs upload), backup (the
    last five copies of the records, made at start, every hour and at the end). A damaged database is refused
    with the command that goes back to the last copy. To keep everything, stop the server and copy the folder:

    \b
      cp -r runs/server server-backup

    To move a run to W&B, unset the two variables, log in there, and sync the folder that the client kept:

    \b
      unset WANDB_BASE_URL WANDB_API_KEY
      wandb login
      wandb sync --include-online --include-synced wandb/run-*

    Beyond W&B's syntax, a sweep file may say "requeue_crashed: 1" (runs that crash come back under the same
    id, so often at most), "early_terminate: {min_runs: 4}" (nobody is stopped at a rung that fewer runs have
    reached) and "sampler: gp" or "sampler: tpe" (method bayes takes turns between a
    Gaussian process and Optuna's TPE; this is one of them alone).

    \b
    Example:
      sweepfarm server --port 8085 --data runs/server
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
