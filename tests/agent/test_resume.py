"""A run that was interrupted and resumed equals one that was not."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.config.errors import ConfigError
from agent.config.metrics import METRICS
from agent.config.run import RunConfig
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.resume import latest_state
from agent.training.lifecycle.stop import StopRequest
from agent.training.run import Outcome, train_run
from tests.agent.running import changed, run

CLOCK_METRICS = {metric.name for metric in METRICS if metric.clock}
"""Metrics in which equal runs differ."""


def preempted_after(config: RunConfig, folder: Path, step: int) -> Outcome:
    """Run with a preemption request after `step`. Returns the outcome."""
    stop = StopRequest()

    def watch(done: int, row: dict[str, float]) -> None:
        if done == step:
            stop.ask("preempted")

    return train_run(config, Sinks(RunDirectory(folder, config.flat())), stop, watch)


def rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in CLOCK_METRICS} for line in lines]


def weights(folder: Path, step: int) -> bytes:
    return (folder / "checkpoints" / f"step-{step:06d}" / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def longer(tiny_run: RunConfig) -> RunConfig:
    phases = [{"steps": 4}, {"steps": 4, "temperature": 0.7, "beta": 0.05, "learning_rate": 3e-3}]
    # Two prompts make an epoch of four steps; eight generations in batches of four accumulate two batches.
    warned = {"health_reward_max": 0.0, "health_length_ratio": 1.0}
    several = {"train_prompts": 2, "num_generations": 8, **warned}
    # The completions of before the interruption still count as recent after it.
    return changed(tiny_run, max_steps=8, rungs=4, kl_target=0.01, diversity=0.5, phases=phases, **several)


@pytest.fixture(scope="module")
def uninterrupted(longer: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    run(longer, folder)
    return folder


@pytest.mark.parametrize("step", [1, 2, 5])
def test_resumed_equals_uninterrupted_bit_for_bit(
    longer: RunConfig, uninterrupted: Path, tmp_path: Path, step: int
) -> None:
    first = preempted_after(longer, tmp_path, step)
    assert first.name == "preempted"
    # A state is saved only between batches, and a batch lasts two steps.
    assert first.step == step + 2 - step % 2
    outcome, recorder = run(longer, tmp_path)
    assert outcome.name == "finished"
    # The new recorder has no rows, so the rows before the saved state are sent again.
    assert [step for step, _ in recorder.rows] == list(range(1, 9))
    assert rows(tmp_path) == rows(uninterrupted)
    assert weights(tmp_path, 8) == weights(uninterrupted, 8)
    for name in ("samples.jsonl", "findings.json"):
        assert (tmp_path / name).read_text() == (uninterrupted / name).read_text()
    assert json.loads((tmp_path / "findings.json").read_text())  # the comparison is not between empty lists


def test_a_finished_run_leaves_no_state_and_a_state_of_another_configuration_is_refused(
    longer: RunConfig, uninterrupted: Path, tmp_path: Path
) -> None:
    assert latest_state(uninterrupted / "trainer") is None
    preempted_after(longer, tmp_path, 1)
    with pytest.raises(ConfigError, match="unfinished run of another configuration"):
        run(changed(longer, beta=0.2), tmp_path)


def test_a_damaged_state_file_is_skipped_and_the_one_before_is_used(
    longer: RunConfig, uninterrupted: Path, tmp_path: Path
) -> None:
    preempted_after(longer, tmp_path, 5)
    newest = latest_state(tmp_path / "trainer")
    assert newest is not None
    assert newest.step == 6
    (newest.path / "sweepfarm_state.json").write_text('{"cut sho')
    # Rows after the older state are written again. A row that a kill cut short is ignored.
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"train/global_step": 7, "train/lo')
    _, recorder = run(longer, tmp_path)
    assert recorder.rows[3][0] == 4
    assert recorder.rows[4][0] == 5
    assert rows(tmp_path) == rows(uninterrupted)
    assert weights(tmp_path, 8) == weights(uninterrupted, 8)
