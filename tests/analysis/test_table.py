import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import AnalysisError
from analysis.read.folder import read_table, write_table
from analysis.read.table import history_frame
from tests.analysis.recorded import METRIC, Recorder, plasmid_sweep, rows, sweep


def test_history_keeps_every_row_and_every_number():
    logged = [{"_step": i, "a": i / 7, "b": True} for i in range(5000)]
    frame = history_frame(logged)
    assert len(frame) == 5000
    assert frame["a"].tolist() == [i / 7 for i in range(5000)]
    assert set(frame["b"]) == {1.0}


def test_nan_and_infinite_metrics_are_listed_and_missing_ones_are_not():
    frame = history_frame(
        [{"_step": 1, "loss": "NaN", "kl": 1}, {"_step": 2, "loss": 0.5}, {"_step": 3, "loss": "-Infinity"}]
    )
    assert frame["nonfinite"].tolist() == ["loss", "", "loss"]
    assert frame["loss"].isna().tolist() == [True, False, True]
    assert frame["kl"].isna().tolist() == [False, True, True]


def test_texts_media_and_timestamps_are_not_metrics():
    frame = history_frame(
        [{"_step": 1, "note": "hi", "image": {"_type": "image-file"}, "_timestamp": 3, "_runtime": 2, "a": 1}]
    )
    assert set(frame.columns) == {"step", "_runtime", "a", "nonfinite"}


def test_a_later_row_of_the_same_step_replaces_the_earlier_one():
    frame = history_frame([{"_step": 1, "a": 1}, {"_step": 2, "a": 2}, {"_step": 1, "a": 9}])
    assert frame[["step", "a"]].to_numpy().tolist() == [[1, 9], [2, 2]]


def test_the_trainers_step_is_used_instead_of_the_count_of_log_calls():
    frame = history_frame(
        [
            {"_step": 0, "train/global_step": 10, "loss": 1, "kl": "NaN"},
            {"_step": 1, "completions": {"_type": "table-file"}, "kl": 0.5},
            {"_step": 2, "train/global_step": 20, "loss": 2},
        ]
    )
    assert frame[["step", "loss"]].to_numpy().tolist() == [[10, 1], [20, 2]]
    assert frame["kl"].tolist()[0] == 0.5
    assert frame["nonfinite"].tolist() == ["", ""]


def test_an_empty_history_is_a_table_without_rows():
    assert history_frame([]).shape[0] == 0


def test_parameters_come_from_the_config_and_not_from_the_run_name():
    recorder = Recorder(sweep("lr", "opt.beta"))
    recorder.run("a", rows({60: 0.5}, 60), config={"lr": 1e-6, "opt": {"beta": 0.1}}, name="sweep/kl0.5_lr9")
    recorder.run("b", rows({60: 0.5}, 60), config={"lr": True}, name="sweep/kl0.5_lr9")
    parameters = recorder.table().parameters()
    assert parameters.loc["a"].to_dict() == {"lr": 1e-6, "opt.beta": 0.1}
    assert parameters.loc["b", "lr"] is True
    assert parameters.loc["b", "opt.beta"] is None


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_an_export_round_trips(tmp_path, form):
    table = plasmid_sweep()
    write_table(table, tmp_path, form)
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".json", f".{form}"}
    back = read_table(tmp_path)
    assert back.sweep == table.sweep
    pd.testing.assert_frame_equal(back.runs, table.runs)
    assert back.configs() == table.configs()
    for run in table.runs["id"]:
        pd.testing.assert_frame_equal(back.histories[run], table.histories[run])


AWKWARD = ["", "NA", "null", "a,b", 'say "ATG"', "two\nlines", "return\r\nand line", " spaces ", "1e5", "é😀"]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_unusual_texts_and_numbers_survive_an_export(tmp_path, form):
    numbers = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, "NaN", "Infinity", 1 / 3]
    logged = [{"_step": step, METRIC: number, "only/once": 1} for step, number in enumerate(numbers)]
    del logged[3]["only/once"]
    recorder = Recorder(sweep("lr"))
    recorder.run("007", logged, name="NA", config={"model": ""}, samples={0: AWKWARD, 60: AWKWARD})
    recorder.run("1e5", [], name="", state="crashed")
    table = recorder.table()
    write_table(table, tmp_path, form)
    back = read_table(tmp_path)
    pd.testing.assert_frame_equal(back.runs, table.runs)
    for run in ("007", "1e5"):
        pd.testing.assert_frame_equal(back.histories[run], table.histories[run], check_exact=True)
    assert back.samples["007"]["completion"].tolist() == AWKWARD * 2
    assert np.signbit(back.histories["007"][METRIC][3])


def test_one_folder_holds_one_format(tmp_path):
    write_table(plasmid_sweep(), tmp_path, "csv")
    write_table(plasmid_sweep(), tmp_path, "csv")
    with pytest.raises(AnalysisError, match="holds a sweep as csv: give another folder for parquet"):
        write_table(plasmid_sweep(), tmp_path, "parquet")


def test_a_folder_without_an_export_is_an_error(tmp_path):
    with pytest.raises(AnalysisError, match="not a folder of an exported sweep"):
        read_table(tmp_path)
    (tmp_path / "sweep.json").write_text("{")
    with pytest.raises(AnalysisError, match="not a folder of an exported sweep"):
        read_table(tmp_path)


def test_a_missing_history_is_named_in_the_error(tmp_path):
    write_table(plasmid_sweep(), tmp_path)
    (tmp_path / "history" / "run2.parquet").unlink()
    with pytest.raises(AnalysisError, match=r"lacks the history of 1 of \d runs; the first is run2"):
        read_table(tmp_path)


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**40), 2**40) | st.booleans()


@given(st.dictionaries(st.integers(0, 300), st.dictionaries(st.sampled_from("abc"), numbers), max_size=30))
def test_history_holds_exactly_what_was_logged(logged):
    frame = history_frame([{"_step": step, **row} for step, row in logged.items()])
    assert frame["step"].tolist() == sorted(logged)
    for row in frame.to_dict("records"):
        kept = {key: value for key, value in row.items() if key in "abc" and not math.isnan(value)}
        assert kept == {key: float(value) for key, value in logged[row["step"]].items()}
    assert frame["step"].dtype == np.int64
