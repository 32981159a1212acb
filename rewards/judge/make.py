"""A judge from how a suite declares it."""

from collections.abc import Mapping
from typing import Any

from rewards.judge.memory import Remembering
from rewards.judge.static.judge import StaticJudge
from rewards.judge.verdict import Judge

STATIC = "static"


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
