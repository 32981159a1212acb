"""Settings of the endpoint: its address, its limits, and the maximum cost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import PositiveFloat, PositiveInt, ValidationError, field_validator

from rewards.config import StrictModel
from rewards.files.cache_dir import cache_dir

KEY_VARIABLE = "SWEEPFARM_JUDGE_KEY"
"""Environment variable with the API key, which is read from nowhere else. If unset, no key is sent."""


class EndpointSettings(StrictModel):
    """Settings of an OpenAI-compatible endpoint. None of them is a secret."""

    url: str
    """URL without the final `/chat/completions`, for instance `http://127.0.0.1:8000/v1`."""
    model: str
    """Name of the model at the endpoint."""
    most_tokens: PositiveInt = 1_000_000
    """Maximum number of tokens, of questions and answers, that all runs with the same cache folder may spend
    together. After that, samples are unscored, and a run whose samples are all unscored ends."""
    cache: Path | None = None
    """Folder of the verdicts and of the number of tokens spent; by default `judge` in the cache folder."""
    timeout: PositiveFloat = 60.0
    """Seconds that one attempt may take in total."""
    attempts: PositiveInt = 4
    """Attempts per question, including the first."""
    backoff: PositiveFloat = 1.0
    """Seconds before the second attempt, doubled for each further one. `Retry-After` is obeyed up to 60 s."""
    concurrency: PositiveInt = 8
    """Number of requests at the same time."""
    answer_tokens: PositiveInt = 400
    """Maximum number of tokens of an answer (`max_tokens` of the request)."""

    @field_validator("url")
    @classmethod
    def _is_plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must begin with http:// or https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(f"must not contain a user, password or query; set the key in ${KEY_VARIABLE}")
        return url.rstrip("/")

    @property
    def folder(self) -> Path:
        """Folder of the stored verdicts and of the number of tokens spent."""
        return self.cache or cache_dir() / "judge"


def endpoint_settings(declared: Mapping[str, Any]) -> EndpointSettings:
    """Settings from the mapping `judge` of a suite.

    Raises:
        ValueError: If a setting is unknown, missing or invalid. The message is one line without the value.
    """
    try:
        return EndpointSettings.model_validate(dict(declared))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(("judge", *map(str, first["loc"])))
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
