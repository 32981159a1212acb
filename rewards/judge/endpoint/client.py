"""One HTTP exchange with an OpenAI-compatible endpoint, with a limit on its time and on its size."""

import json
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx

from rewards.judge.endpoint.settings import KEY_VARIABLE, EndpointSettings

_MOST_BYTES = 1 << 20
_LONGEST_WAIT = 60.0
_TOLD = 160
_TRANSIENT = {408, 409, 425, 429}
"""Statuses that may be others in a moment, besides those from 500 on."""
_ABOUT_THE_KEY = {401, 403}
"""Statuses whose answers may quote it, so that none is passed on."""


@dataclass(frozen=True)
class Reply:
    """What a model said.

    Attributes:
        text: Its message; empty where there is none.
        tokens: Of question and answer, as the endpoint counts them; estimated from above where it does not.
    """

    text: str
    tokens: int


class RefusedError(Exception):
    """An endpoint that says no, and would say it again."""


class UnavailableError(Exception):
    """An exchange that failed and may succeed when it is repeated.

    Attributes:
        wait: Seconds that the endpoint asks for; 0 where it does not.
        tokens: That may have been spent on it all the same.
    """

    def __init__(self, reason: str, wait: float = 0.0, tokens: int = 0) -> None:
        super().__init__(reason)
        self.wait = wait
        self.tokens = tokens


def open_client(settings: EndpointSettings) -> httpx.Client:
    """A client for any number of threads; it follows no redirect, which could lead the key elsewhere.

    Raises:
        ValueError: If the key cannot be sent.
    """
    key = _key()
    return httpx.Client(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=settings.timeout,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=settings.concurrency),
    )


def _key() -> str:
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ValueError(f"${KEY_VARIABLE} holds characters that no HTTP header can")
    return key


def ask(client: httpx.Client, settings: EndpointSettings, messages: list[dict[str, str]]) -> Reply:
    """Have a conversation continued.

    Raises:
        UnavailableError: If the connection, the time or the server fails, or the answer is no completion.
        RefusedError: On any other status than 200.
    """
    body = {
        "model": settings.model,
        "messages": messages,
        "temperature": 0,
        "max_tokens": settings.answer_tokens,
    }
    asked = json.dumps(body).encode()
    estimate = len(asked) // 2 + settings.answer_tokens
    deadline = time.monotonic() + settings.timeout
    received = bytearray()
    try:
        with client.stream(
            "POST",
            f"{settings.url}/chat/completions",
            content=asked,
            headers={"Content-Type": "application/json"},
        ) as response:
            for part in response.iter_bytes():
                received += part
                if len(received) > _MOST_BYTES:
                    raise UnavailableError(f"the answer is longer than {_MOST_BYTES} bytes", tokens=estimate)
                if time.monotonic() > deadline:
                    raise UnavailableError(f"no answer within {settings.timeout:g} s", tokens=estimate)
    except httpx.ConnectTimeout:
        raise UnavailableError(f"no connection within {settings.timeout:g} s") from None
    except httpx.TimeoutException:
        raise UnavailableError(f"no answer within {settings.timeout:g} s", tokens=estimate) from None
    except httpx.HTTPError as error:
        raise UnavailableError(f"the connection failed ({type(error).__name__})") from None
    status = response.status_code
    if status in _TRANSIENT or status >= 500:
        raise UnavailableError(f"status {status}", wait=_wait(response))
    if status != 200:
        raise RefusedError(f"status {status}{_told(status, bytes(received))}")
    return _reply(bytes(received), estimate)


def _reply(received: bytes, estimate: int) -> Reply:
    try:
        completion = json.loads(received)
        text = completion["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnavailableError("the answer is no chat completion", tokens=estimate) from None
    return Reply(text if isinstance(text, str) else "", _tokens(completion, estimate))


def _tokens(completion: dict[str, Any], estimate: int) -> int:
    match completion.get("usage"):
        case {"total_tokens": int(total)} if total > 0:
            return total
        case {"prompt_tokens": int(asked), "completion_tokens": int(answered)} if asked + answered > 0:
            return asked + answered
    return estimate


def _wait(response: httpx.Response) -> float:
    try:
        return min(_LONGEST_WAIT, max(0.0, float(response.headers.get("Retry-After", 0))))
    except ValueError:  # a date, which says little where clocks differ
        return 0.0


def _told(status: int, received: bytes) -> str:
    """What the endpoint gives as its reason, without the key."""
    if status in _ABOUT_THE_KEY:
        return f" (look at ${KEY_VARIABLE})"
    try:
        said = str(json.loads(received)["error"]["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    key = _key()
    return f": {(said.replace(key, '***') if key else said)[:_TOLD]}"
