"""Loads objects from outside of this project: from a Python file, or from an installed package."""

import importlib.util
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from rewards.error_text import one_line


class PluginError(ValueError):
    """A plug-in that cannot be loaded. The message is one line and names the plug-in."""


def is_file_reference(reference: str) -> bool:
    """Whether `reference` has the form `file.py:NAME`."""
    return ".py:" in reference


def from_file(reference: str, folder: Path) -> object:
    """The object `NAME` of the Python file in `file.py:NAME`. The file is executed.

    Args:
        reference: `file.py:NAME`.
        folder: Folder that a relative path starts from.

    Raises:
        PluginError: If the file does not exist, cannot be imported, or does not define the name.
    """
    file, _, name = reference.rpartition(":")
    path = (folder / file).resolve()
    if not path.is_file():
        raise PluginError(f"the plug-in {reference} cannot be loaded: there is no file {path}")
    module_name = f"sweepfarm_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"the plug-in {reference} cannot be loaded: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # pickle looks up the class of an instance here
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise PluginError(f"the plug-in {reference} cannot be imported: {one_line(error)}") from error
    if not hasattr(module, name):
        raise PluginError(f"the plug-in {reference} cannot be loaded: {path} does not define {name}")
    return getattr(module, name)


def installed(group: str) -> dict[str, EntryPoint]:
    """The entry points that installed packages declare in `group`, by name.

    Raises:
        PluginError: If two packages declare the same name.
    """
    entries: dict[str, EntryPoint] = {}
    for entry in entry_points(group=group):
        other = entries.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise PluginError(
                f"two packages declare {entry.name} in {group}: {other.value} and {entry.value}; "
                "uninstall one"
            )
    return entries


def refuse_built_in_name(name: str, group: str) -> None:
    """Refuse a package that declares `name` in `group`, where `name` is defined by this project.

    Raises:
        PluginError: If there is such a package. The message names it.
    """
    for entry in entry_points(group=group, name=name):
        package = entry.dist.name if entry.dist else entry.module
        raise PluginError(
            f"the package {package} declares {name} ({entry.value}) in {group}, but {name} is built in; "
            f"rename that entry point or uninstall {package}"
        )


def from_entry_point(entry: EntryPoint) -> object:
    """The object that an entry point refers to.

    Raises:
        PluginError: If it cannot be imported.
    """
    try:
        return entry.load()
    except Exception as error:
        raise PluginError(
            f"{entry.name} ({entry.value}) of {entry.group} cannot be imported: {one_line(error)}"
        ) from error
