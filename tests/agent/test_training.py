"""Real GRPO steps on a tiny starter: what is logged, when, and how a run ends."""

import json
import math
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent.config.errors import ConfigError
from agent.config.metrics import rung_metrics, step_metrics
from agent.config.run import RunConfig
from agent.tasks.build import build_task
from agent.tracking.directory import RunDirectory
from agent.tracking.sinks import Sinks
from agent.training.lifecycle.stop import StopRequest
from agent.training.run import Outcome, train_run
from rewards.base import Evaluation, Reward, Sample
from rewards.compose import RewardSuite, Weighted
from tests.agent.running import Recorder, changed, run


@pytest.fixture(scope="module")
def finished(tiny_run: RunConfig, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Recorder, Path]:
    folder = tmp_path_factory.mktemp("run")
    outcome, recorder = run(tiny_run, folder)
    return outcome, recorder, folder


def test_one_row_per_step_with_rising_steps(finished: tuple[Outcome, Recorder, Path]) -> None:
    outcome, recorder, _ = finished
    assert outcome.name == "finished"
    assert outcome.step == 4
    assert [step for step, _ in recorder.rows] == [1, 2, 3, 4]


def test_every_documented_metric_is_logged(finished: tuple[Outcome, Recorder, Path]) -> None:
    _, recorder, _ = finished
    for step, row in recorder.rows:
        promised = step_metrics("plasmid")
        assert set(row) >= promised, sorted(promised - set(row))
        assert all(math.isfinite(v) for v in recorder.numbers(row).values())
        assert (set(row) >= rung_metrics("plasmid")) == (step in (2, 4))
        assert ("objective/score" in row) == (step in (2, 4))


def test_every_logged_metric_is_in_the_glossary(finished: tuple[Outcome, Recorder, Path]) -> None:
    glossary = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    _, recorder, _ = finished
    for name in {name for _, row in recorder.rows for name in recorder.numbers(row)} | set(recorder.summary):
        name = re.sub(r"temperature/[\d.]+/", "temperature/{temperature}/", name)
        name = re.sub(r"(temperature/.*/qc)/(origin|marker)_types", r"\1/{kind}_types", name)
        name = name.removeprefix("starter/") if "temperature/" in name else name
        room, _, rest = name.partition("/")
        last = rest.rpartition("/")[2]
        general = {f"{room}/{{name}}", f"{room}/components/{{component}}", f"{room}/{{component}}/{last}"}
        if room == "qc":
            general |= {"qc/{kind}/{type}"} if "/" in rest else {f"qc/{{kind}}_{rest.partition('_')[2]}"}
        assert any(f"`{known}`" in glossary for known in {name, *general}), name


def test_run_directory_holds_the_logged_rows_samples_and_outcome(
    finished: tuple[Outcome, Recorder, Path],
) -> None:
    outcome, recorder, folder = finished
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert lines == [recorder.numbers(row) for _, row in recorder.rows]
    samples = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    assert [s["step"] for s in samples] == [0] * 8 + [2] * 8 + [4] * 8
    assert json.loads((folder / "outcome.json").read_text())["outcome"] == "finished"
    assert outcome.checkpoint is not None
    assert (Path(outcome.checkpoint) / "model.safetensors").exists()
    assert recorder.summary["starter/score"] == outcome.starter_score


def test_starter_objective_does_not_depend_on_swept_parameters(tiny_run: RunConfig, tmp_path: Path) -> None:
    other = changed(
        tiny_run, seed=9, temperature=1.3, beta=0.0, reward_ori_weight=0.0, max_steps=1, num_generations=2
    )
    first, _ = run(changed(tiny_run, max_steps=1), tmp_path / "a")
    second, _ = run(other, tmp_path / "b")
    assert first.starter_score == second.starter_score


def test_a_finished_run_and_its_starter_are_measured_at_each_final_temperature(
    finished: tuple[Outcome, Recorder, Path],
) -> None:
    outcome, recorder, folder = finished
    names = {"reference", "error", "completions", "qc/pass_rate", "qc/error", "qc/distinct_pass_rate"}
    names |= {"qc/origin_types", "qc/marker_types"}
    promised = {f"{who}temperature/{t}/{n}" for who in ("", "starter/") for t in (0.8, 1.2) for n in names}
    logged = {name: value for name, value in recorder.summary.items() if "temperature/" in name}
    assert promised <= set(logged) == set(outcome.temperatures)
    assert all(math.isfinite(value) for value in logged.values())
    assert {value for name, value in logged.items() if name.endswith("/completions")} == {8.0}
    written = json.loads((folder / "outcome.json").read_text())
    assert {name: written[name] for name in logged} == logged == outcome.temperatures


