"""One HTTP request to an OpenAI-compatible endpoint, with limits on its time and the answer's size."""

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
"""HTTP statuses about the key. The endpoint's text may quote the key, so it is not shown."""


@dataclass(frozen=True)
class Reply:
    """The answer of a model.

    Attributes:
        text: The message; empty if there is none.
        tokens: Tokens of question and answer, as counted by the endpoint; else an upper estimate.
    """

    text: str
    tokens: int


class RefusedError(Exception):
    """The endpoint refused the request and would refuse it again."""


class UnavailableError(Exception):
    """The request failed, but may succeed if it is repeated.

    Attributes:
        wait: Seconds to wait before the next attempt, as the endpoint asks; 0 if it does not ask.
        tokens: Tokens that the failed request may have cost.
    """

    def __init__(self, reason: str, wait: float = 0.0, tokens: int = 0) -> None:
        super().__init__(reason)
        self.wait = wait
        self.tokens = tokens


def open_client(settings: EndpointSettings) -> httpx.Client:
    """A client that threads can share. It follows no redirect, which could send the key to another host.

    Raises:
        ValueError: If the key contains characters that an HTTP header cannot contain.
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
        raise ValueError(f"${KEY_VARIABLE} contains characters that an HTTP header cannot contain")
    return key


def ask(client: httpx.Client, settings: EndpointSettings, messages: list[dict[str, str]]) -> Reply:
    """The model's next message in a conversation.

    Raises:
        UnavailableError: If the connection fails, the answer takes too long or is too large, the status
            allows a retry, or the answer is not a chat completion.
        RefusedError: If the endpoint answers with any other status than 200.
    """
    body = {
        "model": settings.model,
        "messages": messages,
        "temperature": 0,
        "max_tokens": settings.answer_tokens,
    }
    content = json.dumps(body).encode()
    estimate = len(content) // 2 + settings.answer_tokens
    deadline = time.monotonic() + settings.timeout
    received = bytearray()
    try:
        with client.stream(
            "POST",
            f"{settings.url}/chat/completions",
            content=content,
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
        case {"prompt_tokens": int(prompt), "completion_tokens": int(answer)} if prompt + answer > 0:
            return prompt + answer
    return estimate


def _wait(response: httpx.Response) -> float:
    try:
        return min(_MAX_WAIT_SECONDS, max(0.0, float(response.headers.get("Retry-After", 0))))
    except ValueError:  # a date; ignored because clocks may differ
        return 0.0


def _reason(status: int, received: bytes) -> str:
    """The endpoint's message about a status, without the key; may be empty."""
    if status in _KEY_STATUSES:
        return f" (check ${KEY_VARIABLE})"
    try:
        message = str(json.loads(received)["error"]["message"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    key = _key()
    return f": {(message.replace(key, '***') if key else message)[:_MAX_REASON_CHARS]}"
