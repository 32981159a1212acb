"""The static judge: runs tests, checks style and docstring, and counts bytecode instructions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rewards.code.problems.values import encode
from rewards.code.reward import readable
from rewards.code.sandbox.limits import Limits, limits_of
from rewards.code.sandbox.pool import BEST, check_mode, shared_sandbox
from rewards.code.sandbox.program import Call, Program, Result
from rewards.judge.problems import JudgedProblem
from rewards.judge.static.docstring import docstring
from rewards.judge.verdict import Question, Unjudged, Verdict

_FACTOR_PER_FINDING = 0.8
"""Each finding multiplies the quality by this."""
_MAX_COMPLEXITY = 10
"""A higher McCabe complexity lowers the quality. McCabe's own limit, and the default of C901."""
_MAX_NESTING = 4
"""Deeper nesting of blocks lowers the quality. The limit of pylint's R1702 is 5."""
_MAX_STEP_RATIO = 20
"""A call is stopped after this many times the instructions of the teacher's longest call."""
_MAX_TEACHER_STEPS = 200_000
"""Limit of instructions in one call of the teacher's solution; counting them takes about 0.1 s."""
_TEXT_ANSWERS = 5
"""Number of answers about the text of a program: findings, complexity, nesting, documentation, reaches. The
instruction counts follow them."""


