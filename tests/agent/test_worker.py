"""The environment that an agent is started with."""

import os

import pytest

from agent.worker import UnreachableError, agent_environment, require_server, threads_per_agent


def test_cores_are_divided_among_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert [threads_per_agent(n) for n in (1, 2, 3, 16)] == [8, 4, 2, 1]


def test_thread_settings_of_the_caller_are_kept() -> None:
    assert "OMP_WAIT_POLICY" not in agent_environment({}, agents_here=1), "lone threads may spin"
    assert agent_environment({}, agents_here=2)["OMP_WAIT_POLICY"] == "PASSIVE"
    environment = agent_environment({"OMP_NUM_THREADS": "5", "PATH": "/bin", "X": "y"}, agents_here=1)
    assert environment["OMP_NUM_THREADS"] == "5"
    assert environment["X"] == "y"
    assert environment["PATH"].endswith(":/bin")


def test_an_unreachable_server_is_named() -> None:
    with pytest.raises(UnreachableError, match=r"no server answers at http://127\.0\.0\.1:9 "):
        require_server({"WANDB_BASE_URL": "http://127.0.0.1:9"})
