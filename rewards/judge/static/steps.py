"""Counts the bytecode instructions of a program. Runs in the sandbox, in the same process as the program."""

# The text of this file runs in the sandbox, so it imports only the standard library, and only at the top.

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
"""Modules that a program may import: whole if the set is empty, else only these names, by `from`."""
_FORBIDDEN = {
    "breakpoint", "builtins", "compile", "delattr", "dir", "eval", "exec", "getattr", "globals", "help",
    "input", "locals", "memoryview", "open", "setattr", "sys", "vars",
}  # fmt: skip
_INTERNAL = ("__", "ag_", "co_", "cr_", "f_", "gi_", "tb_")
"""Prefixes of attributes that lead to frames and code objects, by which a program could stop the count."""

_program: dict[str, Any] = {"__name__": "program"}


def reaches(source: str) -> str:
    """The first name in a program by which it could disturb the count; empty if there is none.

    Only names and imports are compared, not their values, so a harmless program may be reported too.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                forbidden = [n.name for n in names if _MODULES.get(n.name, {""})]
            case ast.ImportFrom(module=module, names=names):
                forbidden = [n.name for n in names if n.name not in _MODULES.get(module or "", set())]
            case ast.Name(name):
                forbidden = [name] if name in _FORBIDDEN or name.startswith("__") else []
            case ast.Attribute(attr=name):
                forbidden = [name] if name in _FORBIDDEN or name.startswith(_INTERNAL) else []
            case ast.MatchClass(kwd_attrs=names):
                forbidden = [name for name in names if name.startswith(_INTERNAL)]
            case _:
                forbidden = []
        if forbidden:
            return forbidden[0]
    return ""


def load(source: str, max_steps: int) -> int:
    """Number of instructions to execute the program itself, which defines its functions."""
    return _counted(lambda: exec(compile(source, "program.py", "exec"), _program), max_steps)


def count(function: str, arguments: list[Any], keywords: dict[str, Any], through: str, max_steps: int) -> int:
    """Number of bytecode instructions of a call, including all Python functions that it calls.

    A call of a builtin is one instruction, so `sum` costs less than a loop, as it takes less time.
    """

    def call() -> None:
        value = _program[function](*arguments, **keywords)
        if through:
            getattr(builtins, through)(value)

    return _counted(call, max_steps)


def _counted(run: Callable[[], None], max_steps: int) -> int:
    """Number of instructions of `run`, at most `max_steps`; `max_steps` also if it ends the count."""
    steps = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal steps
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps += 1
            if steps >= max_steps:
                raise _TooManyStepsError
        return trace

    sys._getframe().f_trace_opcodes = True  # Python 3.12 needs such a frame when tracing begins
    sys.settrace(trace)
    try:
        run()
    except _TooManyStepsError:
        return max_steps
    finally:
        # Python removes the trace function if it raises an error, such as RecursionError.
        lost = sys.gettrace() is not trace
        sys.settrace(None)
    return max_steps if lost else steps


class _TooManyStepsError(BaseException):
    """The call exceeds `max_steps`."""
