"""Reads a sweep file and lays a budget overlay over it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rewards.files.yaml_file import YamlError, read_yaml
from rewards.nearest import unknown_key_message
from sweepfarm.errors import UserError

OVERLAY_KEYS = frozenset(
    {"name", "description", "run_cap", "early_terminate", "requeue_crashed", "first_points", "parameters"}
)


def read_sweep(path: Path, overlay: Path | None = None) -> dict[str, Any]:
    """The content of a sweep file, with the values of a budget overlay if one is given.

    Raises:
        UserError: If a file cannot be read or is not a YAML mapping, or the overlay cannot be applied.
    """
    sweep = _read_mapping(path)
    return sweep if overlay is None else lay_over(sweep, _read_mapping(overlay))


def ends_by_itself(sweep: Mapping[str, Any]) -> bool:
    """Whether a sweep ends by itself: it has a `run_cap` or is a grid."""
    return "run_cap" in sweep or sweep.get("method") == "grid"


def lay_over(sweep: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a sweep with the values of a budget overlay.

    An overlay sets how much is spent (`run_cap`, `requeue_crashed`, `early_terminate`, constant parameters
    such as `max_steps`) and where the search begins (`first_points`). It never changes what is searched: each
    of its parameters has one `value`, and the sweep searches none of them.

    Raises:
        UserError: If the overlay has an unknown key, a range, or a parameter that the sweep searches.
    """
    for key in overlay:
        if key not in OVERLAY_KEYS:
            raise UserError(unknown_key_message("overlay key", key, OVERLAY_KEYS))
    parameters = dict(_mapping(sweep.get("parameters"), "`parameters` of the sweep"))
    for name, setting in _mapping(overlay.get("parameters"), "`parameters` of the overlay").items():
        if not isinstance(setting, Mapping) or set(setting) != {"value"}:
            raise UserError(
                f"overlay parameter `{name}` must be one `value`; an overlay cannot change the search space"
            )
        if name in parameters and set(_mapping(parameters[name], f"parameter `{name}`")) != {"value"}:
            raise UserError(
                f"overlay parameter `{name}` is searched by the sweep; an overlay sets budget only"
            )
        parameters[name] = dict(setting)
    merged = {**sweep, **{k: v for k, v in overlay.items() if k != "parameters"}}
    return {**merged, "parameters": parameters}


def _mapping(value: Any, label: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise UserError(f"{label} must be a mapping, not {value!r}")
    return value or {}


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        value = read_yaml(path)
    except YamlError as error:
        raise UserError(str(error)) from None
    if not isinstance(value, dict):
        raise UserError(f"{path} contains no mapping of keys to values")
    return value