@dataclass(frozen=True)
class StaticJudge:
    """A judge that needs no model and no network. Equal programs get equal verdicts on one Python version.

    - correctness: share p of the problem's cases that the program passes.
    - quality: p x 0.8^findings x min(1, 10 / complexity) x min(1, 4 / nesting).
    - efficiency: p x min(1, teacher's instructions / its own), over the cases that it passes.
    - documentation: p x ROUGE-L of its docstring with the teacher's.

    The last three are multiplied by p because they have a value only if the program works. Otherwise neat
    code that solves nothing would get 0.7 of the weighted sum. Everything is measured in the sandbox.

    Attributes:
        cpu_seconds: CPU time that a program may use, in whole seconds.
        memory_mb: Memory that a program may use, in MiB.
        sandbox: `best` for all walls that this machine has, or `none-i-accept-the-risk` for none.

    Raises:
        ValueError: If the sandbox is not one of these, or a limit is not positive.
    """

    cpu_seconds: int = 1
    memory_mb: int = 256
    sandbox: str = BEST
    _steps_of_teachers: dict[tuple[str, str], tuple[int, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        check_mode(self.sandbox)
        _ = self._limits  # raises ValueError for a limit that is not positive

    @property
    def _limits(self) -> Limits:
        return limits_of(self.cpu_seconds, self.memory_mb)

    def _run(self, programs: Sequence[Program]) -> list[Result]:
        return shared_sandbox(self.sandbox, self._limits).run(programs)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order. Unjudged if the sandbox or the teacher's solution fails."""
        calls = [tuple(case.call for case in q.problem.cases) for q in questions]
        tested = self._run([Program(q.program, c) for q, c in zip(questions, calls, strict=True)])
        passed = [_passed(q, result) for q, result in zip(questions, tested, strict=True)]
        working = [n for n, cases in enumerate(passed) if any(cases)]
        measured = self._run(
            [_measuring(questions[n], self._max_steps(questions[n].problem)) for n in working]
        )
        answers: list[Verdict | Unjudged] = [
            Unjudged(result.fault) if result.fault else _nothing_works(result) for result in tested
        ]
        for n, result in zip(working, measured, strict=True):
            answers[n] = self._verdict(questions[n], passed[n], result)
        return answers

    def _max_steps(self, problem: JudgedProblem) -> int:
        return _MAX_STEP_RATIO * max(self._teacher_steps(problem), default=_MAX_TEACHER_STEPS)

    def _teacher_steps(self, problem: JudgedProblem) -> tuple[int, ...]:
        """Number of instructions to load the solution, then of each case. Empty if they cannot be counted."""
        key = (problem.prompt, problem.solution)
        if key not in self._steps_of_teachers:
            (measured,) = self._run([_measuring(Question(problem, problem.solution), _MAX_TEACHER_STEPS)])
            if measured.fault:
                return ()
            steps = _steps(measured, problem)
            self._steps_of_teachers[key] = steps if min(steps) > 0 and max(steps) < _MAX_TEACHER_STEPS else ()
        return self._steps_of_teachers[key]

    def _verdict(self, question: Question, passed: Sequence[bool], measured: Result) -> Verdict | Unjudged:
        if measured.fault:
            return Unjudged(measured.fault)
        teacher = self._teacher_steps(question.problem)
        if not teacher:
            return Unjudged("the instructions of the teacher's solution cannot be counted")
        share = sum(passed) / len(passed)
        text_answers = measured.answers[:_TEXT_ANSWERS]
        error = next((answer.error for answer in text_answers if answer.error), "")
        if error or len(text_answers) < _TEXT_ANSWERS:  # the program is too long or too deeply nested
            remark = (
                f"{sum(passed)} of {len(passed)} tests pass; cannot be analysed: {error or measured.reason}"
            )
            return Verdict(share, 0.0, 0.0, 0.0, readable(remark))
        findings, complexity, nesting, documentation, reaches = (answer.value for answer in text_answers)
        quality = _FACTOR_PER_FINDING ** len(findings)
        quality *= min(1.0, _MAX_COMPLEXITY / complexity) * min(1.0, _MAX_NESTING / max(1, nesting))
        own = _steps(measured, question.problem)
        efficiency = 0.0 if reaches else _efficiency(teacher, own, passed)
        remarks = [f"{sum(passed)} of {len(passed)} tests pass", *findings]
        remarks += [f"efficiency 0, because it uses {reaches}"] if reaches else []
        parts = (share, share * quality, share * efficiency, share * documentation)
        return Verdict(*parts, readable("; ".join(remarks)))


def _passed(question: Question, result: Result) -> list[bool]:
    """Whether the program passes, for each case. Cases without an answer fail."""
    cases = question.problem.cases
    answered = [case.passes(answer) for case, answer in zip(cases, result.answers, strict=False)]
    return answered + [False] * (len(cases) - len(answered))


def _nothing_works(result: Result) -> Verdict:
    error = next((answer.error for answer in result.answers if answer.error), result.reason)
    return Verdict(0.0, 0.0, 0.0, 0.0, readable(f"no test passes{'; ' * bool(error)}{error}"))


def _efficiency(teacher: Sequence[int], own: Sequence[int], passed: Sequence[bool]) -> float:
    """Ratio of the teacher's instructions to the program's own, at most 1; 0 if a count is missing.

    Bytecode instructions are counted while the program is loaded and in the cases that it passes.
    """
    pairs = [(t, o) for t, o, counts in zip(teacher, own, [True, *passed], strict=True) if counts]
    if not all(o for _, o in pairs):
        return 0.0
    return min(1.0, sum(t for t, _ in pairs) / sum(o for _, o in pairs))


def _measuring(question: Question, max_steps: int) -> Program:
    """A program for the sandbox that measures the program of `question`.

    The calls about the text come first, because the program can change later answers once it runs.
    """
    function, text = _function(question.problem), encode(question.program)
    reference = docstring(
        question.problem.solution, function
    )  # trusted, so it may be parsed outside of the sandbox
    calls = [Call(name, (text,)) for name in ("findings", "complexity", "nesting")]
    calls += [Call("documentation", (text, function, reference)), Call("reaches", (text,))]
    calls.append(Call("load", (text, max_steps)))
    for case in question.problem.cases:
        call = case.call
        keywords = {"dict": list(map(list, call.keywords.items()))}
        calls.append(Call("count", (call.function, list(call.arguments), keywords, call.through, max_steps)))
    return Program(_source("style", "docstring", "steps"), tuple(calls))


def _steps(measured: Result, problem: JudgedProblem) -> tuple[int, ...]:
    """Number of instructions to load the program, then of each case; 0 if it is unknown."""
    values = [answer.value for answer in measured.answers[_TEXT_ANSWERS:]]
    values += [None] * (1 + len(problem.cases) - len(values))
    return tuple(value if isinstance(value, int) and value > 0 else 0 for value in values)


def _function(problem: JudgedProblem) -> str:
    return problem.cases[0].call.function


@cache
def _source(*names: str) -> str:
    """Source code of modules of this folder as one text."""
    return "\n".join(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8") for name in names)
