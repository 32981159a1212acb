"""The figures of a task's quality control in a run, and as its objective."""

import json
from pathlib import Path

import pytest

from agent.config.errors import ConfigError
from agent.config.metrics import RUNG_METRICS, cadence, rung_metrics
from agent.config.run import RunConfig
from agent.config.tasks import our_tasks, task_definition
from tests.agent.running import changed, run
from tests.agent.test_own_tasks import TASK_FILE, parameters

QUALITY_FILE = TASK_FILE.replace(
    "class GcRewardConfig",
    '''from rewards.quality import Quality, Verdict


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
