"""The rewards for judged programs: how a student's verdict compares with the teacher's."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewards.base import Evaluation, Reward, Sample
from rewards.code.extract import RULES
from rewards.code.reward import READS, readable
from rewards.judge.known import check_judge
from rewards.judge.make import make_judge
from rewards.judge.problems import JudgedProblem, load_judged_problems
from rewards.judge.verdict import Judge, Question, Unjudged, Verdict


@dataclass(frozen=True)
class JudgeReward(Reward):
    """A reward that asks a judge. Sign +1: what the judge likes better scores higher.

    Attributes:
        extract: How the program is found: `first_block`, `python_block` or `whole_text`.
        reads: Where: in the `completion`, or in the `text` (prompt and completion as one).
        judge: `static`, a mapping of endpoint settings (`rewards.judge.endpoint.settings`), or a judge.
        problems: A file of JSON lines, or problems; see `rewards.judge.problems`.

    Raises:
        ValueError: If one of them is none of these.
    """

    extract: str = "first_block"
    reads: str = "completion"
    judge: str | Mapping[str, Any] | Judge = "static"
    problems: str | Path | Iterable[JudgedProblem | Mapping[str, Any]] = field(kw_only=True)

    def __post_init__(self) -> None:
        for name, value, known in (("extract", self.extract, tuple(RULES)), ("reads", self.reads, READS)):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        problems = load_judged_problems(self.problems)
        object.__setattr__(self, "problems", problems)
        object.__setattr__(self, "judge", make_judge(self.judge))
        object.__setattr__(self, "_by_prompt", {problem.prompt: problem for problem in problems})

    def prepare(self) -> None:
        """See that the judge can be asked, and likes known good programs better than known bad ones.

        Raises:
            BadJudgeError: If it cannot be asked, or does not.
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
        program = RULES[self.extract](sample.text if self.reads == "text" else sample.completion)
        return Question(problem, program) if program.strip() else Evaluation(0.0, "no program")

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        """Judge students and teachers together, and evaluate every sample, in order."""
        asked = [self._question(sample) for sample in samples]
        students = [one for one in asked if isinstance(one, Question)]
        teachers = {q.problem.prompt: Question(q.problem, q.problem.solution) for q in students}
        answers = self._judge.judge([*students, *teachers.values()])
        verdicts = iter(answers[: len(students)])
        of_teacher = dict(zip(teachers, answers[len(students) :], strict=True))
        found = []
        for one in asked:
            if isinstance(one, Evaluation):
                found.append(one)
                continue
            student, teacher = next(verdicts), of_teacher[one.problem.prompt]
            if isinstance(student, Unjudged):
                found.append(Evaluation(None, readable(f"not judged: {student.reason}")))
            elif isinstance(teacher, Unjudged):
                found.append(Evaluation(None, readable(f"the teacher was not judged: {teacher.reason}")))
            else:
                found.append(self._evaluate(student, teacher))
        return found

    @abstractmethod
    def _evaluate(self, student: Verdict, teacher: Verdict) -> Evaluation:
        """What a student's program is worth beside the teacher's."""
