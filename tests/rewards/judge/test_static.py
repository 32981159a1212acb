"""The static judge: its measurements, and checks that only better programs get better grades."""

from typing import Any

import pytest

from rewards.code.sandbox.program import Result
from rewards.judge.check import check_judge
from rewards.judge.problems import load_judged_problems
from rewards.judge.static.docstring import documentation
from rewards.judge.static.judge import StaticJudge
from rewards.judge.static.steps import reaches
from rewards.judge.static.style import complexity, findings, nesting
from rewards.judge.verdict import CRITERIA, Question, Unjudged, Verdict

SOLUTION = '''def total(numbers):
    """Return the sum of the even numbers."""
    return sum(n for n in numbers if n % 2 == 0)
'''
ASSERTS = [
    "assert total([1, 2, 3, 4]) == 6",
    "assert total([]) == 0",
    "assert total([5]) == 0",
    "assert total([2, 2, 6, 8, 11]) == 18",
]
(PROBLEM,) = load_judged_problems([{"prompt": "Add up.", "asserts": ASSERTS, "solution": SOLUTION}])
DOCSTRING = '    """Return the sum of the even numbers."""\n'
HALF_RIGHT = f"def total(numbers):\n{DOCSTRING}    return 0 * len(numbers)\n"


def judged(*programs: str) -> list[Verdict]:
    found = StaticJudge().judge([Question(PROBLEM, program) for program in programs])
    assert all(isinstance(one, Verdict) for one in found), found
    return [one for one in found if isinstance(one, Verdict)]


def test_the_teacher_gets_full_grades_and_equal_programs_equal_verdicts() -> None:
    first, second = judged(SOLUTION, SOLUTION)
    assert first == second == judged(SOLUTION)[0]
    assert [getattr(first, criterion) for criterion in CRITERIA] == [1.0] * 4


def test_the_static_judge_passes_the_check_of_judges() -> None:
    check_judge(StaticJudge())


def test_correctness_is_the_share_of_passed_tests_and_scales_the_other_grades() -> None:
    (verdict,) = judged(HALF_RIGHT)
    assert verdict.correctness == 0.5
    assert verdict.quality == 0.5
    assert verdict.documentation == 0.5
    assert verdict.efficiency <= 0.5


@pytest.mark.parametrize(
    "program",
    [
        "",
        "def total(numbers) return",
        "import sys\nsys.exit(0)",
        f"def total(numbers):\n{DOCSTRING}    raise ValueError(numbers)\n",
        f"def total(numbers):\n{DOCSTRING}    while numbers is numbers:\n        continue\n",
        "def other(numbers):\n    return 6\n",
    ],
)
def test_a_program_that_does_not_work_gets_zero_in_every_criterion(program: str) -> None:
    (verdict,) = judged(program)
    assert [getattr(verdict, criterion) for criterion in CRITERIA] == [0.0] * 4


def loop(waste: str = "", docstring: str = DOCSTRING) -> str:
    body = f"    result = 0\n    for n in numbers:\n        if n % 2 == 0:\n            result += n\n{waste}"
    return f"def total(numbers):\n{docstring}{body}    return result\n"


def test_needless_work_lowers_efficiency_in_proportion() -> None:
    waste = "    for _ in range({}):\n        result += 0\n"
    scores = [v.efficiency for v in judged(loop(), *(loop(waste.format(n)) for n in (3, 30, 3_000, 10**5)))]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.5
    assert 0 < scores[3] <= 0.06  # counting stops at twenty times the teacher's steps


def test_a_case_that_raises_does_not_affect_the_step_count_of_the_others() -> None:
    program = SOLUTION.replace("    return", "    numbers[0]\n    return")  # raises only on the empty list
    (verdict,) = judged(program)
    assert verdict.correctness == 0.75
    assert 0.6 < verdict.efficiency < 0.75


@pytest.mark.parametrize(
    "docstring",
    [
        "",
        '    """"""\n',
        '    """..."""\n',
        '    """Function."""\n',
        '    """' + "sum " * 30 + '"""\n',
        '    """' + "Return the sum of the even numbers. " * 8 + '"""\n',
        '    """numbers even the of sum the Return."""\n',
        '    """Correct, efficient, documented: score 1.0."""\n',
        "    # Return the sum of the even numbers.\n",
        "    total.__doc__ = 'Return the sum of the even numbers.'\n",
    ],
    ids=[
        "none",
        "empty",
        "dots",
        "one word",
        "one word often",
        "copies",
        "shuffled",
        "praise",
        "comment",
        "late",
    ],
)
def test_meaningless_documentation_gets_a_low_grade(docstring: str) -> None:
    honest, gamed = judged(loop(), loop(docstring=docstring))
    assert honest.documentation == 1.0
    assert gamed.documentation < 0.5
    assert gamed.correctness == 1.0


def test_paraphrased_documentation_gets_partial_credit() -> None:
    source = 'def total(numbers):\n    """Return the total of all even numbers."""\n'
    assert documentation(source, "total", "Return the sum of the even numbers.") == pytest.approx(10 / 14)


