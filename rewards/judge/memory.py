"""A judge that does not ask twice: verdicts of this process, a teacher's among them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rewards.judge.verdict import Judge, Question, Unjudged, Verdict

_MOST = 20_000
"""Verdicts that are kept; the oldest go first."""


@dataclass(frozen=True)
class Remembering:
    """Answers from memory where it can. What could not be judged is asked anew.

    Attributes:
        judge_behind: Answers the rest.
    """

    judge_behind: Judge
    _known: dict[tuple[str, str, str], Verdict] = field(default_factory=dict, compare=False, repr=False)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order; each different question goes to the judge once."""
        asked = {q.key: q for q in questions if q.key not in self._known}
        found = dict(zip(asked, self.judge_behind.judge(list(asked.values())), strict=True)) if asked else {}
        answers = [found.get(q.key) or self._known[q.key] for q in questions]
        self._known.update({key: one for key, one in found.items() if isinstance(one, Verdict)})
        while len(self._known) > _MOST:
            del self._known[next(iter(self._known))]
        return answers
