"""Programs whose scores are known: every reward for programs is tried on them before it is trusted."""

from rewards.code.problems import load_problems

PROMPT = "Write double(number), which returns twice its number."
PROBLEMS = load_problems(
    [
        {
            "prompt": PROMPT,
            "asserts": ["assert double(2) == 4", "assert double(-3.5) == -7", "assert double('a') == 'aa'"],
        }
    ]
)
GOOD = (
    "def double(number):\n    return number + number",
    "```python\ndouble = lambda number: 2 * number\n```",
)
BROKEN = ("def double(number) return", "raise ValueError('double')", "import sys\nsys.exit(1)")
WRONG = (
    "def double(number):\n    return number * number",
    "def double(number):\n    return 4",
    "import sys\nsys.exit(0)",
    "import os\nos._exit(0)",
    "def double(number):\n    class Same:\n        def __eq__(self, other): return True\n    return Same()",
)
"""Programs that run and do not solve the problem."""
