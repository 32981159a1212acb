"""Degeneracy of runs that logged only tables of completions."""

import json
from pathlib import Path

import pytest
import yaml

from agent.health.checks import HealthLimits
from analysis.classify.degeneracy import degenerate_completions
from analysis.read.completions import completions_frame, first_and_last
from tests.analysis.trl_program import GROUP, PROMPTS, STEPS
from tests.server_fixture import RunningServer, running_server

LIMITS = HealthLimits()


def test_the_first_and_last_tables_are_found_by_step_number():
    files = [f"media/table/completions_{step}_0a1b2c.table.json" for step in (100, 9, 23)]
    other = ["media/table/eval_7_ff.table.json", "media/images/completions_1_ff.png", "config.yaml"]
    assert first_and_last([*files, *other]) == [(9, files[1]), (100, files[0])]
    held_out = [f"media/table/samples_{step}_ff.table.json" for step in (12, 3)]
    assert first_and_last([*files, *held_out]) == [(3, held_out[1]), (12, held_out[0])]
    assert first_and_last([files[0], *other]) is None


def test_conversations_in_a_table_become_their_text():
    said = [{"role": "assistant", "content": "four"}, {"role": "assistant", "content": None}]
    table = {"columns": ["prompt", "completion"], "data": [[[{"role": "user", "content": "2+2"}], said]]}
    frame = completions_frame(table, 7)
    assert frame is not None
    assert frame.to_dict("records") == [{"step": 7, "prompt": "2+2", "completion": "four\n"}]
    assert completions_frame({"columns": ["prompt"], "data": []}, 7) is None
    assert completions_frame({}, 7) is None


def samples(step: int, texts: list[str], group: int = 1) -> list[list[object]]:
    return [[step, f"p{i // group}", text] for i, text in enumerate(texts)]


def judged(*rows: list[object]):
    frame = completions_frame({"columns": ["step", "prompt", "completion"], "data": list(rows)}, 0)
    assert frame is not None
    return degenerate_completions(frame, LIMITS)


VARIED = [f"tale {i} of the {animal} and the {i * 7}" for i, animal in enumerate(["dog", "cat", "fox"] * 4)]


def test_the_first_table_represents_the_starting_model_and_is_named_in_the_evidence():
    found = judged(*samples(10, VARIED), *samples(60, ["same."] * 12))
    assert (found.kind, found.step) == ("collapsed", 60)
    assert "distinct samples 8% (starting model: 100%)" in found.evidence
    assert found.evidence.endswith("; the table of step 10 stands for the starting model")
    assert "table" not in judged(*samples(0, VARIED), *samples(60, ["same."] * 12)).evidence


def test_one_table_or_few_completions_give_no_finding():
    assert judged(*samples(60, ["same."] * 12)) is None
    assert judged(*samples(10, VARIED[:7]), *samples(60, ["same."] * 7)) is None
    assert judged(*samples(10, VARIED), *samples(60, VARIED[::-1])) is None


def test_overlap_of_samples_of_one_prompt_is_detected():
    """Every prompt has its own text, so the overlap over all prompts stays low."""
    rng_words = [f"w{i}" for i in range(400)]
    start = [" ".join(rng_words[12 * i : 12 * i + 12]) for i in range(32)]
    alike = [" ".join([*rng_words[48 * (i // 4) : 48 * (i // 4) + 30], f"x{i}"]) for i in range(32)]
    found = judged(*samples(0, start, 4), *samples(60, alike, 4))
    assert found is not None
    assert "overlap of samples of one prompt" in found.evidence
    assert "overlap of samples 1" not in found.evidence


@pytest.mark.slow
def test_runs_of_another_trainer_are_judged_by_their_tables_of_completions(tmp_path: Path):
    with running_server(tmp_path) as server:
        check_runs_of_another_trainer(server, tmp_path)


def check_runs_of_another_trainer(server: RunningServer, tmp_path: Path) -> None:
    where = {"WANDB_ENTITY": "me", "WANDB_PROJECT": "trl"}
    sweep = {
        "method": "grid",
        "metric": {"name": "train/reward", "goal": "maximize"},
        "program": str(Path(__file__).with_name("trl_program.py")),
        "command": ["${interpreter}", "${program}"],
        "parameters": {"collapses": {"values": [True, False]}},
    }
    (server.work / "sweep.yaml").write_text(yaml.safe_dump(sweep))
    path = server.wandb("sweep", "sweep.yaml", **where).split("wandb agent ")[1].split()[0]
    assert server.eager_agent(path, "--count", "2", **where).wait(timeout=300) == 0

    def report(*words: str) -> dict[bool, dict]:
        code = f"import sys; sys.argv[1:] = {list(words)!r}; from analysis.cli import report; report()"
        out = server.python(code, SWEEPFARM_CACHE=str(tmp_path / "cache"))
        found = json.loads(out[out.index("{") :])["runs"]
        return {run["parameters"]["collapses"]: run for run in found}

    kept = tmp_path / "kept"
    runs = report(path, "--out", str(tmp_path / "a"), "--export", str(kept), "--format", "csv", "--json")
    # Training steps, not log calls: the trainer logs twice every tenth step.
    assert {(run["steps"], run["planned_steps"]) for run in runs.values()} == {(STEPS, STEPS)}
    assert [runs[collapses]["verdict"] for collapses in (True, False)] == ["collapsed", "healthy"]
    assert runs[True]["evidence"].startswith(f"distinct samples {1 / (GROUP * len(PROMPTS)):.0%}")
    assert report(str(kept), "--out", str(tmp_path / "b"), "--json")[True] == runs[True]
