"""The server that a command talks to, where the environment says in which folder to look for it."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from agent.worker import UnreachableError, require_server
from sweepfarm.errors import UserError

FOLDER_VARIABLE = "SWEEPFARM_SERVER"
PAGE_VARIABLE = "SWEEPFARM_PAGE"
_PAGE_OF_WANDB = "https://wandb.ai"


def point_at_server(environment: MutableMapping[str, str]) -> None:
    """Let the W&B client find the embedded server whose data folder `SWEEPFARM_SERVER` names.

    A `WANDB_API_KEY` outranks it: the folder is then forgotten. The key stays in the process: it stands in no
    command line and in no container's configuration.

    Args:
        environment: Read, and given `WANDB_BASE_URL` and `WANDB_API_KEY`.

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
    """Where a browser finds the page of the server in use, without a slash at the end.

    For that of `SWEEPFARM_SERVER`, which may listen where no browser reaches it, `SWEEPFARM_PAGE` says so.
    """
    published = environment.get(PAGE_VARIABLE) if environment.get(FOLDER_VARIABLE) else None
    return (published or environment.get("WANDB_BASE_URL") or _PAGE_OF_WANDB).rstrip("/")
