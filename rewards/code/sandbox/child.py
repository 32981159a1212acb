"""Runs one program in its own process, inside the walls. Nothing here is trusted once the program runs."""

import io
import json
import os
import random
import sys
import traceback
import types
from typing import Any

from rewards.code.problems.values import decode, encode
from rewards.code.sandbox.program import THROUGH
from rewards.error_text import one_line

_MAX_ERROR_CHARS = 300


def run_program(channel: int) -> int:
    """Read a program from the socket `channel`, run it, and write one line of JSON per call.

    Returns:
        The exit status that the program would have as a script.
    """
    job = json.loads(_read_all(channel))
    code, calls = job["code"], job["calls"]
    random.seed(0)  # else the numbers would differ between workers
    sys.stdin = io.StringIO()
    sys.argv = ["program.py"]
    module = types.ModuleType("program" if calls else "__main__")
    sys.modules[module.__name__] = module
    try:
        exec(compile(code, "program.py", "exec"), module.__dict__)
    except BaseException as error:
        for _ in calls:
            _write(channel, {"error": one_line(error)[:_MAX_ERROR_CHARS]})
        return _exit_status(error)
    for call in calls:
        _write(channel, _answer(module, call))
    return 0


def _answer(module: types.ModuleType, call: dict[str, Any]) -> dict[str, Any]:
    try:
        function = getattr(module, call["function"])
        arguments = [decode(argument) for argument in call["arguments"]]
        keywords = {name: decode(argument) for name, argument in call["keywords"].items()}
        value = function(*arguments, **keywords)
        if call["through"]:
            value = THROUGH[call["through"]](value)
        answer = {"value": encode(value)}
        json.dumps(answer)
        return answer
    except BaseException as error:
        return {"error": one_line(error)[:_MAX_ERROR_CHARS]}


def _exit_status(error: BaseException) -> int:
    """The exit status with which an interpreter ends on `error`."""
    if not isinstance(error, SystemExit):
        traceback.print_exception(error)
        return 1
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def _read_all(channel: int) -> bytes:
    parts = []
    while part := os.read(channel, 1 << 16):
        parts.append(part)
    return b"".join(parts)


def _write(channel: int, answer: dict[str, Any]) -> None:
    line = json.dumps(answer).encode() + b"\n"
    while line:
        line = line[os.write(channel, line) :]
