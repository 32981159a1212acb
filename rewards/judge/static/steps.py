"""How many steps a program takes. Runs inside the sandbox, with the program in the same process."""

# This file is sent to the sandbox as text, so it imports the standard library alone and nothing lazily.

import ast
import builtins
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_MODULES: dict[str, set[str]] = {
    "math": set(),
    "itertools": set(),
    "heapq": set(),
    "bisect": set(),
    "functools": {"cache", "lru_cache", "partial", "reduce"},
    "collections": {"Counter", "defaultdict", "deque"},
}
"""What a program that is counted may import: a whole module, or these names of it."""
_FORBIDDEN = {
    "breakpoint", "builtins", "compile", "delattr", "dir", "eval", "exec", "getattr", "globals", "help",
    "input", "locals", "memoryview", "open", "setattr", "sys", "vars",
}  # fmt: skip
_INSIDES = ("__", "ag_", "co_", "cr_", "f_", "gi_", "tb_")
"""How names of an object's insides begin; a frame is what the count hangs on."""

_program: dict[str, Any] = {"__name__": "program"}


def reaches(source: str) -> str:
    """What of the interpreter a program reaches for by which it could disturb the count; empty where nothing.

    Names and imports are looked at, not what they turn out to be, so a harmless program may be named too.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                found = [n.name for n in names if _MODULES.get(n.name, {""})]
            case ast.ImportFrom(module=module, names=names):
                found = [n.name for n in names if n.name not in _MODULES.get(module or "", set())]
            case ast.Name(name):
                found = [name] if name in _FORBIDDEN or name.startswith("__") else []
            case ast.Attribute(attr=name):
                found = [name] if name in _FORBIDDEN or name.startswith(_INSIDES) else []
            case ast.MatchClass(kwd_attrs=names):
                found = [name for name in names if name.startswith(_INSIDES)]
            case _:
                found = []
        if found:
            return found[0]
    return ""


def load(source: str, max_steps: int) -> int:
    """Make the program ready; returns what that takes."""
    return _counted(lambda: exec(compile(source, "program.py", "exec"), _program), max_steps)


def count(function: str, arguments: list[Any], keywords: dict[str, Any], through: str, max_steps: int) -> int:
    """Bytecode instructions of a call, those of all that it calls in Python included.

    What a builtin does within is one instruction, so `sum` is cheaper than a loop, as it is in time.
    """

    def call() -> None:
        value = _program[function](*arguments, **keywords)
        if through:
            getattr(builtins, through)(value)

    return _counted(call, max_steps)


def _counted(run: Callable[[], None], max_steps: int) -> int:
    """Instructions of a call; `max_steps` where it takes more, or shakes the count off."""
    steps = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps += 1
            if steps >= max_steps:
                raise _Enough
        return trace

    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for such a frame when tracing begins
    sys.settrace(trace)
    try:
        run()
    except _Enough:
        return max_steps
    finally:
        # An error within the trace, such as at the limit of recursion, ends it.
        lost = sys.gettrace() is not trace
        sys.settrace(None)
    return max_steps if lost else steps


class _Enough(BaseException):
    """It takes too many steps to go on."""
