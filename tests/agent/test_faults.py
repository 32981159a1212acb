"""Runs under faults: memory runs out, steps hang, disks fill up, saved states get damaged."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from agent.config.run import RunConfig
from agent.training.lifecycle.resume import latest_state
from agent.training.run import MAX_HALVINGS
from agent.training.step.grpo import SelectiveGRPOTrainer
from tests.agent.machine import Machine, offline_environment
from tests.agent.running import changed, run
from tests.agent.test_resume import preempted_after, rows

HANG = (
    "import time\n"
    "from agent.training.scoring import SuiteReward\n"
    "SuiteReward.__call__ = lambda *a, **k: time.sleep(600)"
)
NO_MEMORY = (
    "import torch\n"
    "from agent.training.step.grpo import SelectiveGRPOTrainer\n"
    "def compute_loss(*a, **k):\n"
    "    raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB')\n"
    "SelectiveGRPOTrainer.compute_loss = compute_loss"
)


@pytest.fixture
def machine(tmp_path: Path, tiny_run: RunConfig) -> Machine:
    return Machine(tmp_path, tiny_run, offline_environment(tmp_path))


def limit_memory(patch: pytest.MonkeyPatch, limit: int) -> list[int]:
    """Make passes over more than `limit` completions run out of memory. Returns the sizes that are tried."""
    tried: list[int] = []
    original = SelectiveGRPOTrainer.compute_loss

    def compute_loss(self: Any, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        size = len(inputs["completion_ids"])
        tried.append(size)
        if size > limit:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, model, inputs, *args, **kwargs)

    patch.setattr(SelectiveGRPOTrainer, "compute_loss", compute_loss)
    return tried


def test_out_of_memory_halves_the_pass_and_keeps_the_step(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(tiny_run, per_device_train_batch_size=8)
    _, whole = run(config, tmp_path / "whole")
    tried = limit_memory(monkeypatch, limit=2)
    outcome, recorder = run(config, tmp_path / "halved")
    assert outcome.name == "finished"
    assert recorder.summary["train/micro_batch_size"] == 2
    assert tried[:2] == [8, 4]
    assert set(tried[2:]) == {2}
    assert len(tried[2:]) == 4 * config.max_steps
    # The samples and the step are the same. Only the order of summation differs.
    for one, other in zip(whole.rows, recorder.rows, strict=True):
        assert one[0] == other[0]
        for name in ("train/loss", "train/grad_norm", "train/kl", "reward_components/total_reward/mean"):
            assert one[1][name] == pytest.approx(other[1][name], rel=1e-3, abs=1e-6), name


def test_out_of_memory_in_mid_run_resumes_from_the_last_saved_state(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = changed(tiny_run, max_steps=8, rungs=4)
    original = SelectiveGRPOTrainer.compute_loss
    calls: list[int] = []

    def compute_loss(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(self.state.global_step)
        if len(calls) == 6:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(SelectiveGRPOTrainer, "compute_loss", compute_loss)
    outcome, _ = run(config, tmp_path)
    assert outcome.name == "finished"
    assert calls[:6] == [0, 1, 2, 3, 4, 5]
    assert calls[6] == 4  # the state of rung 2
    assert [row["train/global_step"] for row in rows(tmp_path)] == list(range(1, 9))


def test_a_run_that_never_fits_is_given_up_after_three_halvings(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = limit_memory(monkeypatch, limit=0)
    with pytest.raises(torch.OutOfMemoryError):
        run(changed(tiny_run, per_device_train_batch_size=16), tmp_path)
    assert tried == [16, 8, 4, 2]
    assert len(tried) == MAX_HALVINGS + 1


def test_a_damaged_optimiser_state_is_skipped_and_the_one_before_is_used(
    tiny_run: RunConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = changed(tiny_run, max_steps=8, rungs=4)
    run(config, tmp_path / "whole")
    preempted_after(config, tmp_path / "damaged", 5)
    states = tmp_path / "damaged" / "trainer"
    newest = latest_state(states)
    assert newest is not None
    assert newest.step == 6
    optimiser = newest.path / "optimizer.pt"
    content = bytearray(optimiser.read_bytes())
    content[len(content) // 2] ^= 1
    optimiser.write_bytes(content)
    older = latest_state(states)
    assert older is not None
    assert older.step == 4
    assert "checkpoint-6 is damaged" in capsys.readouterr().err
    outcome, _ = run(config, tmp_path / "damaged")
    assert outcome.name == "finished"
    assert rows(tmp_path / "damaged") == rows(tmp_path / "whole")


@pytest.mark.slow
def test_a_hung_step_ends_the_run_and_logs_where_it_hung(machine: Machine) -> None:
    assert machine.start("hung", script=HANG, step_timeout=3).wait(120) == 6, machine.log("hung")
    assert machine.outcome("hung")["outcome"] == "failed"
    assert "ended as hung" in str(machine.outcome("hung")["error"])
    assert "in train_run" in machine.log("hung")


@pytest.mark.slow
def test_a_run_out_of_memory_has_an_outcome_of_its_own(machine: Machine) -> None:
    assert machine.start("big", script=NO_MEMORY).wait(120) == 5, machine.log("big")
    assert machine.outcome("big") == {
        "outcome": "out of memory",
        "error": "CUDA out of memory. Tried to allocate 2 GiB",
    }
    assert "Traceback" not in machine.log("big")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.slow
def test_a_disk_that_fills_while_training_is_an_error_without_traceback(
    machine: Machine, small_disk: Path
) -> None:
    machine.environment = {**machine.environment, "SWEEPFARM_RUNS": str(small_disk)}
    assert machine.start("full", max_steps=400, rungs=100).wait(120) == 4, machine.log("full")
    assert "cannot write" in machine.log("full")
    assert "free some space" in machine.log("full")
    assert "Traceback" not in machine.log("full")
    lines = (small_disk / "sweep" / "full" / "metrics.jsonl").read_text().splitlines(keepends=True)
    steps = [json.loads(line)["train/global_step"] for line in lines if line.endswith("\n")]
    assert steps == list(range(1, len(steps) + 1))
    assert steps
