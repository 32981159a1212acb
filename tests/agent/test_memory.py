"""GPU memory of runs that share a GPU."""

import pytest
import torch

from agent.training.lifecycle.memory import limit_gpu_share


@pytest.mark.parametrize(("setting", "share"), [("2", 0.475), ("4", 0.2375), ("1", None), ("", None)])
def test_agents_of_a_gpu_have_equal_shares_of_its_memory(
    monkeypatch: pytest.MonkeyPatch, setting: str, share: float | None
) -> None:
    taken: list[float] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", taken.append)
    limit_gpu_share({"AGENTS_PER_GPU": setting})
    assert taken == ([] if share is None else [pytest.approx(share)])


def test_without_a_gpu_no_memory_limit_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    limit_gpu_share({"AGENTS_PER_GPU": "8"})
