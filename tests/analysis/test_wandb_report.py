"""A report on W&B: its content, and the errors when it cannot be created."""

import json
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from analysis.cli import report
from analysis.read.folder import write_table
from analysis.report import wandb_report
from analysis.report.markdown import result_markdown
from analysis.report.report import write_report
from tests.analysis.recorded import plasmid_sweep
from tests.analysis.reports_proxy import ReportsProxy
from tests.server_fixture import running_server


@pytest.fixture
def export(tmp_path):
    write_table(plasmid_sweep(), tmp_path / "export")
    return tmp_path / "export"


def test_a_missing_package_is_an_error_with_the_install_command(monkeypatch, export, tmp_path):
    monkeypatch.setattr(wandb_report, "find_spec", lambda name: None)
    done = CliRunner().invoke(report, [str(export), "--out", str(tmp_path / "out"), "--wandb-report"])
    assert done.exit_code == 1
    assert done.output == "Error: a W&B Report needs one more package: pip install wandb-workspaces\n"
    assert not (tmp_path / "out").exists()


SAVE = """
import json, sys
from analysis.errors import AnalysisError
from analysis.report.wandb_report import save_report
try:
    print(save_report(json.load(open(sys.argv[1]))))
except AnalysisError as error:
    print(error)
"""


@pytest.mark.slow
def test_the_wandb_report_holds_the_markdown_and_plots_of_the_sweep(export, tmp_path: Path):
    written = write_report(str(export), tmp_path / "out", Console(quiet=True))
    with running_server(tmp_path) as server:
        script = f"import sys; sys.argv = ['-', {str(written.result)!r}]\n{SAVE}"
        packages = os.pathsep.join(path for path in sys.path if path)
        # The project must exist, as it does for a sweep.
        server.python("import wandb; wandb.init(project='plasmid', entity='me').finish()")
        refused = server.python(script, PYTHONPATH=packages)
        assert (
            f'{server.url} did not accept the W&B Report (input: Cannot query field "upsertView"' in refused
        )
        proxy = ReportsProxy(server.url)
        said = server.python(script, PYTHONPATH=packages, WANDB_BASE_URL=proxy.url)
        proxy.close()
    (saved,) = proxy.saved
    assert f"{proxy.url}/me/plasmid/reports/Sweep-s1--" in said
    assert (saved["entityName"], saved["projectName"]) == ("me", "plasmid")
    assert saved["description"] == written.data["conclusion"]
    blocks = {block["type"]: block for block in json.loads(saved["spec"])["blocks"]}
    assert blocks["markdown-block"]["content"] == result_markdown(written.data)
    grid = json.dumps(blocks["panel-grid"])
    assert '"key": {"section": "run", "name": "sweep"}, "op": "=", "value": "s1"' in grid
    for shown in ("objective/score", "train/kl", "learning_rate"):
        assert f'"{shown}"' in grid or f":{shown}" in grid
