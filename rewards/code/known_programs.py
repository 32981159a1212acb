"""Programs with known scores, on which each reward for programs is checked before training."""

from rewards.code.problems.problem import load_problems

PROMPT = "Write double(number), which returns twice its number."
PROBLEMS = load_problems(
    [
        {
            "prompt": PROMPT,
            "asserts": ["assert double(2) == 4", "assert double(-3.5) == -7", "assert double('a') == 'aa'"],
        }
    ]
)
"""The problem that the programs below solve or do not solve."""

GOOD = (
    "def double(number):\n    return number + number",
    "```python\ndouble = lambda number: 2 * number\n```",
)
"""Completions with a program that solves the problem."""

BROKEN = ("def double(number) return", "raise ValueError('double')", "import sys\nsys.exit(1)")
"""Programs that end with an error."""

WRONG = (
    "def double(number):\n    return number * number",
    "def double(number):\n    return 4",
    "import sys\nsys.exit(0)",
    "import os\nos._exit(0)",
    "def double(number):\n    class Same:\n        def __eq__(self, other): return True\n    return Same()",
)
"""Programs that run and do not solve the problem."""
