"""The judges by the parameter `judge` of a suite, and the memory that each of them gets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.judge.static.judge import StaticJudge
from rewards.judge.verdict import Judge, Question, Unjudged, Verdict

STATIC = "static"
"""Value of the parameter `judge` for the static judge."""
MAX_REMEMBERED = 20_000
"""How many verdicts a judge remembers; the oldest are dropped first."""


@dataclass(frozen=True)
class RememberingJudge:
    """A judge that asks another one only for programs that it has no verdict on.

    Attributes:
        inner: The judge that gives the verdicts. What it leaves unjudged is asked for again next time.
    """

    inner: Judge
    _known: dict[tuple[str, str, str], Verdict] = field(default_factory=dict, compare=False, repr=False)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order. Equal questions are asked once."""
        asked = {q.key: q for q in questions if q.key not in self._known}
        found = dict(zip(asked, self.inner.judge(list(asked.values())), strict=True)) if asked else {}
        answers = [found.get(q.key) or self._known[q.key] for q in questions]
        self._known.update({key: one for key, one in found.items() if isinstance(one, Verdict)})
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
