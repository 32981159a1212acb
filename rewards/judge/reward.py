"""Base classes of the rewards that ask a judge."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from rewards.base import Evaluation, Reward, Sample
from rewards.code.extract import check_extraction, program_in
from rewards.code.reward import readable
from rewards.judge.check import check_judge
from rewards.judge.judges import make_judge
from rewards.judge.problems import JudgedProblem, load_judged_problems
from rewards.judge.verdict import Judge, Question, Unjudged, Verdict


@dataclass(frozen=True)
class JudgeReward(Reward):
    """A reward that asks a judge. Sign +1: a program with better grades scores higher.

    The program of a sample is the student's, the solution of its problem is the teacher's. Both are judged. A
    sample is unscored if one of the two could not be judged or its prompt has no problem; a sample without a
    program scores 0.

    Attributes:
        extract: Rule that finds the program: `first_block`, `python_block` or `whole_text`.
        reads: Text that contains the program: the `completion`, or `text` for prompt and completion as one.
        judge: `static`, a mapping of endpoint settings (`rewards.judge.endpoint.settings`), or a judge.
        problems: A file of JSON lines, or problems; see `rewards.judge.problems.load_judged_problems`.

    Raises:
        ValueError: If a parameter is invalid, or the problems cannot be read.
    """

    extract: str = "first_block"
    reads: str = "completion"
    judge: str | Mapping[str, Any] | Judge = "static"
    problems: str | Path | Iterable[JudgedProblem | Mapping[str, Any]] = field(kw_only=True)

    def __post_init__(self) -> None:
        check_extraction(self.extract, self.reads)
        problems = load_judged_problems(self.problems)
        object.__setattr__(self, "problems", problems)
        object.__setattr__(self, "judge", make_judge(self.judge))
        object.__setattr__(self, "_by_prompt", {problem.prompt: problem for problem in problems})

    def prepare(self) -> None:
        """Check that the judge gives known good programs better grades than bad ones.

        Raises:
            BadJudgeError: If it gives no verdict on one of them, or the difference is too small.
        """
        check_judge(self._judge)

    @property
    def _judge(self) -> Judge:
        assert not isinstance(self.judge, str | Mapping)
        return self.judge

    def _question(self, sample: Sample) -> Question | Evaluation:
        by_prompt: dict[str, JudgedProblem] = self.__dict__["_by_prompt"]
        problem = by_prompt.get(sample.prompt)
        if problem is None:
            return Evaluation(None, "no problem is known for this prompt")
        program = program_in(sample, self.extract, self.reads)
        return Question(problem, program) if program.strip() else Evaluation(0.0, "no program")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """One evaluation per sample, in order. Students and teachers are judged in one call of the judge."""
        questions = [self._question(sample) for sample in samples]
        students = [question for question in questions if isinstance(question, Question)]
        teachers = {q.problem.prompt: Question(q.problem, q.problem.solution) for q in students}
        answers = self._judge.judge([*students, *teachers.values()])
        verdicts = iter(answers[: len(students)])
        of_teacher = dict(zip(teachers, answers[len(students) :], strict=True))
        evaluations = []
        for question in questions:
            if isinstance(question, Evaluation):
                evaluations.append(question)
                continue
            student, teacher = next(verdicts), of_teacher[question.problem.prompt]
            if isinstance(student, Unjudged):
                evaluations.append(Evaluation(None, readable(f"not judged: {student.reason}")))
            elif isinstance(teacher, Unjudged):
                evaluations.append(
                    Evaluation(None, readable(f"the teacher was not judged: {teacher.reason}"))
                )
            else:
                evaluations.append(self._evaluate(student, teacher))
        return evaluations

    @abstractmethod
    def _evaluate(self, student: Verdict, teacher: Verdict) -> Evaluation:
        """The evaluation of a sample, from the verdicts on the student's and on the teacher's program."""


@dataclass(frozen=True)
class CriterionReward(JudgeReward):
    """A reward whose score is the student's grade by one criterion, in [0, 1].

    Attributes:
        criterion: Name of the criterion, one of `CRITERIA`.
    """

    criterion: ClassVar[str]

    def _evaluate(self, student: Verdict, teacher: Verdict) -> Evaluation:
        value: float = getattr(student, self.criterion)
        message = f"{self.criterion} {value:.2f}, the teacher's {getattr(teacher, self.criterion):.2f}"
        return Evaluation(value, readable(f"{message}; {student.remark}"))
