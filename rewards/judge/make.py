"""A judge from how a suite declares it. It remembers its verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.judge.static.judge import StaticJudge
from rewards.judge.verdict import Judge, Question, Unjudged, Verdict

STATIC = "static"
MAX_REMEMBERED = 20_000
"""Verdicts that are kept; the oldest are dropped first."""


@dataclass(frozen=True)
class Remembering:
    """A judge that asks the judge behind it only for programs it has no verdict on.

    Attributes:
        judge_behind: Gives the verdicts that are not known yet.
    """

    judge_behind: Judge
    _known: dict[tuple[str, str, str], Verdict] = field(default_factory=dict, compare=False, repr=False)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order; each different question goes to the judge once."""
        asked = {q.key: q for q in questions if q.key not in self._known}
        found = dict(zip(asked, self.judge_behind.judge(list(asked.values())), strict=True)) if asked else {}
        answers = [found.get(q.key) or self._known[q.key] for q in questions]
        self._known.update({key: one for key, one in found.items() if isinstance(one, Verdict)})
        while len(self._known) > MAX_REMEMBERED:
            del self._known[next(iter(self._known))]
        return answers


def make_judge(declared: str | Mapping[str, Any] | Judge) -> Judge:
    """A judge that remembers its verdicts.

    Args:
        declared: `static`; settings of an endpoint; or a judge, which is returned as it is.

    Raises:
        ValueError: If it is none of these, or a setting is wrong.
    """
    if declared == STATIC:
        return Remembering(StaticJudge())
    if isinstance(declared, Mapping):
        from rewards.judge.endpoint.judge import EndpointJudge
        from rewards.judge.endpoint.settings import endpoint_settings

        return Remembering(EndpointJudge(endpoint_settings(declared)))
    if isinstance(declared, str):
        raise ValueError(f"judge must be {STATIC!r} or the settings of an endpoint, got {declared!r}")
    return declared
