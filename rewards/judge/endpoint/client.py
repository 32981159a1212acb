"""One HTTP exchange with an OpenAI-compatible endpoint, with a limit on its time and on its size."""

import json
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx

from rewards.judge.endpoint.settings import KEY_VARIABLE, EndpointSettings

_MAX_BYTES = 1 << 20
_MAX_WAIT_SECONDS = 60.0
_MAX_REASON_CHARS = 160
_RETRIED_STATUSES = {408, 409, 425, 429}
"""HTTP statuses below 500 after which the same request may succeed later."""
_KEY_STATUSES = {401, 403}
"""HTTP statuses that are about the key. Their text may quote it, so it is not passed on."""


@dataclass(frozen=True)
class Reply:
    """The answer of a model.

    Attributes:
        text: Its message; empty if there is none.
        tokens: Tokens of question and answer as the endpoint counts them, or an upper estimate if not.
    """

    text: str
    tokens: int


class RefusedError(Exception):
    """An endpoint refused the request; a retry would be refused too."""


class UnavailableError(Exception):
    """An exchange failed; a retry may succeed.

    Attributes:
        wait: Seconds that the endpoint asks to wait; 0 if it does not ask.
        tokens: Tokens that the failed exchange may have cost.
    """

    def __init__(self, reason: str, wait: float = 0.0, tokens: int = 0) -> None:
        super().__init__(reason)
        self.wait = wait
        self.tokens = tokens


def open_client(settings: EndpointSettings) -> httpx.Client:
    """A client for any number of threads. It follows no redirect, because that could send the key elsewhere.

    Raises:
        ValueError: If the key holds characters that no HTTP header can hold.
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
    """The model's next message in a conversation.

    Raises:
        UnavailableError: If the connection fails, the time is over, the server has an error, or the answer is
            not a chat completion.
        RefusedError: If the status is any other than 200.
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
                if len(received) > _MAX_BYTES:
                    raise UnavailableError(f"the answer is longer than {_MAX_BYTES} bytes", tokens=estimate)
                if time.monotonic() > deadline:
                    raise UnavailableError(f"no answer within {settings.timeout:g} s", tokens=estimate)
    except httpx.ConnectTimeout:
        raise UnavailableError(f"no connection within {settings.timeout:g} s") from None
    except httpx.TimeoutException:
        raise UnavailableError(f"no answer within {settings.timeout:g} s", tokens=estimate) from None
    except httpx.HTTPError as error:
        raise UnavailableError(f"the connection failed ({type(error).__name__})") from None
    status = response.status_code
    if status in _RETRIED_STATUSES or status >= 500:
        raise UnavailableError(f"status {status}", wait=_wait(response))
    if status != 200:
        raise RefusedError(f"status {status}{_reason(status, bytes(received))}")
    return _reply(bytes(received), estimate)


def _reply(received: bytes, estimate: int) -> Reply:
    try:
        completion = json.loads(received)
        text = completion["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise UnavailableError("the answer is not a chat completion", tokens=estimate) from None
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
        return min(_MAX_WAIT_SECONDS, max(0.0, float(response.headers.get("Retry-After", 0))))
    except ValueError:  # a date, which is of little use if clocks differ
        return 0.0


def _reason(status: int, received: bytes) -> str:
    """The reason that the endpoint gives for a status, without the key; may be empty."""
    if status in _KEY_STATUSES:
        return f" (look at ${KEY_VARIABLE})"
    try:
        said = str(json.loads(received)["error"]["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    key = _key()
    return f": {(said.replace(key, '***') if key else said)[:_MAX_REASON_CHARS]}"
