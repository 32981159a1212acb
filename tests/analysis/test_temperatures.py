"""The final evaluation by temperature in the report."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.publish.results_page import write_results
from analysis.read.folder import write_table
from analysis.read.table import SweepTable
from analysis.report.report import write_report
from analysis.report.temperatures import (
    temperature_lines,
    temperature_markdown,
    temperature_rows,
    temperature_statement,
)
from tests.analysis.recorded import Recorder, rows, sweep

Z = 1.959964


def summary(changes: dict[float, tuple[float, float]], figure: str = "qc/pass_rate", error: float = 0.03):
    """Summary values with a figure of the starter and of the policy at each temperature."""
    values: dict[str, Any] = {}
    for temperature, pair in changes.items():
        for who, value in zip(("starter/", ""), pair, strict=True):
            where = f"{who}temperature/{temperature}/"
            values[f"{where}completions"] = 128
            values[f"{where}{figure}"] = value
            values[f"{where}{'qc/' if figure.startswith('qc/') else ''}error"] = error
    return values


def statement(changes: dict[float, tuple[float, float]], figure: str = "qc/pass_rate") -> str | None:
    return temperature_statement(temperature_rows(summary(changes, figure)))


SAME, GAIN, LOSS = (0.3, 0.32), (0.3, 0.6), (0.6, 0.3)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({0.5: GAIN, 1.0: GAIN}, "The gain in QC holds at all temperatures (T = 0.5 and 1.0)."),
        (
            {0.5: SAME, 0.8: SAME, 1.0: GAIN, 1.2: SAME},
            "There is a gain in QC at T = 1.0 only (measured at T = 0.5, 0.8, 1.0 and 1.2).",
        ),
        (
            {0.5: LOSS, 0.8: GAIN, 1.0: GAIN},
            "There is a gain in QC at T = 0.8 and 1.0 only (measured at T = 0.5, 0.8 and 1.0)."
            " It is a loss at T = 0.5.",
        ),
        ({0.5: SAME, 1.0: SAME}, "There is no gain in QC at any temperature (T = 0.5 and 1.0)."),
        ({1.0: LOSS}, "There is no gain in QC at any temperature (T = 1.0). It is a loss at T = 1.0."),
    ],
)
def test_the_sentence_says_at_which_temperatures_there_is_a_gain(changes, says):
    assert statement(changes) == says


def test_without_quality_control_the_sentence_is_about_the_reference():
    says = "There is a gain in the reference score at T = 0.8 only (measured at T = 0.8 and 1.0)."
    assert statement({0.8: GAIN, 1.0: SAME}, "reference") == says
    assert statement({}) is None


def test_the_interval_comes_from_both_standard_errors():
    values = summary({1.0: (0.3, 0.6)}) | {"temperature/1.0/qc/error": 0.04}
    (row,) = temperature_rows(values)
    half = Z * math.hypot(0.03, 0.04)
    assert row["pass_rate"] == pytest.approx(
        {"starter": 0.3, "chosen": 0.6, "difference": 0.3, "low": 0.3 - half, "high": 0.3 + half}, rel=1e-5
    )
    assert (row["temperature"], row["completions"]) == (1.0, 128)
    assert (row["distinct_pass_rate"], row["reference"]) == (None, None)


def test_two_completions_more_than_none_are_no_gain():
    """With all completions of each prompt alike, the estimated standard errors are 0."""
    (row,) = temperature_rows(summary({1.0: (0.0, 2 / 128)}, error=0.0))
    assert row["pass_rate"]["low"] == pytest.approx(2 / 128 - Z * math.sqrt(2) / 128, rel=1e-5)
    assert row["pass_rate"]["low"] < 0


def test_a_value_without_a_standard_error_has_no_interval_and_is_no_gain():
    values = {
        name: value for name, value in summary({0.5: GAIN, 1.0: GAIN}).items() if "0.5/qc/e" not in name
    }
    first, second = temperature_rows(values)
    assert (first["pass_rate"]["low"], first["pass_rate"]["high"]) == (None, None)
    assert second["pass_rate"]["low"] is not None
    rows_without = temperature_rows({n: v for n, v in values.items() if not n.endswith("error")})
    assert temperature_statement(rows_without) is None
    assert "+30.0% (no interval)" in "\n".join(temperature_markdown(rows_without))


@given(
    st.dictionaries(st.floats(0.01, 5), st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=6), st.randoms()
)
def test_rows_rise_and_hold_what_was_logged(changes, random):
    names = list(summary(changes).items())
    random.shuffle(names)
    found = temperature_rows(dict(names))
    assert [row["temperature"] for row in found] == sorted(changes)
    for row in found:
        pair = row["pass_rate"]
        assert (pair["starter"], pair["chosen"]) == changes[row["temperature"]]
        assert pair["low"] < pair["difference"] < pair["high"]


def test_values_of_one_model_only_or_of_other_programs_make_no_rows():
    half = {name: value for name, value in summary({1.0: GAIN}).items() if not name.startswith("starter/")}
    assert temperature_rows({**half, "temperature/gpu/reference": 3, "temperature": 0.9}) == []
    assert temperature_rows({"starter/score": 0.3}) == []


def measured() -> SweepTable:
    values = summary({0.5: SAME, 1.0: GAIN})
    for temperature in (0.5, 1.0):
        values[f"starter/temperature/{temperature}/qc/distinct_pass_rate"] = 0.25
        values[f"temperature/{temperature}/qc/distinct_pass_rate"] = 0.125
    values |= summary({0.5: (0.4, 0.4), 1.0: (0.4, 0.5)}, "reference", error=0.01)
    recorder = Recorder(sweep("lr"))
    recorder.run("a", rows({20: 0.4, 60: 0.6}, 60), summary=values)
    recorder.run("b", rows({20: 0.4, 60: 0.5}, 60), summary=summary({0.5: LOSS, 1.0: LOSS}))
    return recorder.table()


def test_every_form_of_the_report_shows_the_chosen_run(tmp_path: Path) -> None:
    write_table(measured(), tmp_path / "export")
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    report = write_report(str(tmp_path / "export"), tmp_path / "out", console)
    says = "There is a gain in QC at T = 1.0 only (measured at T = 0.5 and 1.0)."
    result = json.loads(report.result.read_text())
    assert result["best_run"] == "a"
    assert result["temperature_statement"] == says
    assert [row["temperature"] for row in result["temperatures"]] == [0.5, 1.0]
    lines = (tmp_path / "out" / "report.md").read_text().splitlines()
    assert says in lines
    line = (
        "| 1.0 | 30.0% → 60.0% | +30.0% (+21.7% to +38.3%) | 25.0% → 12.5%"
        " | 0.4000 → 0.5000 | +0.1000 (+0.0723 to +0.1277) |"
    )
    assert line in lines
    page = report.page.read_text()
    assert f"<p>{says}</p>" in page
    assert '<td class="number">+30.0% (+21.7% to +38.3%)</td>' in page
    text = console.export_text()
    assert f"Temperatures:   {says}" in text
    assert "At T = 1.0:     QC 30.0% → 60.0%, Distinct QC 25.0% → 12.5%, Reference 0.4000 → 0.5000" in text


def test_the_results_page_shows_the_same_table(tmp_path: Path) -> None:
    assessment = assess(measured())
    write_results(
        measured(),
        assessment,
        select(assessment),
        against="lr",
        before=None,
        command="make",
        path=tmp_path / "page.md",
        console=Console(quiet=True),
    )
    text = (tmp_path / "page.md").read_text()
    assert "\n".join(temperature_markdown(temperature_rows(measured().summaries()["a"]))) in text


def test_a_run_without_a_final_evaluation_has_no_section(tmp_path: Path) -> None:
    recorder = Recorder(sweep("lr"))
    for number in range(2):
        recorder.run(f"r{number}", rows({60: 0.5}, 60))
    write_table(recorder.table(), tmp_path / "export")
    report = write_report(str(tmp_path / "export"), tmp_path / "out", Console(quiet=True))
    assert report.data["temperatures"] == []
    assert report.data["temperature_statement"] is None
    assert "## Temperatures" not in (tmp_path / "out" / "report.md").read_text()
    assert "by sampling temperature" not in report.page.read_text()
    assert temperature_lines([]) == []
