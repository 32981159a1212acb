"""Makes the judge that the parameter `judge` of a suite declares. It remembers its verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.judge.static.judge import StaticJudge
from rewards.judge.verdict import Judge, Question, Unjudged, Verdict

STATIC = "static"
"""Value of the parameter `judge` for the static judge."""
MAX_REMEMBERED = 20_000
"""Number of verdicts that a judge remembers. The oldest are dropped first."""


@dataclass(frozen=True)
class RememberingJudge:
    """A judge that remembers the verdicts of another one, and asks it only for new programs.

    Attributes:
        inner: The judge that gives the verdicts. Programs that it could not judge are asked for again.
    """

    inner: Judge
    _known: dict[tuple[str, str, str], Verdict] = field(default_factory=dict, compare=False, repr=False)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order. Equal questions are asked once."""
        unknown = {q.key: q for q in questions if q.key not in self._known}
        new = dict(zip(unknown, self.inner.judge(list(unknown.values())), strict=True)) if unknown else {}
        answers = [new.get(q.key) or self._known[q.key] for q in questions]
        self._known.update({key: answer for key, answer in new.items() if isinstance(answer, Verdict)})
        while len(self._known) > MAX_REMEMBERED:
            del self._known[next(iter(self._known))]
        return answers


def make_judge(declared: str | Mapping[str, Any] | Judge) -> Judge:
    """The judge that a suite declares, with a memory of its verdicts.

    Args:
        declared: `static`, a mapping of endpoint settings, or a judge, which is returned unchanged.

    Raises:
        ValueError: If it is none of these, or a setting is wrong.
    """
    if declared == STATIC:
        return RememberingJudge(StaticJudge())
    if isinstance(declared, Mapping):
        from rewards.judge.endpoint.judge import EndpointJudge
        from rewards.judge.endpoint.settings import endpoint_settings

        return RememberingJudge(EndpointJudge(endpoint_settings(declared)))
    if isinstance(declared, str):
        raise ValueError(f"judge must be {STATIC!r} or the settings of an endpoint, got {declared!r}")
    return declared
