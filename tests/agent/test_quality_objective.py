"""The figures of a task's quality control in a run, and as its objective."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.config.errors import ConfigError
from agent.config.metrics import RUNG_METRICS, cadence, rung_metrics
from agent.config.run import RunConfig
from agent.config.tasks import our_tasks, task_definition
from agent.health.reward import error_of_mean
from agent.tasks.build import build_task
from agent.training.lifecycle.model import load_model
from agent.training.objective.sampling import sample
from rewards.base import Sample
from rewards.quality import quality_scores
from sweepfarm.cli import cli
from tests.agent.running import changed, run
from tests.agent.test_own_tasks import TASK_FILE, parameters

QUALITY_FILE = TASK_FILE.replace(
    "class GcRewardConfig",
    '''import numpy as np
from rewards.quality import Quality, Verdict


class StartsWithWeakBase(Quality):
    """A completion passes if it begins with A or T; its type is its second base."""

    kinds = ("second",)

    def verdicts(self, samples):
        passed = [sample.completion[:1] in ("A", "T") for sample in samples]
        types = [{"second": (sample.completion[1:2] or "-",)} for sample in samples]
        return [Verdict(p, False, t, "" if p else "strong") for p, t in zip(passed, types, strict=True)]

    def clusters(self, samples):
        return [len(sample.completion) // 8 for sample in samples]

    def originality(self, samples):
        return [None for _ in samples]

    def pieces(self, samples):
        return [np.unique([ord(c) for c in s.completion]).astype(np.uint64) for s in samples]


class GcRewardConfig''',
).replace('monitored=("gc",), build=build', 'monitored=("gc",), quality=StartsWithWeakBase, build=build')
QUALITY_FILE = QUALITY_FILE.replace(
    "        known_bad=", "        quality=StartsWithWeakBase(),\n        known_bad="
)


@pytest.fixture
def config(tmp_path: Path, tiny_starter: Path, monkeypatch: pytest.MonkeyPatch) -> RunConfig:
    (tmp_path / "my_task.py").write_text(QUALITY_FILE)
    monkeypatch.chdir(tmp_path)
    return RunConfig.from_params({**parameters(tiny_starter, "my_task.py:TASK"), "eval_samples": 4})


def test_figures_are_logged_at_the_rungs_and_for_the_starting_model(
    config: RunConfig, tmp_path: Path
) -> None:
    outcome, recorder = run(config, tmp_path / "run")
    (before, last) = (row for _, row in recorder.rows)
    promised = rung_metrics(config.task)
    assert promised > RUNG_METRICS | {"qc/pass_rate", "qc/second_types"}
    assert set(last) >= promised
    assert not any(name.startswith("qc/") for name in before)
    assert {f"starter/{name}" for name in promised if name.startswith("qc/")} <= set(recorder.summary)
    assert "qc/novelty" not in last
    assert outcome.score == last["objective/score"] == last["objective/reference"]
    samples = [json.loads(line) for line in (tmp_path / "run" / "samples.jsonl").read_text().splitlines()]
    at_rung = [row["quality"] for row in samples if row["step"] == 2]
    assert sum(row["passed"] for row in at_rung) / len(at_rung) == last["qc/pass_rate"] > 0
    assert {row["molecule"] for row in at_rung} - {None} == set(range(1, int(last["qc/distinct"]) + 1))
    (table,) = [row["samples"] for _, row in recorder.rows if "samples" in row]
    explained = table.data[0][table.columns.index("explanation")]
    assert explained.startswith(
        f"quality control: passed, molecule {at_rung[0]['molecule']}: "
        if at_rung[0]["passed"]
        else "quality control: strong"
    )


def test_the_final_evaluation_samples_both_models_at_each_temperature(
    config: RunConfig, tmp_path: Path
) -> None:
    config = changed(
        config, reward_gc=0.9, final_temperatures=[0.5, 1.5], final_samples=3, learning_rate=0.05, max_steps=4
    )
    outcome, recorder = run(config, tmp_path / "run")
    task, prompts = build_task(config), [p for p in ("CAT", "GGG", "TAC", "AAC") for _ in range(3)]
    assert outcome.checkpoint is not None
    for who, path in (("starter/", config.model), ("", outcome.checkpoint)):
        model, tokenizer = load_model(path)
        for temperature in (0.5, 1.5):
            drawn = sample(model, tokenizer, prompts, max_new_tokens=16, temperature=temperature, seed=4321)
            pairs = [Sample(p, c) for p, c in zip(prompts, drawn.texts, strict=True)]
            where = f"{who}temperature/{temperature}"
            totals = task.reference_suite.score(pairs).totals
            assert recorder.summary[f"{where}/reference"] == pytest.approx(totals.mean())
            assert recorder.summary[f"{where}/error"] == pytest.approx(error_of_mean(totals, 3))
            assert task.quality is not None
            figures = quality_scores(task.quality, pairs).figures
            assert recorder.summary[f"{where}/completions"] == 12
            for name in ("pass_rate", "distinct_pass_rate", "second_types"):
                assert recorder.summary[f"{where}/qc/{name}"] == figures[name]
    _, other = run(changed(config, temperature=0.6, seed=3, learning_rate=1e-4), tmp_path / "other")
    starter = {name for name in recorder.summary if name.startswith("starter/temperature/")}
    assert len(starter) == 2 * len({name.split("/", 3)[3] for name in starter})
    assert {name: recorder.summary[name] for name in starter} == {
        name: other.summary[name] for name in starter
    }
    policy = {name.removeprefix("starter/") for name in starter}
    assert {n: recorder.summary[n] for n in policy} != {n: other.summary[n] for n in policy}


def test_train_prints_the_final_evaluation_and_has_it_in_its_json(config: RunConfig, tmp_path: Path) -> None:
    config = changed(config, final_temperatures=[0.5, 1.5], final_samples=2)
    (tmp_path / "run.yaml").write_text(json.dumps(config.flat()))
    command = ["train", str(tmp_path / "run.yaml"), "--out"]
    told = CliRunner().invoke(cli, [*command, str(tmp_path / "a")])
    assert told.exit_code == 0, told.output
    made = CliRunner().invoke(cli, [*command, str(tmp_path / "b"), "--json"])
    values = json.loads(made.stdout)
    heads, *_, cold, hot = [
        line.split() for line in told.stderr.splitlines() if re.match(r" +(T|0\.5|1\.5) ", line)
    ]
    assert heads == ["T", "QC", "distinct", "QC", "reference"]
    for row, temperature in ((cold, 0.5), (hot, 1.5)):
        where = f"temperature/{temperature}/"
        shown = [
            f"{values[f'{who}{where}{name}']:{form}}"
            for name, form in (
                ("qc/pass_rate", ".1%"),
                ("qc/distinct_pass_rate", ".1%"),
                ("reference", ".3f"),
            )
            for who in ("starter/", "")
        ]
        assert [part for part in row if part != "→"] == [str(temperature), *shown]


def test_train_says_why_a_run_with_infinite_weights_ended(config: RunConfig, tmp_path: Path) -> None:
    config = changed(config, learning_rate=1e38, max_grad_norm=1e38)
    (tmp_path / "run.yaml").write_text(json.dumps(config.flat()))
    told = CliRunner().invoke(cli, ["train", str(tmp_path / "run.yaml"), "--out", str(tmp_path / "a")])
    assert told.exit_code == 0, told.output
    assert "unhealthy at step" in told.stderr
    assert re.search(r"not finite from step \d+: train/", told.stderr)
    assert json.loads((tmp_path / "a" / "outcome.json").read_text())["outcome"] == "unhealthy"


def test_the_distinct_pass_rate_can_be_the_objective(config: RunConfig, tmp_path: Path) -> None:
    by_reference, _ = run(config, tmp_path / "reference")
    outcome, recorder = run(changed(config, objective="qc_distinct"), tmp_path / "distinct")
    last = recorder.rows[-1][1]
    assert last["qc/distinct_pass_rate"] != last["objective/reference"]
    assert outcome.score == last["objective/score"] == last["qc/distinct_pass_rate"]
    assert outcome.starter_score == recorder.summary["starter/score"]
    assert outcome.starter_score == recorder.summary["starter/qc/distinct_pass_rate"] > 0
    assert by_reference.score == last["objective/reference"]


def test_a_task_without_quality_control_has_no_such_objective() -> None:
    with pytest.raises(ConfigError, match="the task stories has no quality control"):
        RunConfig.from_params({"task": "stories", "objective": "qc_distinct"})


@pytest.mark.parametrize("task", our_tasks())
def test_only_tasks_with_a_quality_control_log_its_figures(task: str) -> None:
    has = task_definition(task).quality is not None
    assert has == (task == "plasmid")
    assert cadence("qc/distinct_pass_rate", task) == ("rung" if has else None)
    assert cadence("qc/origin_types", task) == ("rung" if has else None)
