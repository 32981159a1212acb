"""The server that the environment names: its address, its key, its page."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from agent.worker import UnreachableError, require_server
from sweepfarm.errors import UserError

FOLDER_VARIABLE = "SWEEPFARM_SERVER"
PAGE_VARIABLE = "SWEEPFARM_PAGE"
_PAGE_OF_WANDB = "https://wandb.ai"


def point_at_server(environment: MutableMapping[str, str]) -> None:
    """Set address and key of the embedded server whose data folder `SWEEPFARM_SERVER` names, if it is set.

    If `WANDB_API_KEY` is set, it takes precedence and `SWEEPFARM_SERVER` is removed. The key is read from the
    folder here, so that it appears in no command line and in no configuration of a container.

    Args:
        environment: Read; `WANDB_BASE_URL`, `WANDB_API_KEY` and `WANDB_ERROR_REPORTING` are set in it.

    Raises:
        UserError: If no server has started in that folder, or its files cannot be read.
    """
    if environment.get("WANDB_API_KEY"):
        environment.pop(FOLDER_VARIABLE, None)
    folder = environment.get(FOLDER_VARIABLE)
    if not folder:
        return
    try:
        environment["WANDB_BASE_URL"] = (Path(folder) / "url").read_text(encoding="ascii").strip()
        environment["WANDB_API_KEY"] = (Path(folder) / "api_key").read_text(encoding="ascii").strip()
    except OSError as error:
        raise UserError(
            f"no server runs in {folder} ({FOLDER_VARIABLE}): {error.filename}: {error.strerror}"
        ) from None
    environment["WANDB_ERROR_REPORTING"] = "false"


def reachable_server(environment: Mapping[str, str]) -> str:
    """URL of the server that `environment` names, after a check that something listens there.

    Raises:
        UserError: If nothing listens at the address.
    """
    try:
        return require_server(environment)
    except UnreachableError as error:
        raise UserError(str(error)) from None


def page_address(environment: Mapping[str, str]) -> str:
    """Base URL of the page of the server in use, without a slash at the end.

    For the server of `SWEEPFARM_SERVER`, `SWEEPFARM_PAGE` takes precedence: its own address may be reachable
    only inside a container network.
    """
    published = environment.get(PAGE_VARIABLE) if environment.get(FOLDER_VARIABLE) else None
    return (published or environment.get("WANDB_BASE_URL") or _PAGE_OF_WANDB).rstrip("/")
