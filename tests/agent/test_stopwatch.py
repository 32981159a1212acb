"""The seconds of a step, by part."""

from pathlib import Path

import pytest

from agent.config.run import RunConfig
from agent.training.step import stopwatch
from agent.training.step.stopwatch import Stopwatch
from tests.agent.running import run


def test_parts_add_up_to_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(stopwatch.time, "monotonic", lambda: now)
    watch = Stopwatch()
    now = 200.0
    watch.start_step()
    with watch.part("generation"):
        now += 3
    with watch.part("scoring"):
        now += 1
    with watch.part("generation"):
        now += 2
    now += 4
    expected = {"step": 10.0, "generation": 5.0, "scoring": 1.0, "update": 4.0}
    assert watch.seconds() == {f"train/{part}_seconds": seconds for part, seconds in expected.items()}
    watch.start_step()
    assert set(watch.seconds().values()) == {0.0}


def test_a_batch_trained_on_twice_is_sampled_once(tiny_run: RunConfig, tmp_path: Path) -> None:
    _, recorder = run(tiny_run, tmp_path)
    rows = [row for _, row in recorder.rows]
    assert [row["train/generation_seconds"] > 0 for row in rows] == [True, False] * 2
    assert [row["train/scoring_seconds"] > 0 for row in rows] == [True, False] * 2
    for row in rows:
        parts = sum(row[f"train/{part}_seconds"] for part in ("generation", "scoring", "update"))
        assert parts == pytest.approx(row["train/step_seconds"])
        assert row["train/update_seconds"] > 0
        assert row["train/peak_memory_mb"] > 1
    first, second = rows[:2]
    seconds = first["train/generation_seconds"]
    tokens = first["completions/mean_length"] * tiny_run.completions_per_step
    assert first["train/tokens_per_second"] == pytest.approx(tokens / seconds)
    assert second["train/tokens_per_second"] == first["train/tokens_per_second"]
