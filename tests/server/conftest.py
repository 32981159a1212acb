"""Fixtures of the server tests."""

import os
import secrets
from collections.abc import Iterator

import pytest

from tests.server_fixture import kill_marked, marked, shared_server, wait_until, wandb_server

__all__ = ["shared_server", "wandb_server"]


@pytest.fixture(scope="package", autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fail if a process outlives its tests. A leftover trainer would slow down all later tests."""
    name, value = "SWEEPFARM_TEST_SESSION", secrets.token_hex(8)
    os.environ[name] = value
    yield
    del os.environ[name]
    try:
        # The client's service process ends a moment after its client.
        wait_until(lambda: not marked(name, value), "every process has ended", 20)
    except AssertionError:
        left = [" ".join(process.cmdline()) for process in marked(name, value)]
        kill_marked(name, value)
        raise AssertionError(f"left running: {left}") from None
