"""The results page: its table holds the logged values and the verdicts of the runs."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.errors import AnalysisError
from analysis.publish.results_page import write_results
from analysis.publish.runs_table import runs_table
from analysis.read.table import SweepTable
from tests.analysis.recorded import RUNGS, Recorder, rows, sweep

REWARD = "reward_components/total_reward/mean"


@pytest.fixture
def stories() -> SweepTable:
    """Three runs of two rewards: one does not learn, one collapses at step 40, one succeeds."""
    recorder = Recorder(sweep("variant.reward_name", "variant.beta", stops_early=False))
    runs = (
        ("stuck", "length", 0.3, [0.1] * 60, {}, 1.0),
        ("spam", "length", 0.0, [0.1 + 0.02 * s for s in range(40)], {
            "outcome": "unhealthy", "health/finding": "collapsed", "health/finding_step": 40,
            "health/evidence": "sentences of one template 66% | 4%",
        }, 0.5),
        ("good", "word", 0.02, [min(0.96, 0.1 + 0.02 * s) for s in range(60)], {}, 1.0),
    )  # fmt: skip
    for name, reward, beta, rewards, summary, unique in runs:
        scores = {step: rewards[step - 1] for step in RUNGS if step <= len(rewards)}
        history = rows(scores, len(rewards), {REWARD: rewards, "train/kl": 0.1})
        for row in history:
            if row["_step"] in scores:
                row["objective/unique_fraction"] = unique
        recorder.run(
            name,
            history,
            config={
                "variant": {"reward_name": reward, "beta": beta}, "eval_prompts": 10, "eval_samples": 2,
                "seed": 42, "health_kl_max": 1.5,
            },
            summary={"outcome": "finished", "starter/score": 0.1, **summary},
        )  # fmt: skip
    return recorder.table()


def written(table: SweepTable, path: Path, against: str = "beta", before: str | None = None) -> str:
    assessment = assess(table)
    write_results(
        table,
        assessment,
        select(assessment),
        against=against,
        before=before,
        command="make sweep-stories",
        path=path,
        console=Console(quiet=True),
    )
    return path.read_text()


def test_the_table_has_a_row_per_run_in_order_of_creation(stories: SweepTable) -> None:
    found = runs_table(stories, assess(stories))
    assert list(found["id"]) == ["stuck", "spam", "good"]
    assert list(found["beta"]) == [0.3, 0.0, 0.02]
    assert found["reward"].tolist() == pytest.approx([0.1, 0.84, 0.96])
    assert list(found["unique"]) == ["20/20", "10/20", "20/20"]
    assert list(found["verdict"]) == ["not learning", "collapsed", "healthy"]
    assert list(found["steps"]) == [60, 40, 60]


def test_the_page_has_table_figure_date_seed_and_command(stories: SweepTable, tmp_path: Path) -> None:
    text = written(stories, tmp_path / "results" / "stories.md")
    assert "Made by `make sweep-stories`; runs of 2026-01-01, seed 42." in text
    assert "| 2 | length | 0 | 0.84 | 0.10 | 10/20 | 40 | collapsed |" in text
    assert r"sentences of one template 66% \| 4%" in text
    assert "| **3** | **word** | **0.02** | **0.96** |" in text
    assert "| 0.3 | 1 | 0.10 | 1 not learning |" in text
    (figure,) = re.findall(r"!\[[^]]*\]\((.*)\)", text)
    assert (tmp_path / "results" / figure).read_text().count("<svg") == 1
    assert "health_kl_max" not in text
    assert "`eval_prompts` 10" in text


def test_the_page_shows_completions_of_the_chosen_and_the_worst_run(
    stories: SweepTable, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"step": [60], "prompt": ["a *fox*"], "completion": ["was\nhappy | sad"]})
    table = replace(stories, scored={"good": frame, "stuck": frame, "spam": frame})
    text = written(table, tmp_path / "stories.md")
    assert r"> **a \*fox\*** was happy \| sad" in text
    assert re.findall(r"^Run (\d), ([a-z]+), at step 60:$", text, re.MULTILINE) == [
        ("3", "healthy"),
        ("2", "collapsed"),
    ]


def test_equal_runs_give_equal_files(stories: SweepTable, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        written(stories, tmp_path / folder / "stories.md")
    for name in ("stories.md", "stories_beta.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_figure_needs_a_searched_parameter(stories: SweepTable, tmp_path: Path) -> None:
    with pytest.raises(
        AnalysisError, match="`seed` is not searched by the sweep; it searches reward_name, beta"
    ):
        written(stories, tmp_path / "stories.md", against="seed")