def test_the_swept_temperature_changes_training_only(tiny_run: RunConfig, tmp_path: Path) -> None:
    """With a learning rate that changes no weight, everything but the training completions is equal."""
    still = changed(tiny_run, learning_rate=1e-30, max_steps=2, rungs=1)
    (_, cold), (_, hot) = (
        run(changed(still, temperature=t, top_p=p), tmp_path / str(t)) for t, p in ((0.3, 0.5), (1.5, 1.0))
    )
    (first, second) = (recorder.rows[-1][1] for recorder in (cold, hot))
    held_out = {name for name in first if name.startswith(("objective/", "qc/"))}
    assert {"objective/score", "objective/entropy", "qc/pass_rate"} <= held_out
    assert {name: first[name] for name in held_out} == {name: second[name] for name in held_out}
    assert first["train/entropy"] != second["train/entropy"]
    figures = [
        {name: value for name, value in recorder.summary.items() if name.startswith(("temp", "starter/"))}
        for recorder in (cold, hot)
    ]
    assert figures[0] == figures[1]
    assert "starter/temperature/1.2/reference" in figures[0]


def test_a_run_that_does_not_finish_or_wants_none_has_no_final_evaluation(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    stop = StopRequest()
    stop.ask("stopped early")
    sick = changed(tiny_run, learning_rate=0.05, health_kl_max=1e-6)
    none = changed(tiny_run, max_steps=1, final_temperatures=[])
    for name, config, asked in (("stopped", tiny_run, stop), ("sick", sick, None), ("none", none, None)):
        outcome, recorder = run(config, tmp_path / name, asked)
        assert outcome.temperatures == {}
        assert not [value for value in recorder.summary if "temperature/" in value]


def test_a_stop_request_ends_the_final_evaluation_but_the_run_has_finished(
    tiny_run: RunConfig, tmp_path: Path
) -> None:
    stop, lines = StopRequest(), []

    def interrupt(line: str) -> None:
        lines.append(line)
        stop.ask("preempted")

    sinks = Sinks(RunDirectory(tmp_path, tiny_run.flat()))
    outcome = train_run(changed(tiny_run, max_steps=1), sinks, stop, on_evaluation=interrupt)
    assert outcome.name == "finished"
    assert lines == [
        "final evaluation at T = 0.8 (1 of 2)",
        "final evaluation ended before T = 1.2 (2 of 2): the run was asked to stop",
    ]
    assert {name.split("temperature/")[1].split("/")[0] for name in outcome.temperatures} == {"0.8"}


def test_training_statistics_exclude_held_out_completions(tiny_run: RunConfig, tmp_path: Path) -> None:
    """In an earlier system held-out samples entered the training metric. More rungs must not change it."""
    rare = changed(tiny_run, rungs=1)
    _, often = run(tiny_run, tmp_path / "often")
    _, once = run(rare, tmp_path / "once")
    key = "reward_components/total_reward/mean"
    assert [row[key] for _, row in often.rows] == [row[key] for _, row in once.rows]


def test_equal_seeds_give_equal_runs_and_other_seeds_do_not(tiny_run: RunConfig, tmp_path: Path) -> None:
    def losses(name: str, seed: int) -> list[float]:
        _, recorder = run(changed(tiny_run, seed=seed, max_steps=2), tmp_path / name)
        return [row["train/loss"] for _, row in recorder.rows]

    assert losses("a", 1) == losses("b", 1)
    assert losses("c", 2) != losses("a2", 1)


def test_kl_is_measured_at_beta_zero(tiny_run: RunConfig, tmp_path: Path) -> None:
    _, recorder = run(changed(tiny_run, beta=0.0, learning_rate=1e-2), tmp_path)
    assert recorder.rows[-1][1]["train/kl"] > 0
    assert recorder.rows[-1][1]["objective/kl"] > 0


def test_a_batch_smaller_than_the_group_trains(tiny_run: RunConfig, tmp_path: Path) -> None:
    config = changed(tiny_run, per_device_train_batch_size=4, num_generations=8, max_steps=1)
    outcome, recorder = run(config, tmp_path)
    assert outcome.name == "finished"
    assert len(recorder.rows) == 1


def test_epsilon_matters_when_a_batch_is_trained_on_twice(tiny_run: RunConfig, tmp_path: Path) -> None:
    """With one iteration per batch the ratio is 1, so clipping and epsilon have no effect."""

    def losses(name: str, **params: float) -> list[float]:
        _, recorder = run(changed(tiny_run, learning_rate=0.02, **params), tmp_path / name)
        return [row["train/loss"] for _, row in recorder.rows]

    assert losses("a", epsilon=0.01, num_iterations=2) != losses("b", epsilon=0.3, num_iterations=2)
    assert losses("c", epsilon=0.01, num_iterations=1) == losses("d", epsilon=0.3, num_iterations=1)


def test_an_unhealthy_run_scores_zero_and_ends(tiny_run: RunConfig, tmp_path: Path) -> None:
    outcome, recorder = run(changed(tiny_run, learning_rate=0.05, health_kl_max=1e-6), tmp_path)
    assert outcome.name == "unhealthy"
    assert outcome.step == 2
    last = recorder.rows[-1][1]
    assert last["objective/score"] == 0.0
    assert last["objective/reference"] >= 0.0
    assert recorder.summary["health/finding"] == "KL diverging"
    assert recorder.summary["health/finding_step"] == 2


def test_weights_that_become_nan_are_unhealthy_and_score_zero(tiny_run: RunConfig, tmp_path: Path) -> None:
    """NaN weights cannot be sampled from. This must not crash the run, not even at a rung."""
    outcome, recorder = run(changed(tiny_run, learning_rate=1e30, max_grad_norm=1e9), tmp_path)
    assert outcome.name == "unhealthy"
    assert outcome.findings[0].kind == "not finite"
    last = recorder.rows[-1][1]
    assert last["objective/score"] == 0.0
    assert outcome.score == 0.0
    assert all(math.isfinite(value) for value in recorder.numbers(last).values())


def test_a_stop_request_ends_the_run_after_the_current_step(tiny_run: RunConfig, tmp_path: Path) -> None:
    stop = StopRequest()
    stop.ask("stopped early")
    outcome, recorder = run(tiny_run, tmp_path, stop)
    assert (outcome.name, outcome.step) == ("stopped early", 1)
    assert len(recorder.rows) == 1


def test_a_wrong_model_path_is_a_one_line_error(tmp_path: Path) -> None:
    config = RunConfig(model="./no/such/model", max_steps=1)
    with pytest.raises(ConfigError, match="no such folder") as caught:
        run(config, tmp_path)
    assert "\n" not in str(caught.value)


def test_an_early_stop_outranks_the_signal_that_follows() -> None:
    stop = StopRequest()
    assert not stop
    stop.ask("stopped early")
    stop.ask("preempted")
    assert stop
    assert stop.reason == "stopped early"


def test_an_early_stop_of_the_server_is_recognised_after_its_signal() -> None:
    stop = StopRequest()
    stop.ask("preempted")
    assert not stop.wait_for_early_stop(0.2)
    threading.Timer(0.2, stop.ask, ["stopped early"]).start()
    assert stop.wait_for_early_stop(5)
    assert stop.reason == "stopped early"


def test_interrupts_are_handled_although_the_shell_ignored_them() -> None:
    """`sh -c 'cmd &'` starts cmd with SIGINT ignored, so an early stop would be lost."""
    code = (
        "import signal, time\n"
        "assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN\n"
        "from agent.training.lifecycle.stop import StopRequest\n"
        "stop = StopRequest(); stop.install(); print('ready', flush=True)\n"
        "deadline = time.time() + 20\n"
        "while not stop and time.time() < deadline: time.sleep(0.01)\n"
        "print(stop.reason)\n"
    )
    process = subprocess.Popen(
        ["sh", "-c", f"trap '' INT; exec {sys.executable} -c \"$CODE\""],
        env={"CODE": code, "PATH": "/usr/bin:/bin"},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "preempted\n"


@dataclass(frozen=True)
class Moody(Reward):
    """Raises on every text whose letters add up to a multiple of `every`."""

    every: int
    name: str = "moody"

    def __call__(self, samples: Sequence[Sample]) -> list[Evaluation]:
        if any(sum(map(ord, sample.completion)) % self.every == 0 for sample in samples):
            raise RuntimeError("no judge today")
        return [Evaluation(min(1.0, len(sample.completion) / 100), "measured") for sample in samples]


def rewarded_by(reward: Reward, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = RewardSuite([Weighted(reward, 1.0)])
    monkeypatch.setattr(
        "agent.training.run.build_task",
        lambda config: replace(build_task(config), training_suite=suite, monitored=()),
    )


def test_samples_on_which_a_reward_raises_are_counted_as_unscored_and_the_run_finishes(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewarded_by(Moody(every=3), monkeypatch)
    outcome, recorder = run(changed(tiny_run, per_device_train_batch_size=8), tmp_path)
    assert outcome.name == "finished"
    assert 0 < sum(row["reward_components/unscored"] for _, row in recorder.rows) < 32
    assert all(row["reward_components/moody/mean"] > 0 for _, row in recorder.rows)


def test_a_reward_that_always_raises_fails_the_run_with_the_reason(
    tiny_run: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewarded_by(Moody(every=1), monkeypatch)
    with pytest.raises(
        ConfigError, match=r"4 of 4 completions .* moody failed: RuntimeError: no judge today"
    ):
        run(tiny_run, tmp_path)
