"""Where the endpoint is, and what it may cost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, ValidationError, field_validator

from rewards.cache_dir import cache_dir

KEY_VARIABLE = "SWEEPFARM_JUDGE_KEY"
"""Environment variable of the API key: the only place it is read from. Without it none is sent."""


class EndpointSettings(BaseModel):
    """An OpenAI-compatible endpoint. None of these is a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    """Up to `/chat/completions`, for instance `http://127.0.0.1:8000/v1`."""
    model: str
    """Its name there."""
    most_tokens: PositiveInt = 1_000_000
    """Tokens, of questions and answers, that may ever be spent from one cache folder, by any number of runs.
    Samples are unscored once they are spent, and a run of which all are ends."""
    cache: Path | None = None
    """Folder of verdicts and of what was spent; `judge` in the cache folder of this machine by default."""
    timeout: PositiveFloat = 60.0
    """Seconds that one attempt may take, whole."""
    attempts: PositiveInt = 4
    """Tries per question, the first included."""
    backoff: PositiveFloat = 1.0
    """Seconds before the second try; doubled for each that follows. `Retry-After` is obeyed up to 60."""
    concurrency: PositiveInt = 8
    """Questions at a time."""
    answer_tokens: PositiveInt = 400
    """Length that is asked for."""

    @field_validator("url")
    @classmethod
    def _is_plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(f"must hold no user, password or query; a key belongs into ${KEY_VARIABLE}")
        return url.rstrip("/")

    @property
    def folder(self) -> Path:
        """Where verdicts and the account are."""
        return self.cache or cache_dir() / "judge"


def endpoint_settings(declared: Mapping[str, Any]) -> EndpointSettings:
    """Settings from a suite's declaration.

    Raises:
        ValueError: If one is unknown, missing or wrong; one line, in which no value is repeated.
    """
    try:
        return EndpointSettings.model_validate(dict(declared))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"judge.{place}: {first['msg'].removeprefix('Value error, ')}") from None
