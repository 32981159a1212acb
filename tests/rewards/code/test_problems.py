"""Tests of a problem, given as cases or assert lines, and the extraction of the program from a completion."""

# ruff: noqa: E501 - a case a line
import json
from pathlib import Path
from typing import Any

import pytest

from rewards.code.extract import first_block, python_block
from rewards.code.problems.asserts import UntranslatableError, cases_from
from rewards.code.problems.cases import Case, case_of
from rewards.code.problems.problem import load_problems
from rewards.code.sandbox.pool import Sandbox
from rewards.code.sandbox.program import Program

LIBRARY = """
def same(x, *more, **named): return x
def pair(a, b=2): return (a, b)
"""


@pytest.mark.parametrize(
    ("line", "case"),
    [
        ("assert f(2) == 3", case_of("f", [2], 3, exact=False)),
        ("assert 3 == f(2)", case_of("f", [2], 3, exact=False)),
        ("assert f([1, -2], k={'a': (1,)}) == {1, 2}, 'why'", case_of("f", [[1, -2]], {1, 2}, keywords={"k": {"a": (1,)}}, exact=False)),
        ("assert f('x')", case_of("f", ["x"], True, through="bool", exact=False)),
        ("assert not f()", case_of("f", [], False, through="bool", exact=False)),
        ("assert f(1) is None", case_of("f", [1], None)),
        ("assert f(1) is False", case_of("f", [1], False)),
        ("assert set(f((3, 4), (5,))) == set((3, 4))", case_of("f", [(3, 4), (5,)], {3, 4}, through="set", exact=False)),
        ("assert len(f(set([1]))) == 1", case_of("f", [{1}], 1, through="len", exact=False)),
        ("assert abs(f(1) - 0.5) < 1e-3", case_of("f", [1], 0.5, exact=False, tolerance=1e-3)),
        ("assert math.isclose(f(1), 50, rel_tol=0.001)", case_of("f", [1], 50.0, exact=False, tolerance=0.05)),
        ("assert math.isclose(2, f(1), abs_tol=0.1)", case_of("f", [1], 2.0, exact=False, tolerance=0.1)),
    ],
)  # fmt: skip
def test_assert_lines_become_cases(line: str, case: Case) -> None:
    assert cases_from(line) == [case]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "assert",
        "f(2)",
        "import math",
        "for x in range(3): assert f(x) == x",
        "assert f(2) == g(2)",
        "assert f(2) == 3 == 4",
        "assert f(2) != 3",
        "assert f(2) < 3",
        "assert f(x) == 3",
        "assert f(*[1]) == 3",
        "assert f(**{}) == 3",
        "assert f(Pair(1, 2)) == 3",
        "assert x.f(2) == 3",
        "assert f(2)(3) == 3",
        "assert f(2) == float('nan')",
        "assert sorted(sorted(f(2))) == 3",
        "assert math.isclose(f(1), 2, tol=3)",
        "assert f(2) == 3 or exit()",
        "assert f(2) == int('x')",
        "assert __import__('os').system('true') == 0",
    ],
)
def test_untranslatable_tests_are_refused_with_a_one_line_error(line: str) -> None:
    with pytest.raises(UntranslatableError) as refused:
        cases_from(line)
    assert "\n" not in str(refused.value)


def test_translated_tests_agree_with_the_assert_lines() -> None:
    lines = [
        "assert same(2) == 2.0",
        "assert same([])",
        "assert not same(0)",
        "assert same(None) is None",
        "assert same(0) is False",
        "assert sorted(same({3, 1})) == [1, 3]",
        "assert list(same((x for x in 'a'))) == ['a']",
        "assert pair(1) == (1, 2)",
        "assert pair(1, b=3) == [1, 3]",
        "assert abs(same(0.1) - 0.10001) < 1e-3",
        "assert same((1, 2)) == (1, 2.0)",
        "assert same('a', 1, k=2) == 'a'",
        "assert missing(1) == 1",
    ]
    cases = [case for line in lines if "for x" not in line for case in cases_from(line)]
    with Sandbox(workers=1) as sandbox:
        (result,) = sandbox.run([Program(LIBRARY, tuple(case.call for case in cases))])
    verdicts = [case.passes(answer) for case, answer in zip(cases, result.answers, strict=True)]
    space: dict[str, Any] = {}
    exec(LIBRARY, space)
    wanted = []
    for line in lines:
        if "for x" not in line:
            try:
                exec(line, space)
                wanted.append(True)
            except Exception:
                wanted.append(False)
    assert verdicts == wanted
    assert set(wanted) == {True, False}


def test_problems_are_loaded_from_a_file_or_a_list(tmp_path: Path) -> None:
    entries: list[dict[str, Any]] = [
        {"prompt": "a", "cases": [{"function": "f", "args": [{"tuple": [1]}], "expected": {"set": [1]}}]},
        {"prompt": "b", "asserts": ["assert f(1) == 2", "assert f(2) == 3"]},
    ]
    file = tmp_path / "problems.jsonl"
    file.write_text("\n".join(map(json.dumps, entries)) + "\n\n")
    first, second = load_problems(str(file))
    assert first.cases == (case_of("f", [(1,)], {1}),)
    assert len(second.cases) == 2
    assert load_problems(entries) == (first, second) == load_problems([first, second])


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "there are no problems"),
        ([{"prompt": "a"}], "has no test"),
        ([{"prompt": "a", "asserts": ["assert f()"]}] * 2, "same prompt"),
        ([{"prompt": "a", "test": ["assert f()"]}], "wrong at test"),
        ([{"prompt": "a", "cases": [{"function": "f"}]}], "wrong at cases.0.expected"),
        ([{"prompt": "a", "cases": [{"function": "f", "expected": {"what": 1}}]}], "encodes no value"),
        (
            [{"prompt": "a", "cases": [{"function": "f", "expected": 1, "through": "eval"}]}],
            "through must be one of abs, bool",
        ),
        (
            [{"prompt": "a", "cases": [{"function": "f", "expected": 1, "tolerance": -1}]}],
            "must not be negative",
        ),
        ("nowhere.jsonl", "cannot read the problems nowhere.jsonl"),
    ],
)
def test_invalid_problems_are_refused(entries: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load_problems(entries)


@pytest.mark.parametrize(
    ("text", "first", "python"),
    [
        ("x = 1\n", "x = 1", "x = 1"),
        ("So:\n```python\nx = 1\n```\nand\n```\ny\n```", "x = 1", "x = 1"),
        ("```\nx = 1\n```", "x = 1", "x = 1"),
        ("```\ny\n```\n```python\nx = 1\n```", "y", "x = 1"),
        ("```python\nx = 1", "```python\nx = 1", "x = 1"),
        ("```js\ny\n``` ```python\nx = 1\n```", "x = 1", "x = 1"),
        ("```js\ny\n```", "```js\ny\n```", "js\ny"),
        ("a ``` b", "a ``` b", "a ``` b"),
        ("", "", ""),
    ],
)
def test_the_program_is_extracted_from_a_completion(text: str, first: str, python: str) -> None:
    assert first_block(text) == first
    assert python_block(text) == python
