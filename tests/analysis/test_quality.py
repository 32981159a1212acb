"""The figures of the quality control in the report, beside the objective."""

import json

import pytest
from rich.console import Console

from analysis.read.folder import write_table
from analysis.report.quality import quality_at, quality_text
from analysis.report.report import write_report
from tests.analysis.recorded import Recorder, rows, sweep

STARTER = {
    "starter/qc/pass_rate": 0.14,
    "starter/qc/distinct_pass_rate": 0.12,
    "starter/qc/origin_types": 2.0,
    "starter/qc/origin/p15A": 0.25,
    "starter/qc/novelty": 0.3,
}


def history(passing, origins, score=0.6):
    signals = {
        "qc/pass_rate": [step / 60 * passing for step in range(1, 61)],
        "qc/distinct_pass_rate": passing / 2,
        "qc/novelty": 0.2,
        "qc/origin_types": float(len(origins)),
        **{f"qc/origin/{name}": share for name, share in origins.items()},
    }
    return rows({20: 0.4, 60: score}, 60, signals)


def two_seeds():
    recorder = Recorder(sweep("lr"))
    for seed, (passing, origins) in enumerate([(0.4, {"ColE1": 1.0}), (0.6, {"ColE1": 0.5, "R6K": 0.5})]):
        recorder.run(f"a{seed}", history(passing, origins), config={"lr": 1, "seed": seed}, summary=STARTER)
    recorder.run("b", history(0.2, {"ColE1": 1.0}, score=0.5), config={"lr": 2}, summary=STARTER)
    return recorder.table()


@pytest.fixture
def written(tmp_path):
    write_table(two_seeds(), tmp_path / "export")
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    return write_report(str(tmp_path / "export"), tmp_path / "out", console), console.export_text()


def test_the_result_has_the_figures_of_the_start_and_of_the_chosen_configuration(written):
    quality = json.loads(written[0].result.read_text())["quality"]
    assert quality["starter"] == {name.removeprefix("starter/qc/"): value for name, value in STARTER.items()}
    # The mean of two seeds; a type that one of them did not log has no share in it.
    assert quality["best"] == pytest.approx(
        {
            "pass_rate": 0.5,
            "distinct_pass_rate": 0.25,
            "novelty": 0.2,
            "origin_types": 1.5,
            "origin/ColE1": 0.75,
            "origin/R6K": 0.25,
        }
    )
    runs = {run["id"]: run["quality"] for run in written[0].data["runs"]}
    assert runs["b"]["pass_rate"] == pytest.approx(0.2)
    assert "origin/R6K" in runs["a1"]


def test_figures_are_those_of_the_last_rung_up_to_a_step():
    frame = two_seeds().histories["a0"]
    assert quality_at(frame, 30)["pass_rate"] == pytest.approx(0.2)
    assert quality_at(frame, 0) is None
    assert quality_at(frame.drop(columns="qc/pass_rate")) is None


def test_markdown_page_and_terminal_show_the_same_figures(written, tmp_path):
    report, text = written
    lines = (tmp_path / "out" / "report.md").read_text().splitlines()
    assert "| `qc/pass_rate` | 0.1400 | 0.5000 |" in lines
    assert "| `qc/origin/p15A` | 0.2500 | – |" in lines
    row = next(line for line in lines if line.startswith("| 2 | b |"))
    assert " | 0.5000 | 0.2000 | 0.1000 | " in row
    html = report.page.read_text()
    assert '<td><code>qc/pass_rate</code></td><td class="number">0.1400</td>' in html
    assert '"quality":{' in html
    assert "QC of best:     50.0% pass, 25.0% distinct, origin types 1.5, novelty 0.20" in text
    assert "QC at start:    14.0% pass, 12.0% distinct, origin types 2, novelty 0.30" in text


def test_a_line_leaves_out_figures_that_were_not_measured():
    assert quality_text({"pass_rate": 0.5}) == "50.0% pass"


def test_a_sweep_without_quality_control_reports_none(tmp_path):
    recorder = Recorder(sweep("lr"))
    for number in range(2):
        recorder.run(f"r{number}", rows({60: 0.5}, 60))
    write_table(recorder.table(), tmp_path / "export")
    written = write_report(str(tmp_path / "export"), tmp_path / "out", Console(quiet=True))
    assert written.data["quality"] is None
    assert [run["quality"] for run in written.data["runs"]] == [None, None]
    assert "Quality control" not in (tmp_path / "out" / "report.md").read_text()
