"""`sweepfarm register`: check a sweep and register it."""

import os
from pathlib import Path

import click

from sweepfarm.verbs.options import runs_of_a_farm


@click.command(name="register")
@click.argument("sweep_file", type=click.Path(path_type=Path))
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    envvar="OVERLAY",
    show_envvar=True,
    help="YAML file that sets budget fields.",
)
@runs_of_a_farm(help="Folder of runs.")
def register(sweep_file: Path, overlay: Path | None, runs: Path) -> None:
    """Check a sweep and register it, for agents on this and other machines.

    It becomes the latest sweep in RUNS, which `sweepfarm agent` and `sweepfarm follow` use if no other is
    named. If the latest sweep has the same content and is on the same server, nothing is registered.

    \b
    Example:
      sweepfarm register sweep_config.yaml --overlay sweeps/overlays/cpu.yaml
    """
    from sweepfarm.definition.check import check_sweep
    from sweepfarm.definition.sweep_file import ends_by_itself, read_sweep
    from sweepfarm.machine.endpoint import page_address, reachable_server
    from sweepfarm.machine.models import prepare_model
    from sweepfarm.running.farm import register as register_sweep
    from sweepfarm.running.registered import latest, set_latest

    content = read_sweep(sweep_file, overlay)
    check = check_sweep(content)
    warnings = list(check.warnings)
    if not ends_by_itself(content):
        warnings.append("the sweep has no run_cap: its agents end only when you stop it")
    for warning in warnings:
        click.echo(f"warning: {warning}")
    reachable_server(os.environ)
    for model in check.models:
        prepare_model(check.task, model, check.constant.get("corpus"), check.adapted)
    path = latest(runs)
    if path is None or not _is_registered(path, content, runs):
        path, _ = register_sweep(content, runs, os.environ)
        set_latest(runs, path)
    entity, project, name = path.split("/")
    click.echo(f"sweep: {path}")
    click.echo(f"watch: {page_address(os.environ)}/{entity}/{project}/sweeps/{name}")


def _is_registered(path: str, content: dict[str, object], runs: Path) -> bool:
    """Whether the latest sweep has this content and is on this server."""
    import yaml

    from sweepfarm.errors import UserError
    from sweepfarm.running.registered import registered_content

    file = runs / "latest" / "sweep.yaml"
    if not file.is_file() or yaml.safe_load(file.read_text(encoding="utf-8")) != content:
        return False
    try:
        registered_content(path)
    except UserError:
        return False
    return True
