"""The architecture, as tests: which room may import which, and where torch may not go."""

import ast
import subprocess
import sys
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


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_one_way(room: str) -> None:
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
    """The names above could hide an import by way of a library: load every module and look."""
    names = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in modules(room)]
    names = [n.removesuffix(".__init__") for n in names if not n.endswith("__main__")]
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"print(sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_the_command_line_starts_without_torch() -> None:
    code = "import sys, sweepfarm.cli; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("room", ROOMS)
def test_modules_stay_small(room: str) -> None:
    for path in modules(room):
        assert path.name != "utils.py"
        assert len(path.read_text(encoding="utf-8").splitlines()) < 500, path
