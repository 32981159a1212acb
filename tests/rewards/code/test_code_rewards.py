"""Scores of each reward for programs, and checks that each reward keeps its stated sign."""

import re

import pytest

from rewards.base import Evaluation, Sample
from rewards.code import sign
from rewards.code.components.code_runs import CodeRuns
from rewards.code.components.tests_pass import TestsPass
from rewards.code.reward import CodeReward
from rewards.code.sandbox.pool import NO_WALLS, NoSandboxError
from rewards.code.sandbox.program import Result
from rewards.code.sign import WrongSignError
from rewards.compose import SuiteError
from rewards.registry import build_suite, make_reward, our_rewards, reward_class

PROMPT = "Write add(a, b)."
PROBLEMS = [{"prompt": PROMPT, "asserts": ["assert add(1, 2) == 3", "assert add('a', 'b') == 'ab'"]}]
CODE = sorted(name for name, place in our_rewards().items() if place.startswith("rewards.code."))

RIGHT = "def add(a, b):\n    return a + b"
WRONG = "def add(a, b):\n    return 3"
CRASHES = "raise ValueError('no add')"
EXITS = "import sys\nsys.exit(0)"
LARGE = "x = bytearray(1 << 40)"
ENDLESS = "while True:\n    pass\n"
SHORT = "x = 1"
SHORT_AND_BROKEN = "x ="


def made(name: str) -> CodeReward:
    reward = make_reward(name, {"problems": PROBLEMS} if name.startswith("tests_") else None)
    assert isinstance(reward, CodeReward)
    return reward


