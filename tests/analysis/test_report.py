import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.cli import compare, report
from analysis.errors import AnalysisError
from analysis.read.folder import write_table
from analysis.read.samples import best_and_worst, samples_frame
from analysis.report.report import write_report
from tests.analysis.recorded import Recorder, plasmid_sweep, rows, sweep


@pytest.fixture
def export(tmp_path):
    folder = tmp_path / "export"
    write_table(plasmid_sweep(), folder)
    return folder


def test_a_report_writes_consistent_files(export, tmp_path):
    console = Console(width=120, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    written = write_report(str(export), tmp_path / "out", console)
    data = json.loads(written.result.read_text())
    assert data == written.data
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "chosen_config.yaml",
        "report.html",
        "report.md",
        "result.json",
    ]
    assert data["sweep"] == "me/plasmid/s1"
    assert data["starter_objective"] == 0.3
    point = data["recommended_point"]
    assert f"recommended: {point['id']} at step {point['step']}" in written.page.read_text()
    where = f"{point['id']} at step {point['step']}"
    line = f"- Least drift with a score within noise of the best: {where}, {point['value']:.4f} at √KL"
    assert line in (tmp_path / "out" / "report.md").read_text()
    best = data["runs"][0]
    assert (best["rank"], best["id"], best["score"]) == (1, data["best_run"], data["best_objective"])
    assert data["page"] == (tmp_path / "out" / "report.html").as_uri()
    stopped = [run for run in data["runs"] if run["stopped_early"]]
    assert [run["steps"] for run in stopped] == [20, 20, 20]
    assert {run["verdict"] for run in stopped} == {"stopped early"}
    assert {run["id"]: run["verdict"] for run in data["runs"]}["run3"] == "failed"
    text = console.export_text()
    for run in data["runs"]:
        assert re.search(rf"{run['id']} +{run['verdict']} +{run['steps']}/60 +{run['objective']:.4f}", text)


def test_the_chosen_config_is_the_complete_config_of_the_winner(export, tmp_path):
    written = write_report(str(export), tmp_path / "out", Console(quiet=True))
    text = written.chosen_config.read_text()
    expected = dict(plasmid_sweep().configs()[written.data["best_run"]])
    assert f"# config_hash {expected.pop('config_hash')}\n" in text
    assert yaml.safe_load(text) == expected
    assert text.startswith(f"# Chosen from sweep me/plasmid/s1, run {written.data['best_run']}\n")
    assert f"{written.data['best_objective']:.4f} at step 60, the starting model 0.3000" in text


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_is_self_contained_and_reproducible(export, tmp_path):
    first = write_report(str(export), tmp_path / "a", Console(quiet=True))
    second = write_report(str(export), tmp_path / "b", Console(quiet=True))
    html = first.page.read_text()
    assert html == second.page.read_text()
    links = Links()
    links.feed(html)
    assert links.found == []
    for run in first.data["runs"]:
        assert f"{run['objective']:.4f}" in html
        assert run["evidence"] in html


def test_the_markdown_lists_every_run_and_the_best_parameters(export, tmp_path):
    written = write_report(str(export), tmp_path, Console(quiet=True))
    lines = (tmp_path / "report.md").read_text().splitlines()
    rows = [
        line.replace("**", "").split(" | ")
        for line in lines
        if line.startswith(("| 1", "| 2", "| 3", "| –", "| **"))
    ]
    assert len(rows) == len(written.data["runs"])
    for row, run in zip(rows, written.data["runs"], strict=True):
        assert row[1] == run["id"]
        assert f"{run['objective']:.4f}" in row
        assert run["verdict"] in row
    best = written.data["runs"][0]["parameters"]
    assert f"- `num_generations`: {best['num_generations']}" in lines
    assert f"- {written.data['doubts'][0]}" in lines


def test_the_numbers_of_page_and_result_are_equal(export, tmp_path):
    written = write_report(str(export), tmp_path, Console(quiet=True))
    html = written.page.read_text()
    figures = json.loads(re.search(r"^const figures = (.*);$", html, re.M).group(1))
    last = {
        trace["name"].split("(")[1].split(")")[0]: trace["y"][-1] for trace in figures["objective"]["data"]
    }
    assert last == {run["id"]: pytest.approx(run["objective"], rel=1e-5) for run in written.data["runs"]}
    assert set(figures) == {
        "objective",
        "components",
        "kl",
        "gradient",
        "frontier",
        "importance",
        "parameters",
    }


def test_names_are_escaped_in_the_page(tmp_path):
    recorder = Recorder(sweep("model"))
    evil = "</script><script>alert(1)</script>"
    for i in range(2):
        recorder.run(f"r{i}", rows({60: 0.5}, 60), name=evil, config={"model": f"{evil}{i}"})
    write_table(recorder.table(), tmp_path / "export")
    written = write_report(str(tmp_path / "export"), tmp_path, Console(quiet=True))
    assert evil not in written.page.read_text()


def scored(*rows):
    columns = ["step", "prompt", "completion", "reference", "ori", "explanation"]
    return samples_frame({"columns": columns, "data": [[60, "ATG", *row] for row in rows]})


