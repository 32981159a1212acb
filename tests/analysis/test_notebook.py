"""The notebook runs from first to last cell on recorded sweeps and chooses the same run as the report."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.read.folder import write_table
from tests.analysis.recorded import plasmid_sweep
from tests.analysis.test_published_sweeps import kl_lr_grid

NOTEBOOK = json.loads((Path(__file__).parents[2] / "analysis" / "notebook.ipynb").read_text(encoding="utf-8"))
CODE = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def execute(monkeypatch, folder: Path) -> dict[str, Any]:
    """The namespace after all cells are executed in order, as in a kernel."""
    import matplotlib.pyplot as plt

    monkeypatch.setenv("SWEEP", str(folder))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with mpl.rc_context():
        mpl.use("Agg")
        plt.close("all")
        for cell in CODE:
            exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
        namespace["pictures"] = len(plt.get_fignums())
        plt.close("all")
    return namespace


def test_the_notebook_runs_on_the_published_grid(monkeypatch, tmp_path, capsys):
    write_table(kl_lr_grid(), tmp_path)
    found = execute(monkeypatch, tmp_path)
    assert found["chosen"] == {"learning_rate": 5e-7, "kl_coef": 0.01}
    assert found["pictures"] == 2
    said = capsys.readouterr().out
    assert "3 of 8 runs have not finished" in said
    assert "no run logged train/grad_norm" in said
    assert "KL diverging" in said


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_the_notebook_runs_on_a_plasmid_sweep(monkeypatch, tmp_path, form):
    table = plasmid_sweep()
    write_table(table, tmp_path, form)
    found = execute(monkeypatch, tmp_path)
    assert found["selection"].best == select(assess(table)).best
    assert found["pictures"] == 3


def test_the_notebook_is_stored_without_outputs():
    assert NOTEBOOK["nbformat"] == 4
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CODE)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
