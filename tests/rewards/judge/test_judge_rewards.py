"""The score of a student's program relative to its teacher's, for any judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rewards.base import Sample
from rewards.compose import RewardSuite, SuiteError, Weighted
from rewards.judge.check import BadJudgeError
from rewards.judge.components.judged_code import JudgedCode
from rewards.judge.judges import RememberingJudge
from rewards.judge.problems import load_judged_problems
from rewards.judge.verdict import CRITERIA, Question, Unjudged, Verdict
from rewards.registry import build_suite, make_reward

ENTRIES = [
    {"prompt": "add", "asserts": ["assert add(1, 2) == 3"], "solution": "teacher of add"},
    {"prompt": "double", "asserts": ["assert double(2) == 4"], "solution": "teacher of double"},
]
PROBLEMS = load_judged_problems(ENTRIES)


@dataclass(frozen=True)
class Scripted:
    """A judge that gives fixed answers and records the questions."""

    answers: tuple[tuple[str, Verdict | Unjudged], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "asked", [])

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        self.__dict__["asked"] += [question.program for question in questions]
        return [dict(self.answers)[question.program] for question in questions]


def equal(value: float) -> Verdict:
    return Verdict(value, value, value, value)


def ratio(student: Verdict | Unjudged, teacher: Verdict | Unjudged, **weights: Any) -> tuple[Any, str]:
    judge = Scripted((("student", student), ("teacher of add", teacher)))
    (found,) = JudgedCode(judge=judge, problems=PROBLEMS, **weights)([Sample("add", "student")])
    return found.score, found.message


def test_the_default_weights_are_the_published_ones() -> None:
    assert ratio(Verdict(1, 0, 0, 0), equal(1))[0] == pytest.approx(0.3)
    assert ratio(Verdict(0, 1, 0, 0), equal(1))[0] == pytest.approx(0.3)
    assert ratio(Verdict(0, 0, 1, 0), equal(1))[0] == pytest.approx(0.2)
    assert ratio(Verdict(0, 0, 0, 1), equal(1))[0] == pytest.approx(0.2)


def test_weights_can_be_changed() -> None:
    only = {"correctness": 2.0, "quality": 0.0, "efficiency": 0.0, "documentation": 0.0}
    assert ratio(Verdict(0.6, 1, 1, 1), equal(1), **only)[0] == pytest.approx(0.6)


@pytest.mark.parametrize(
    "weights", [dict.fromkeys(CRITERIA, 0.0), {"quality": -1.0}, {"quality": float("nan")}]
)
def test_invalid_weights_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(SuiteError, match="weights must be"):
        make_reward("judged_code", {"problems": ENTRIES, **weights})


def test_the_score_is_relative_to_the_teachers_and_at_most_one() -> None:
    assert ratio(equal(0.3), equal(0.6))[0] == pytest.approx(0.5)
    assert ratio(equal(0.0), equal(0.6))[0] == 0.0
    assert ratio(equal(0.9), equal(0.6))[0] == 1.0  # better than the teacher


@pytest.mark.parametrize("teacher", [0.0, 0.05, 1e-9])
def test_a_teacher_with_a_score_near_zero_leaves_the_sample_unscored(teacher: float) -> None:
    score, message = ratio(equal(0.5), equal(teacher))
    assert score is None
    assert "too low to compare with" in message


def test_an_unjudged_program_or_teacher_is_unscored() -> None:
    assert ratio(Unjudged("status 500"), equal(1)) == (None, "not judged: status 500")
    assert ratio(equal(1), Unjudged("status 500")) == (None, "the teacher was not judged: status 500")


def test_scores_stay_with_their_samples_in_a_mixed_batch() -> None:
    judge = Scripted(
        (
            ("a", equal(0.2)),
            ("b", Unjudged("no")),
            ("c", equal(0.8)),
            ("teacher of add", equal(0.8)),
            ("teacher of double", equal(0.4)),
        )
    )
    samples = [("add", "a"), ("double", "a"), ("unknown", "a"), ("add", "b"), ("add", " "), ("double", "c")]
    found = JudgedCode(judge=judge, problems=PROBLEMS)([Sample(*one) for one in samples])
    assert [one.score for one in found] == [pytest.approx(0.25), pytest.approx(0.5), None, None, 0.0, 1.0]


def test_a_suite_counts_unjudged_samples_as_unscored() -> None:
    judge = Scripted((("a", equal(0.5)), ("b", Unjudged("no")), ("teacher of add", equal(1))))
    suite = RewardSuite([Weighted(JudgedCode(judge=Knowing(judge), problems=PROBLEMS), 1.0)])
    scores = suite.score([Sample("add", "a"), Sample("add", "b")])
    assert scores.unscored == 1
    np.testing.assert_array_equal(scores.totals, [0.5, np.nan])
    assert scores.reason == "not judged: no"


@dataclass(frozen=True)
class Knowing:
    """A judge that grades known programs correctly and passes the rest to another judge."""

    other: Scripted

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        known = [q for q in questions if "double(number" in q.problem.prompt]
        if known:
            return [equal(float("2 * number" in q.program or "number + number" in q.program)) for q in known]
        return self.other.judge(questions)


def test_only_failed_questions_are_asked_again() -> None:
    judge = Scripted((("a", equal(0.5)), ("b", Unjudged("no")), ("teacher of add", equal(1))))
    reward = JudgedCode(judge=RememberingJudge(judge), problems=PROBLEMS)
    samples = [Sample("add", text) for text in ("a", "b", "a", "a")]
    assert [one.score for one in reward(samples)] == [0.5, None, 0.5, 0.5]
    assert judge.__dict__["asked"] == ["a", "b", "teacher of add"]
    assert [one.score for one in reward(samples)] == [0.5, None, 0.5, 0.5]
    assert judge.__dict__["asked"] == ["a", "b", "teacher of add", "b"]


def test_a_judge_that_cannot_tell_good_from_bad_is_refused() -> None:
    with pytest.raises(BadJudgeError, match="cannot tell"):
        JudgedCode(judge=LikesAll(), problems=PROBLEMS).prepare()


@dataclass(frozen=True)
class LikesAll:
    """A judge that gives every program full grades."""

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        return [equal(1.0)] * len(questions)


SOLUTION = 'def add(a, b):\n    """Return the sum of a and b."""\n    return a + b\n'


def test_a_suite_can_report_each_criterion_separately(tmp_path: Path) -> None:
    entry = {**ENTRIES[0], "solution": SOLUTION}
    params = {"problems": [entry]}
    declared: list[dict[str, Any]] = [{"name": "judged_code", "params": params}]
    declared += [{"name": f"judged_{c}", "params": params, "weight": 0} for c in CRITERIA]
    suite = build_suite({"rewards": declared}, tmp_path)
    texts = [SOLUTION, "def add(a, b):\n    return a + b\n", "def add(a, b):\n    return a - b\n"]
    scores = suite.score([Sample("add", text) for text in texts], report=suite.monitored)
    assert scores.totals.tolist() == pytest.approx([1.0, 0.8, 0.0])
    assert scores.components["judged_documentation"].tolist() == [1.0, 0.0, 0.0]
    assert scores.components["judged_correctness"].tolist() == [1.0, 1.0, 0.0]
    assert "documentation 0.00" in scores.evaluations["judged_code"][1].message


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], "no problems"),
        ([{"prompt": "p", "asserts": ["assert f(1) == 1"]}], "no solution"),
        ([{"prompt": "p", "asserts": ["assert f(1) == 1"], "solution": " "}], "no solution"),
        ([{"prompt": "p", "solution": "x"}], "no test"),
        ([{"prompt": "p", "solution": "x", "points": 3}], "points"),
        ([ENTRIES[0], ENTRIES[0]], "same prompt"),
        ("nowhere.jsonl", "cannot read"),
    ],
)
def test_invalid_problems_are_refused(entries: Any, says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        make_reward("judged_code", {"problems": entries})


@pytest.mark.parametrize("params", [{"judge": "dynamic"}, {"extract": "any"}, {"reads": "prompt"}])
def test_invalid_parameters_are_refused(params: dict[str, str]) -> None:
    with pytest.raises(SuiteError, match="must be"):
        make_reward("judged_code", {"problems": ENTRIES, **params})
