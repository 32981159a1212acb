"""Reads the verdict from the answer of a model."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rewards.judge.verdict import Verdict

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)

Grade = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]


class MalformedError(ValueError):
    """An answer that is not a verdict."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    correctness: Grade
    quality: Grade
    efficiency: Grade
    documentation: Grade
    remark: str = ""


def read_verdict(text: str) -> Verdict:
    """The verdict in an answer: one JSON object with four grades in [0, 1] and a remark; it may be fenced.

    No value is guessed or clipped, and an object inside other text is not a verdict.

    Raises:
        MalformedError: If the answer is anything else.
    """
    fenced = _FENCED.fullmatch(text.strip())
    try:
        answer = _Answer.model_validate_json(fenced[1] if fenced else text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the answer"
        raise MalformedError(f"{place}: {first['msg']}") from None
    return Verdict(**answer.model_dump())
