"""Environments for tools that benchmarks compare with: one each, made at first use, outside the checkout."""

import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path.home() / ".cache" / "sweepfarm-clients"


class CannotInstallError(RuntimeError):
    """A tool cannot be installed here. The message is one line and says what to try."""


def python_with(requirement: str) -> Path:
    """Path of the interpreter of an environment with one package and its dependencies.

    Args:
        requirement: `name==version`, from the package index that pip uses.

    Raises:
        CannotInstallError: If pip fails, as it does without a network.
    """
    home = CACHE / requirement.replace("==", "-")
    python, done = home / "bin" / "python", home / "installed"
    if not done.exists():
        print(f"installing {requirement} into {home}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", requirement]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            last = result.stderr.strip().splitlines()[-1:] or ["pip printed nothing"]
            raise CannotInstallError(f"{last[0]}; try: {' '.join(map(str, command))}")
        done.touch()
    return python
