"""The command `server`."""

from pathlib import Path

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8085,
    show_default=True,
    help="Port to listen on; 0 picks a free one.",
)
@click.option(
    "--data",
    default=Path("runs/server"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the database, the files, the backups and the API key; created if needed.",
)
@click.option("--seed", default=0, show_default=True, help="Seed of all random numbers of the search.")
@click.option(
    "--stop-grace",
    type=click.FloatRange(min=0),
    default=20.0,
    show_default=True,
    help="Seconds that a run has to end by itself after it was asked to stop; then its agent kills it.",
)
@click.option(
    "--crash-after",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    help="Seconds without a request from a run until it counts as crashed.",
)
def server(host: str, port: int, data: Path, seed: int, stop_grace: float, crash_after: float) -> None:
    """Serve W&B sweeps on this machine, without an account.

    Start the server and leave it running. It is ready when it prints its address. Then set two variables in
    another terminal; the unmodified wandb client then works there as with W&B:

    \b
      export WANDB_BASE_URL=$(cat runs/server/url)
      export WANDB_API_KEY=$(cat runs/server/api_key)
      wandb sweep --project demo sweep.yaml
      wandb agent --count 1 demo/SWEEP_ID

    The page with the curves is at the same address. Its user name is api, its password is the key. The key is
    created at the first start, and only you can read its file. To get a new key, stop the server and delete
    the file api_key.

    The data folder holds everything: sweepfarm.sqlite (the database), files (the files that runs upload) and
    backup (the last five copies of the database, made at the start, every hour and at the end). If the
    database is damaged, the server does not start and prints the command that restores the last copy. To back
    up everything, stop the server and copy the folder:

    \b
      cp -r runs/server server-backup

    To upload a run to W&B, unset the two variables, log in to W&B, and sync the folder that the client wrote:

    \b
      unset WANDB_BASE_URL WANDB_API_KEY
      wandb login
      wandb sync --include-online --include-synced wandb/run-*

    A sweep file may have four keys that W&B does not know: "requeue_crashed: 1" (a crashed run is started
    again under the same id, at most this often), min_runs as in
    "early_terminate: {type: hyperband, min_iter: 2, min_runs: 4}" (no run is stopped at a rung that fewer
    runs have reached), "sampler: gp" or "sampler: tpe" (method bayes uses only a Gaussian process or only
    Optuna's TPE, instead of both in turns) and "first_points: [{beta: 0.01}]" (method bayes tries these
    points first; a parameter that a point leaves out has the middle of its range).

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
