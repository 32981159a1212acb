"""Tests of the architecture: imports between rooms, rooms without torch, sizes of files and folders."""

import ast
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("rewards", "agent", "server", "analysis", "sweepfarm")
MAY_IMPORT = {
    "rewards": (),
    "agent": ("rewards",),
    "server": (),
    "analysis": ("agent.health",),
    "sweepfarm": ("rewards", "agent", "server", "analysis"),
}
HEAVY = {"torch", "transformers", "trl", "datasets", "accelerate"}
LIGHT_ROOMS = ("rewards", "server", "analysis", "agent/config", "agent/health")
TASK_DEFINITIONS = sorted((ROOT / "agent" / "tasks").glob("*/task.py"))
"""Modules that are imported to read a configuration."""
MAX_FILES = 14
"""Maximum number of Python files in a folder. Folders of rewards, one per file, are exempt."""


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Names of all modules that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_the_rooms_that_they_may(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        for name in imported(path):
            top = name.split(".")[0]
            if top in ROOMS and top != room:
                assert any(name == ok or name.startswith(f"{ok}.") for ok in MAY_IMPORT[room]), (
                    f"{path.relative_to(ROOT)} imports {name}; {room} may import {MAY_IMPORT[room]}"
                )


@pytest.mark.parametrize("room", LIGHT_ROOMS)
def test_no_file_of_a_light_room_imports_torch(room: str) -> None:
    for path in modules(room):
        assert not {name.split(".")[0] for name in imported(path)} & HEAVY, path


@pytest.mark.parametrize("room", LIGHT_ROOMS)
def test_importing_a_light_room_does_not_load_torch(room: str) -> None:
    """Loads every module, as a library could import torch indirectly."""
    assert loaded_by([module_name(path) for path in modules(room) if path.name != "__main__.py"]) == "[]"


def test_importing_the_definitions_of_tasks_does_not_load_torch() -> None:
    assert loaded_by([module_name(path) for path in TASK_DEFINITIONS]) == "[]"


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def loaded_by(names: list[str]) -> str:
    """The heavy packages that are loaded after importing `names`, as a printed list."""
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_the_command_line_starts_without_torch() -> None:
    code = "import sys, sweepfarm.cli; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_there_are_no_import_circles() -> None:
    paths = {module_name(path): path for room in ROOMS for path in modules(room)}
    arrows = {name: imported_modules(path, paths) for name, path in paths.items()}
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"import circle: {' -> '.join((*way[way.index(name) :], name))}"
        if name not in done:
            for other in sorted(arrows[name]):
                follow(other, (*way, name))
            done.add(name)

    for name in sorted(paths):
        follow(name, ())


def imported_modules(path: Path, known: Collection[str]) -> set[str]:
    """The modules in `known` that a file imports anywhere, including `from package import module`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= parts & set(known) or {node.module}
    return found & set(known)


def test_folders_stay_small() -> None:
    for room in (*ROOMS, "benchmarks", "docker"):
        folders = {path.parent for path in modules(room)}
        for folder in folders:
            if folder.name not in ("components", "benchmarks"):  # one reward or one benchmark a file
                assert len(list(folder.glob("*.py"))) <= MAX_FILES, folder


@pytest.mark.parametrize("room", ROOMS)
def test_modules_stay_small(room: str) -> None:
    for path in modules(room):
        assert path.name != "utils.py"
        assert len(path.read_text(encoding="utf-8").splitlines()) < 400, path


SQL_STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s"
    r"|CREATE\s+(TABLE|INDEX)|PRAGMA\s|BEGIN\b|COMMIT\b|SAVEPOINT\s)"
)


def sql_in(path: Path) -> list[str]:
    """The uses of SQL in a file: calls that run it, and strings that are statements."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("execute", "executemany", "executescript", "cursor"):
                found.append(f"{node.lineno}: .{node.func.attr}(")
        elif isinstance(node, ast.Constant) and SQL_STATEMENT.match(str(node.value)):
            found.append(f"{node.lineno}: {node.value!r}")
    return found


def test_only_the_storage_of_the_server_holds_sql() -> None:
    storage = ROOT / "server" / "storage"
    # The rule must find the statements of the storage, so that it cannot pass by finding nothing anywhere.
    assert len(sql_in(storage / "records" / "runs.py")) > 10
    for path in modules("server"):
        if storage not in path.parents:
            assert not sql_in(path), f"{path.relative_to(ROOT)}: {sql_in(path)}"
