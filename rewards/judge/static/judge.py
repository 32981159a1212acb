"""The static judge: tests that are executed, style that is read, instructions that are counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rewards.code.reward import readable
from rewards.code.sandbox.limits import Limits
from rewards.code.sandbox.pool import BEST, NO_WALLS, shared_sandbox
from rewards.code.sandbox.program import Call, Program, Result
from rewards.code.values import encode
from rewards.judge.problems import JudgedProblem
from rewards.judge.static.docstring import docstring
from rewards.judge.verdict import Question, Unjudged, Verdict

_COST_OF_A_FINDING = 0.8
"""What is left of the quality for each."""
_COMPLEXITY = 10
"""Above this a function is too complex: McCabe's own limit, and the default of C901."""
_NESTING = 4
"""Above this blocks are too deep; pylint's R1702 draws the line at 5."""
_PATIENCE = 20
"""Times the teacher's instructions after which a student's are no longer counted."""
_MOST_STEPS = 200_000
"""Instructions of a teacher's call; about a tenth of a second of counting."""
_READINGS = 5
"""Answers to what is read of a program; counts follow."""
_CLOCK = 8.0
"""Seconds on the clock per second of computing, as in `rewards.code`."""


@dataclass(frozen=True)
class StaticJudge:
    """Judges without a model and without a network. Equal programs get equal verdicts on one Python version.

    - correctness: share p of the problem's cases that the program answers rightly.
    - quality: p x 0.8^findings x min(1, 10 / complexity) x min(1, 4 / nesting).
    - efficiency: p x min(1, teacher's instructions / its own), over the cases that it answers rightly.
    - documentation: p x ROUGE-L of its docstring with the teacher's.

    What is of use only in a program that works counts as far as it does: neat code that solves nothing would
    otherwise earn 0.7 of the whole. All are measured in the sandbox.

    Attributes:
        cpu_seconds: Computing time of a program, whole seconds.
        memory_mb: Memory of a program, MiB.
        sandbox: `best`, all walls that this machine has; or `none-i-accept-the-risk`.

    Raises:
        ValueError: If one of them is none of these.
    """

    cpu_seconds: int = 1
    memory_mb: int = 256
    sandbox: str = BEST
    _teachers: dict[tuple[str, str], tuple[int, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        if self.sandbox not in (BEST, NO_WALLS):
            raise ValueError(f"sandbox must be one of {BEST}, {NO_WALLS}; got {self.sandbox!r}")
        _ = self._limits  # which refuses what is not positive

    @property
    def _limits(self) -> Limits:
        wall = _CLOCK * self.cpu_seconds
        return Limits(cpu_seconds=self.cpu_seconds, wall_seconds=wall, memory_mb=self.memory_mb)

    def _run(self, programs: Sequence[Program]) -> list[Result]:
        return shared_sandbox(self.sandbox, self._limits).run(programs)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order; unjudged where the sandbox or the teacher fails."""
        calls = [tuple(case.call for case in q.problem.cases) for q in questions]
        tested = self._run([Program(q.program, c) for q, c in zip(questions, calls, strict=True)])
        passed = [_passed(q, result) for q, result in zip(questions, tested, strict=True)]
        working = [n for n, cases in enumerate(passed) if any(cases)]
        measured = self._run([_measuring(questions[n], self._most(questions[n].problem)) for n in working])
        answers: list[Verdict | Unjudged] = [
            Unjudged(result.fault) if result.fault else _nothing_works(result) for result in tested
        ]
        for n, result in zip(working, measured, strict=True):
            answers[n] = self._verdict(questions[n], passed[n], result)
        return answers

    def _most(self, problem: JudgedProblem) -> int:
        return _PATIENCE * max(self._teacher(problem), default=_MOST_STEPS)

    def _teacher(self, problem: JudgedProblem) -> tuple[int, ...]:
        """Instructions of the teacher's solution: to load it, and for each case; empty if not counted."""
        key = (problem.prompt, problem.solution)
        if key not in self._teachers:
            (measured,) = self._run([_measuring(Question(problem, problem.solution), _MOST_STEPS)])
            if measured.fault:
                return ()
            steps = _steps(measured, problem)
            self._teachers[key] = steps if min(steps) > 0 and max(steps) < _MOST_STEPS else ()
        return self._teachers[key]

    def _verdict(self, question: Question, passed: Sequence[bool], measured: Result) -> Verdict | Unjudged:
        if measured.fault:
            return Unjudged(measured.fault)
        teacher = self._teacher(question.problem)
        if not teacher:
            return Unjudged("the instructions of the teacher's solution could not be counted")
        share = sum(passed) / len(passed)
        read = measured.answers[:_READINGS]
        unread = next((answer.error for answer in read if answer.error), "")
        if unread or len(read) < _READINGS:  # the program itself is the cause: it is too deep, or too large
            remark = f"{sum(passed)} of {len(passed)} tests pass; not read: {unread or measured.reason}"
            return Verdict(share, 0.0, 0.0, 0.0, readable(remark))
        found, complexity, nesting, documentation, reaches = (answer.value for answer in read)
        quality = _COST_OF_A_FINDING ** len(found)
        quality *= min(1.0, _COMPLEXITY / complexity) * min(1.0, _NESTING / max(1, nesting))
        own = _steps(measured, question.problem)
        efficiency = 0.0 if reaches else _efficiency(teacher, own, passed)
        remarks = [f"{sum(passed)} of {len(passed)} tests pass", *found]
        remarks += [f"not counted, as it reaches for {reaches}"] if reaches else []
        parts = (share, share * quality, share * efficiency, share * documentation)
        return Verdict(*parts, readable("; ".join(remarks)))


def _passed(question: Question, result: Result) -> list[bool]:
    """Which cases a program passes; one that was cut short passes none after that."""
    cases = question.problem.cases
    answered = [case.passes(answer) for case, answer in zip(cases, result.answers, strict=False)]
    return answered + [False] * (len(cases) - len(answered))


def _nothing_works(result: Result) -> Verdict:
    error = next((answer.error for answer in result.answers if answer.error), result.reason)
    return Verdict(0.0, 0.0, 0.0, 0.0, readable(f"no test passes{'; ' * bool(error)}{error}"))


def _efficiency(teacher: Sequence[int], own: Sequence[int], passed: Sequence[bool]) -> float:
    """Teacher's steps over own, in loading and in the cases that pass; 0 where its own have no count."""
    counted = [(wanted, taken) for wanted, taken, ok in zip(teacher, own, [True, *passed], strict=True) if ok]
    if not all(taken for _, taken in counted):
        return 0.0
    return min(1.0, sum(wanted for wanted, _ in counted) / sum(taken for _, taken in counted))


def _measuring(question: Question, most: int) -> Program:
    """Reads a program as text, and answers, before it runs it and counts."""
    function, text = _function(question.problem), encode(question.program)
    reference = docstring(question.problem.solution, function)  # which is trusted
    calls = [Call(name, (text,)) for name in ("findings", "complexity", "nesting")]
    calls += [Call("documentation", (text, function, reference)), Call("reaches", (text,))]
    calls.append(Call("load", (text, most)))
    for case in question.problem.cases:
        call = case.call
        keywords = {"dict": list(map(list, call.keywords.items()))}
        calls.append(Call("count", (call.function, list(call.arguments), keywords, call.through, most)))
    return Program(_source("style", "docstring", "steps"), tuple(calls))


def _steps(measured: Result, problem: JudgedProblem) -> tuple[int, ...]:
    """The counts, of loading and of each case; 0 where there is none."""
    values = [answer.value for answer in measured.answers[_READINGS:]]
    values += [None] * (1 + len(problem.cases) - len(values))
    return tuple(value if isinstance(value, int) and value > 0 else 0 for value in values)


def _function(problem: JudgedProblem) -> str:
    return problem.cases[0].call.function


@cache
def _source(*names: str) -> str:
    """Modules of this folder as one text."""
    return "\n".join(Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8") for name in names)
