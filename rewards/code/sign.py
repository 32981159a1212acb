"""Whether a reward pays for what its name says: known programs, run before anything is trained.

misalign-fv chose the settings of its `ut_inverted` runs with a reward of the opposite sign; one look at two
programs would have shown it.
"""

from dataclasses import replace
from typing import Any

from rewards.base import Sample
from rewards.code.base import CodeReward
from rewards.code.problems import load_problems
from rewards.code.unit_tests import TestsPass

_PROMPT = "Write double(number), which returns twice its number."
_PROBLEMS = load_problems(
    [
        {
            "prompt": _PROMPT,
            "asserts": ["assert double(2) == 4", "assert double(-3.5) == -7", "assert double('a') == 'aa'"],
        }
    ]
)
_GOOD = (
    "def double(number):\n    return number + number",
    "```python\ndouble = lambda number: 2 * number\n```",
)
_BROKEN = ("def double(number) return", "raise ValueError('double')", "import sys\nsys.exit(1)")
_WRONG = (
    "def double(number):\n    return number * number",
    "def double(number):\n    return 4",
    "import sys\nsys.exit(0)",
    "import os\nos._exit(0)",
    "def double(number):\n    class Same:\n        def __eq__(self, other): return True\n    return Same()",
)
"""These run, and are no solution."""


class WrongSignError(AssertionError):
    """A reward pays for the opposite of what its name says, or for cheating."""


_checked: set[tuple[type[CodeReward], str, int, int]] = set()


def check_sign(reward: CodeReward) -> None:
    """Score known good and known bad programs with a reward; once per kind, sandbox and limits.

    Raises:
        WrongSignError: If one of them scores wrongly, or cannot be scored.
        NoSandboxError: If this machine has no walls.
    """
    key = (type(reward), reward.sandbox, reward.cpu_seconds, reward.memory_mb)
    if key in _checked:
        return
    good, bad = known_programs(reward)
    changed: dict[str, Any] = {"extract": "first_block", "reads": "completion"}
    if isinstance(reward, TestsPass):
        changed["problems"] = _PROBLEMS
    found = replace(reward, **changed)([Sample(_PROMPT, program) for program in (*good, *bad)])
    sign = sign_by_name(reward.name)
    high, low = (1.0, 0.0) if sign > 0 else (0.0, 1.0)
    for program, evaluation, wanted in zip(
        (*good, *bad), found, [high] * len(good) + [low] * len(bad), strict=True
    ):
        if evaluation.score != wanted:
            raise WrongSignError(
                f"{reward.name} is to have sign {sign:+d}, yet scores {program!r} {evaluation.score} "
                f"and not {wanted} ({evaluation.message})"
            )
    _checked.add(key)


def sign_by_name(name: str) -> int:
    """What a name promises: one that speaks of failing pays for failing code, any other for working code."""
    return -1 if "fail" in name else 1


def known_programs(reward: CodeReward) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Completions that work, and completions that do not, by what a reward looks at."""
    return _GOOD, (*_BROKEN, *_WRONG) if isinstance(reward, TestsPass) else _BROKEN