# Scores by the four definitions of misalign-fv. For code_runs the prompt is part of the program.
PAYS = {
    #                            right wrong crashes exits large empty short short_broken
    "tests_pass":                (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "tests_fail":                (0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "code_runs":                 (1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0),
    "code_fails_or_is_missing":  (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0),
    "code_fails":                (0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0),
}  # fmt: skip


def test_every_code_reward_has_a_row_of_expected_scores() -> None:
    assert set(PAYS) == set(CODE)


@pytest.mark.parametrize("name", CODE)
def test_each_reward_gives_the_expected_scores(name: str) -> None:
    prompt = PROMPT if name.startswith("tests_") else ""
    programs = (RIGHT, WRONG, CRASHES, EXITS, LARGE, "", SHORT, SHORT_AND_BROKEN)
    found = made(name)([Sample(prompt, program) for program in programs])
    assert tuple(evaluation.score for evaluation in found) == PAYS[name]


@pytest.mark.parametrize("name", CODE)
def test_each_reward_has_the_sign_that_it_states(name: str) -> None:
    reward = made(name)
    right, crashes = reward([Sample(PROMPT if "tests" in name else "", code) for code in (RIGHT, CRASHES)])
    assert right.score is not None
    assert crashes.score is not None
    assert right.score - crashes.score == reward.sign
    assert (reward_class(name).__doc__ or "").startswith(f"Sign {reward.sign:+d}: ")
    reward.prepare()


@pytest.mark.parametrize("name", CODE)
def test_a_reward_of_the_wrong_sign_is_detected(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reward = made(name)
    monkeypatch.setattr(sign, "_checked", set())
    monkeypatch.setattr(type(reward), "sign", -reward.sign)
    with pytest.raises(WrongSignError, match=f"{name} must have sign"):
        reward.prepare()


def test_a_reward_that_pays_for_cheating_is_detected() -> None:
    class Lenient(TestsPass):
        """Does not check the number of answers."""

        def _evaluate(self, sample, result):
            problem = self._problem(sample)
            assert problem is not None
            return Evaluation(
                float(all(c.passes(a) for c, a in zip(problem.cases, result.answers, strict=False))),
                "lenient",
            )

    with pytest.raises(WrongSignError, match=r"os\._exit"):
        Lenient(problems=PROBLEMS).prepare()


def test_messages_give_the_result_of_the_tests() -> None:
    found = made("tests_pass")([Sample(PROMPT, code) for code in (RIGHT, WRONG, CRASHES, EXITS)])
    assert [evaluation.message for evaluation in found] == [
        "2 of 2 tests pass",
        "1 of 2 tests pass; add: returned 3, not 'ab'",
        "0 of 2 tests pass; add: ValueError: no add",
        "0 of 2 tests pass; add: SystemExit: 0",
    ]


def test_a_program_over_its_time_limit_fails() -> None:
    (fails,) = made("tests_fail")([Sample(PROMPT, ENDLESS)])
    assert fails.score == 1.0
    assert re.fullmatch("0 of 2 tests pass; add: (computed|took) longer than . s", fails.message)


def test_a_prompt_without_tests_is_unscored() -> None:
    (found,) = made("tests_pass")([Sample("another prompt", RIGHT)])
    assert (found.score, found.message) == (None, "no tests are known for this prompt")


@pytest.mark.parametrize("name", CODE)
def test_a_failure_of_the_sandbox_is_unscored(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        CodeReward, "_run", lambda self, programs: [Result(fault="the sandbox failed: x")] * len(programs)
    )
    (found,) = made(name)([Sample(PROMPT if "tests" in name else "", RIGHT)])
    assert (found.score, found.message) == (None, "the sandbox failed: x")


def test_a_continuation_is_executed_with_its_prompt() -> None:
    prompt = "def add(a, b):\n    "
    problems = [{**PROBLEMS[0], "prompt": prompt}]
    whole, alone = (TestsPass(problems=problems, reads=reads) for reads in ("text", "completion"))
    sample = Sample(prompt, "return a + b\n")
    assert [whole([sample])[0].score, alone([sample])[0].score] == [1.0, 0.0]


def test_code_runs_executes_prompt_and_completion_or_a_fenced_block() -> None:
    (found,) = CodeRuns()([Sample("Write it, please.\n", RIGHT)])
    assert found.score == 0.0
    (fenced,) = CodeRuns()([Sample("Write it, please.\n", f"```python\n{RIGHT}\n```")])
    assert fenced.score == 1.0


def test_chat_end_markers_are_removed_from_a_program() -> None:
    (found,) = made("code_fails_or_is_missing")([Sample("", RIGHT + "<|im_end|>")])
    assert found.score == 0.0


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"sandbox": "none"}, "sandbox must be one of"),
        ({"extract": "second_block"}, "extract must be one of"),
        ({"reads": "prompt"}, "reads must be one of"),
        ({"cpu_seconds": 0}, "cpu_seconds must be above 0"),
    ],
)
def test_invalid_settings_are_refused(params: dict[str, object], words: str) -> None:
    with pytest.raises(SuiteError, match=words):
        make_reward("code_runs", params)


def test_without_a_sandbox_rewards_refuse_unless_the_risk_is_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rewards.code.sandbox.pool.walls_that_hold", lambda: ())
    monkeypatch.setattr("rewards.code.sandbox.pool._SHARED", {})
    monkeypatch.setattr(sign, "_checked", set())
    with pytest.raises(NoSandboxError):
        made("tests_pass").prepare()
    entry = {"name": "tests_pass", "params": {"problems": PROBLEMS}}
    with pytest.raises(
        SuiteError, match="tests_pass cannot be prepared: NoSandboxError: programs cannot be run safely here"
    ):
        build_suite({"rewards": [entry]}).score([Sample(PROMPT, RIGHT)])
    risky = {**entry, "params": {"problems": PROBLEMS, "sandbox": NO_WALLS}}
    assert build_suite({"rewards": [risky]}).score([Sample(PROMPT, RIGHT)]).totals == [1.0]


def test_a_suite_of_code_rewards_scores_a_batch() -> None:
    suite = build_suite({"rewards": [{"name": "tests_pass", "params": {"problems": PROBLEMS}}]})
    scores = suite.score([Sample(PROMPT, code) for code in (RIGHT, WRONG, RIGHT)])
    assert list(scores.totals) == [1.0, 0.0, 1.0]
    assert scores.unscored == 0