def test_the_best_and_worst_completions_of_a_table():
    frame = scored(*[(f"c{i}", i / 10, None, "said") for i in (4, 1, 3, 0, 2)], ("none", None, None, None))
    found = best_and_worst(frame)
    assert (found.step, found.scored) == (60, 5)
    assert [row["completion"] for row in found.best] == ["c4", "c3", "c2"]
    assert [row["completion"] for row in found.worst] == ["c0", "c1"]
    one = best_and_worst(scored(("c", 0.5, None, "said")))
    assert ([row["completion"] for row in one.best], one.worst) == (["c"], [])
    assert best_and_worst(scored(("c", None, None, None))) is None
    assert best_and_worst(None) is None


@pytest.mark.parametrize(
    "table", [{}, {"columns": ["step", "text"], "data": [[1, "a"]]}, {"columns": None, "data": None}]
)
def test_samples_frame_returns_none_for_other_tables(table):
    assert samples_frame(table) is None


def test_the_page_notes_a_chosen_run_without_completions(export, tmp_path):
    html = write_report(str(export), tmp_path, Console(quiet=True)).page.read_text()
    assert "logged no table <code>samples</code> of scored completions, so none are shown" in html


def test_completions_are_escaped_and_shortened_in_the_page(tmp_path):
    evil = "</script><script>alert(1)</script>"
    table = plasmid_sweep()
    best = select(assess(table)).best
    rows = scored((evil, 0.9, None, evil), ("A" * 5000, 0.1, None, "long"))
    write_table(replace(table, scored={best: rows}), tmp_path / "export")
    html = write_report(str(tmp_path / "export"), tmp_path, Console(quiet=True)).page.read_text()
    assert evil not in html
    assert html.count("&lt;/script&gt;&lt;script&gt;alert(1)") == 2
    assert "A" * 601 not in html
    assert "(5000 characters)" in html


def test_an_old_chosen_config_is_removed_if_nothing_is_chosen(tmp_path):
    for outcome in ("finished", "unhealthy"):
        table = Recorder(sweep("lr")).run("r0", rows({60: 0.5}, 60), summary={"outcome": outcome}).table()
        write_table(table, tmp_path / outcome)
        written = write_report(str(tmp_path / outcome), tmp_path / "out", Console(quiet=True))
    assert written.chosen_config is None
    assert written.data["chosen_config"] is None
    assert written.data["best_objective"] is None
    assert not (tmp_path / "out" / "chosen_config.yaml").exists()


def test_json_output_is_exactly_the_result(export, tmp_path):
    done = CliRunner().invoke(report, [str(export), "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "result.json").read_text())


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_report_of_an_export_is_identical(export, tmp_path, form):
    kept = str(tmp_path / "kept")
    words = [str(export), "--out", str(tmp_path / "a"), "--export", kept, "--format", form]
    assert CliRunner().invoke(report, words).exit_code == 0
    assert CliRunner().invoke(report, [kept, "--out", str(tmp_path / "b")]).exit_code == 0
    for name in ("report.html", "report.md", "chosen_config.yaml"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_unwritable_export_is_a_one_line_error_without_report(export, tmp_path):
    (tmp_path / "kept").write_text("a file")
    words = [str(export), "--out", str(tmp_path / "out"), "--export", str(tmp_path / "kept" / "in")]
    done = CliRunner().invoke(report, words)
    assert done.exit_code == 1
    assert done.output == f"Error: cannot write the export to {tmp_path}/kept/in: Not a directory\n"
    assert not (tmp_path / "out").exists()


def test_a_sweep_without_finished_runs_is_a_one_line_error(tmp_path):
    write_table(
        Recorder(sweep("lr")).run("r0", rows({10: 0.4}, 20), state="running").table(), tmp_path / "export"
    )
    done = CliRunner().invoke(report, [str(tmp_path / "export"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert done.output == "Error: no run of sweep me/plasmid/s1 has finished yet (1 running)\n"
    assert not (tmp_path / "out").exists()


def test_a_malformed_path_is_a_one_line_error():
    done = CliRunner().invoke(report, ["plasmid"])
    assert (done.exit_code, done.output) == (
        1,
        "Error: 'plasmid' is not a sweep: give ENTITY/PROJECT/SWEEP\n",
    )


def test_an_unwritable_report_folder_is_an_error_that_changes_nothing(export, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(AnalysisError, match="cannot write the report"):
        write_report(str(export), tmp_path / "out", Console(quiet=True))
    assert (tmp_path / "out").read_text() == "a file"


def test_a_failed_write_keeps_the_old_file(tmp_path):
    from analysis.files import replace_file

    target = tmp_path / "file"
    target.write_text("old")

    def broken(path):
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(target, broken)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("command", [report, compare])
def test_help_shows_an_example_on_its_own_line(command):
    shown = CliRunner().invoke(command, ["--help"]).output
    assert re.search(r"^ +Examples?:$", shown, re.M)
    assert re.search(rf"^ +sweepfarm {command.name} me/", shown, re.M)