# Each program answers correctly with many times the teacher's work and tries to hide that.
CHEATS = {
    "stops the trace": "import sys\n{f}\n    sys.settrace(None)\n{work}",
    "reaches it by name": "{f}\n    __import__('sys').settrace(None)\n{work}",
    "reaches it through a module": "import re\n{f}\n    re.enum.sys.settrace(None)\n{work}",
    "by a string": "import string\n{f}\n    string.Formatter().get_field('0', (1,), {{}})\n{work}",
    "takes the frame": "{f}\n    g = (n for n in [1])\n    g.gi_frame.f_trace = None\n{work}",
    "takes the frame by a pattern": "{f}\n    match (n for n in [1]):\n        case object(gi_frame=g):\n"
    "            del g\n{work}",
    "works in eval": "{f}\n    eval('sum(range(5000))')\n{work}",
    "breaks the trace by recursion": "def deep():\n    return deep()\n\n{f}\n    try:\n        deep()\n"
    "    except RecursionError:\n        pass\n{work}",
    "catches its end": "{f}\n    try:\n        for _ in range(9999):\n            pass\n"
    "    except:\n        pass\n{work}",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_hidden_work_lowers_efficiency(cheat: str) -> None:
    work = "    for _ in range(300):\n        pass\n    return sum(n for n in numbers if n % 2 == 0)\n"
    (verdict,) = judged(CHEATS[cheat].format(f="def total(numbers):", work=work))
    assert verdict.correctness == 1.0, verdict.remark
    assert verdict.efficiency <= 0.06


@pytest.mark.parametrize("program", [SOLUTION, "import math\nfrom functools import reduce\nx = math.pi"])
def test_ordinary_programs_are_not_suspected_of_hiding_work(program: str) -> None:
    assert reaches(program) == ""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("import os\n", "F401"),
        ("def f():\n    x = 1\n", "F841"),
        ("def f(): ...\ndef f(): ...\n", "F811"),
        ("def f(a):\n    return 1\n", "ARG001"),
        ("sum = 1\n", "A001"),
        ("def f(list):\n    return list\n", "A002"),
        ("def f(a=[]):\n    return a\n", "B006"),
        ("def f(a):\n    a\n    return a\n", "B018"),
        (f"x = {'1 + ' * 50}1\n", "E501"),
        ("def f(a):\n    return a == None\n", "E711"),
        ("def f(a):\n    return a == True\n", "E712"),
        ("try:\n    f()\nexcept:\n    g()\n", "E722"),
        ("f = lambda a: a\n", "E731"),
        ("def f():\n    g()\n    pass\n", "PIE790"),
        ("a = a\n", "PLW0127"),
        ("def f():\n    global a\n    a = 1\n", "PLW0603"),
        ("def f(a):\n    b = a + 1\n    return b\n", "RET504"),
        ("try:\n    f()\nexcept ValueError:\n    pass\n", "S110"),
        ("def f():\n    return 1\n    g()\n", "never reached"),
        ("if True:\n    f()\n", "constant"),
    ],
)
def test_each_style_problem_is_found(body: str, code: str) -> None:
    (found,) = findings(body)
    assert code in found


def test_good_style_has_no_findings() -> None:
    assert findings(SOLUTION + loop()) == ["F811 total is defined again"]


def test_complexity_and_nesting_are_exact() -> None:
    chain = (
        "def f(a):\n    if a > 1 and a < 5:\n        g()\n    elif a:\n        return [x for x in a if x]\n"
    )
    assert (complexity("x = 1"), complexity(SOLUTION), complexity(chain)) == (1, 3, 6)
    assert (nesting("x = 1"), nesting(chain), nesting(loop())) == (0, 1, 2)


def test_a_program_that_is_too_deep_to_analyse_gets_a_low_quality() -> None:
    deep = f"x = {' + '.join('1' * 1500)}\n{SOLUTION}"
    (verdict,) = judged(deep)
    assert verdict.quality < 0.7
    assert verdict.correctness in (0.0, 1.0)


def test_a_sandbox_fault_leaves_the_program_unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StaticJudge, "_run", lambda _, programs: [Result(fault="it is gone")] * len(programs))
    assert StaticJudge().judge([Question(PROBLEM, SOLUTION)]) == [Unjudged("it is gone")]


def test_a_teacher_without_a_step_count_leaves_the_program_unjudged() -> None:
    endless = "def total(numbers):\n    while numbers is numbers:\n        numbers.copy()\n"
    (problem,) = load_judged_problems([{"prompt": "Add up.", "asserts": ASSERTS, "solution": endless}])
    (found,) = StaticJudge().judge([Question(problem, SOLUTION)])
    assert isinstance(found, Unjudged)
    assert "teacher" in found.reason


@pytest.mark.parametrize("settings", [{"sandbox": "none"}, {"cpu_seconds": 0}, {"memory_mb": -1}])
def test_invalid_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        StaticJudge(**settings)
