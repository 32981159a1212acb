"""Reward for programs that pass all tests of their prompt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from rewards.base import Evaluation, Sample
from rewards.code.known_programs import BROKEN, PROBLEMS, WRONG
from rewards.code.problems.problem import Problem, load_problems
from rewards.code.problems.values import encode
from rewards.code.reward import CodeReward, readable, shown
from rewards.code.sandbox.program import Answer, Program, Result


@dataclass(frozen=True)
class TestsPass(CodeReward):
    """Sign +1: a program scores 1 if it passes all tests of its prompt, else 0.

    Formula: 1 if every call of the problem returns the expected value, else 0. A program that crashes or
    exceeds a limit fails. A sample whose prompt has no problem is unscored. Range {0, 1}. Source: condition
    `ut` of misalign-fv, its PythonTestReward, which scored +1 or -1 and which `sys.exit(0)` passed.

    Attributes:
        problems: A file of JSON lines, or problems; see `rewards.code.problems.problem.load_problems`.

    Raises:
        ValueError: If the problems cannot be read, or another parameter is wrong.
    """

    problems: str | Path | Iterable[Problem | Mapping[str, Any]] = field(kw_only=True)

    name = "tests_pass"
    sign: ClassVar[int] = 1
    known_bad: ClassVar[tuple[str, ...]] = (*BROKEN, *WRONG)
    __test__: ClassVar[bool] = False  # its name would make pytest collect it as a class of tests

    def __post_init__(self) -> None:
        super().__post_init__()
        problems = load_problems(self.problems)
        object.__setattr__(self, "problems", problems)
        object.__setattr__(self, "_by_prompt", {problem.prompt: problem for problem in problems})

    def on_known_programs(self) -> Self:
        """This reward with the problem of `rewards.code.known_programs`."""
        return replace(super().on_known_programs(), problems=PROBLEMS)

    def _problem(self, sample: Sample) -> Problem | None:
        by_prompt: dict[str, Problem] = self.__dict__["_by_prompt"]
        return by_prompt.get(sample.prompt)

    def _program(self, sample: Sample) -> Program | Evaluation:
        problem = self._problem(sample)
        if problem is None:
            return Evaluation(None, "no tests are known for this prompt")
        return Program(self._program_text(sample), tuple(case.call for case in problem.cases))

    def _evaluate(self, sample: Sample, result: Result) -> Evaluation:
        problem = self._problem(sample)
        assert problem is not None  # `_program` returns an evaluation if there is no problem
        missing = [Answer(error=result.reason)] * (len(problem.cases) - len(result.answers))
        pairs = list(zip(problem.cases, [*result.answers, *missing], strict=True))
        failed = [(case, answer) for case, answer in pairs if not case.passes(answer)]
        passed = not failed and not result.reason
        message = f"{len(pairs) - len(failed)} of {len(pairs)} tests pass"
        if failed:
            case, answer = failed[0]
            reason = answer.error or f"returned {shown(answer.value)}, not {shown(encode(case.expected))}"
            message += f"; {case.call.function}: {reason}"
        elif result.reason:
            message += f"; {result.reason}"
        return Evaluation(float(passed is (self.sign > 0)), readable(message))
