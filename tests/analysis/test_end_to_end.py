"""End to end: real runs of a real sweep on the embedded server, downloaded and reported."""

import json
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.analysis.dying_proxy import DyingProxy
from tests.analysis.program import DEFAULT_LR, HOLD, RUNGS, STEPS, score
from tests.server.browser import CHROMIUM, browser_page
from tests.server_fixture import running_server, wait_until

pytestmark = pytest.mark.slow

RATES = [0.25, 1.0, 0.5, 3.0]
SWEEP = {
    "method": "grid",
    "metric": {"name": "objective/score", "goal": "maximize"},
    "program": str(Path(__file__).with_name("program.py")),
    "command": ["${interpreter}", "${program}"],
    "parameters": {"lr": {"values": RATES}},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    # Clients send a heartbeat every 30 s. The default timeout of 120 s would only add waiting time.
    with running_server(tmp_path_factory.mktemp("served"), "--crash-after", "40") as server:
        yield server


@pytest.fixture(scope="module")
def server(served):
    """The environment variables of a client."""
    return served.env(
        WANDB_ENTITY="me", WANDB_PROJECT="plasmid", SWEEPFARM_CACHE=str(served.work / "analysis")
    )


def command(server, *words, **options):
    return subprocess.run(
        words, env=server, capture_output=True, text=True, timeout=500, check=False, **options
    )


def analyse(server, *words):
    return command(server, sys.executable, "-c", "from analysis.cli import report; report()", *words)


@pytest.fixture(scope="module")
def swept(served):
    (served.work / "sweep.yaml").write_text(yaml.safe_dump(SWEEP))
    names = {"WANDB_ENTITY": "me", "WANDB_PROJECT": "plasmid"}
    path = served.wandb("sweep", "sweep.yaml", **names).split("wandb agent ")[1].split()[0]
    assert served.eager_agent(path, "--count", str(len(RATES)), **names).wait(timeout=300) == 0
    return path


def test_a_real_sweep_is_reported(server, swept, tmp_path):
    done = analyse(server, swept, "--out", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    runs = {run["parameters"]["lr"]: run for run in data["runs"]}
    assert set(runs) == set(RATES)
    assert [runs[lr]["verdict"] for lr in RATES] == ["healthy", "healthy", "healthy", "unstable"]
    assert runs[3.0]["evidence"] == "train/loss is NaN or infinite"
    assert runs[3.0]["verdict_step"] == 15
    assert [runs[lr]["rank"] for lr in RATES] == [3, 1, 2, None]
    for lr in RATES:
        assert runs[lr]["objective"] == pytest.approx(score(lr, STEPS))
        assert (runs[lr]["steps"], runs[lr]["planned_steps"], runs[lr]["state"]) == (STEPS, STEPS, "finished")
    assert data["best_run"] == runs[1.0]["id"]
    chosen = yaml.safe_load((tmp_path / "chosen_config.yaml").read_text())
    assert chosen == {"lr": 1.0, "max_steps": STEPS, "model": "starter", "flag": True}


def test_the_page_shows_the_last_samples_of_the_chosen_run(server, swept, tmp_path):
    words = ["--out", str(tmp_path), "--export", str(tmp_path / "kept"), "--format", "csv"]
    done = analyse(server, swept, *words)
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "report.html").read_text()
    assert "The best and the worst of the 8 scored held-out completions that the chosen run logged at" in html
    assert f" step {STEPS}. Scores" in html
    shown = re.findall(r'<article class="card"><b>(.*?)</b>\s*<p class="sample">(.*?)</p>', html)
    mark = '<span class="soft">&lt;b&gt;</span>&lt;/p&gt;&lt;script&gt;'
    assert shown == [(f"0.{i}000", f"{mark}{i}") for i in (7, 6, 5, 0, 1, 2)]
    nowhere = {**server, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    assert analyse(nowhere, str(tmp_path / "kept"), "--out", str(tmp_path / "again")).returncode == 0
    assert (tmp_path / "again" / "report.html").read_text() == html


OUR_ROWS = """Object.fromEntries([...document.querySelectorAll("#runs tbody tr")].map(
  ({cells}) => [cells[1].querySelector("code").innerText,
    [cells[5].innerText, cells[3].innerText.split(" ")[0]]]))"""
OUR_ENDS = """Object.fromEntries(figures.objective.data.map(
  ({name, x, y}) => [name.match(/\\((\\w+)\\)/)[1], [y.at(-1), x.at(-1)]]))"""
SERVERS_ROWS = """(() => {
  const table = document.querySelector("#main table");
  const titles = [...table.querySelectorAll("th")].map((title) => title.innerText.split(" ")[0]);
  const [value, step] = [titles.indexOf("objective/score"), titles.indexOf("step")];
  return Object.fromEntries([...table.querySelectorAll("tbody tr")].map(({cells}) =>
    [cells[0].querySelector("a").href.split("/").at(-1), [cells[value].innerText, cells[step].innerText]]));
})()"""


def test_page_json_markdown_and_the_servers_own_page_show_the_same_numbers(served, server, swept, tmp_path):
    data = json.loads(analyse(server, swept, "--out", str(tmp_path), "--json").stdout)
    wanted = {run["id"]: [run["objective"], run["steps"]] for run in data["runs"]}
    assert len(wanted) == len(RATES)
    assert {row["id"]: [row["value"], row["step"]] for row in served.rows(swept)} == wanted
    written = {run: [f"{objective:.4f}", str(steps)] for run, (objective, steps) in wanted.items()}
    lines = [
        line.replace("**", "").split(" | ") for line in (tmp_path / "report.md").read_text().splitlines()
    ]
    title = next(line for line in lines if "Objective" in line)
    value, steps = title.index("Objective"), title.index("Steps")
    of_markdown = {
        line[1]: [line[value], line[steps].split("/")[0]] for line in lines if line[1:2] and line[1] in wanted
    }
    assert of_markdown == written
    if CHROMIUM is None:
        pytest.skip("the two pages need chromium")
    with browser_page() as page:
        page.open((tmp_path / "report.html").as_uri(), "no key")
        assert page.read(OUR_ROWS) == written
        assert page.read(OUR_ENDS) == {run: pytest.approx(ends, rel=1e-5) for run, ends in wanted.items()}
        entity, project, name = swept.split("/")
        page.open(f"{served.url}/{entity}/{project}/sweeps/{name}", served.key)
        theirs = {run: [float(text) for text in texts] for run, texts in page.read(SERVERS_ROWS).items()}
        assert theirs == {run: pytest.approx(ends, rel=1e-4) for run, ends in wanted.items()}
        assert page.errors == []


def test_the_full_history_is_read_and_the_export_needs_no_server(server, swept, tmp_path):
    from analysis.read.folder import read_table

    online = analyse(server, swept, "--out", str(tmp_path / "online"))
    assert online.returncode == 0, online.stderr
    address = server["WANDB_BASE_URL"].split("//")[1].replace(":", "_")
    folder = Path(server["SWEEPFARM_CACHE"]) / "analysis" / address / swept
    table = read_table(folder)
    for history in table.histories.values():
        assert history["step"].tolist() == list(range(1, STEPS + 1))
        assert history["objective/score"].notna().sum() == len(RUNGS)
    nowhere = {**server, "WANDB_BASE_URL": "http://127.0.0.1:9"}
    offline = analyse(nowhere, str(folder), "--out", str(tmp_path / "offline"))
    assert offline.returncode == 0, offline.stderr
    pages = [(tmp_path / where / "report.html").read_bytes() for where in ("online", "offline")]
    assert pages[0] == pages[1]


def test_an_unknown_sweep_is_a_one_line_error(server, swept, tmp_path):
    done = analyse(server, "me/plasmid/nosuch", "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert done.stderr == f"Error: there is no sweep me/plasmid/nosuch at {server['WANDB_BASE_URL']}\n"
    assert not (tmp_path / "out").exists()


def test_a_wrong_key_is_a_one_line_error(server, swept, tmp_path):
    done = analyse({**server, "WANDB_API_KEY": "x" * 40}, swept, "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "WANDB_API_KEY" in done.stderr


def test_an_unreachable_server_is_a_one_line_error(server, swept, tmp_path):
    done = analyse({**server, "WANDB_BASE_URL": "http://127.0.0.1:9"}, swept, "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: no W&B server answers at http://127.0.0.1:9")


@pytest.mark.parametrize("alive_bytes", [1_000, 5_000, 20_000])
def test_a_server_that_dies_in_the_middle_is_a_one_line_error_without_files(
    server, swept, tmp_path, alive_bytes
):
    proxy = DyingProxy(int(server["WANDB_BASE_URL"].rsplit(":", 1)[1]), alive_bytes)
    # By default the client would retry for another half minute.
    dying = {
        **server,
        "WANDB_BASE_URL": f"http://127.0.0.1:{proxy.port}",
        "WANDB_X_GRAPHQL_RETRY_MAX": "3",
    }
    done = analyse(dying, swept, "--out", str(tmp_path / "out"))
    proxy.close()
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_two_windows_of_a_run_are_compared(server, swept, tmp_path):
    from analysis.read.folder import read_table

    address = server["WANDB_BASE_URL"].split("//")[1].replace(":", "_")
    run = read_table(Path(server["SWEEPFARM_CACHE"]) / "analysis" / address / swept).runs["id"].iloc[0]
    windows = [f"me/plasmid/{run}@1-20", f"me/plasmid/{run}@21-40"]
    code = "from analysis.cli import compare; compare()"
    report = tmp_path / "change.md"
    done = command(server, sys.executable, "-c", code, *windows, "--json", "--report", str(report))
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    held_out = next(change for change in data["changes"] if change["measure"] == "held-out score")
    assert held_out["before"] == pytest.approx(np.mean([score(RATES[0], step) for step in RUNGS[:2]]))
    assert held_out["reading"] == "noise unknown"
    assert data["moved"] == {}
    assert "| held-out score |" in report.read_text()
    bad = command(server, sys.executable, "-c", code, windows[0], f"me/plasmid/{run}@all")
    assert (bad.returncode, len(bad.stderr.strip().splitlines())) == (1, 1)


def confirm(server, *words):
    return command(server, sys.executable, "-m", "sweepfarm", "confirm", *words)


def test_a_confirmation_finishes_after_two_interruptions(served, server, swept, tmp_path):
    where = ["--runs", str(tmp_path)]
    early = confirm(server, swept, *where, "--read")
    assert (early.returncode, len(early.stderr.strip().splitlines())) == (1, 1)
    words = [*where, "--top", "1", "--seeds", "2", "--agents", "1"]
    half_done: set[str] = set()
    held = {**server, HOLD: str(tmp_path)}
    for how in (signal.SIGTERM, signal.SIGKILL):
        with (tmp_path / "log").open("w") as log:
            command_line = [sys.executable, "-m", "sweepfarm", "confirm", swept, *words]
            process = subprocess.Popen(command_line, env=held, stdout=log, stderr=log)
        runs = {
            path.name
            for path in wait_until(partial(held_runs, tmp_path, half_done), "a run is half done", 300)
        }
        process.send_signal(how)
        assert process.wait(timeout=120) != 0
        half_done |= runs
        said = (tmp_path / "log").read_text()
        assert "Traceback" not in said
        assert ("run the same command again to continue" in said) == (how == signal.SIGTERM)

    (tmp_path / "go").touch()
    done = confirm(held, swept, *words)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "Confirmed: top 1" in said
    assert "There is no best random configuration: a grid sweep draws none." in said
    other = confirm(server, swept, *where)
    assert (other.returncode, len(other.stderr.strip().splitlines())) == (1, 1)
    assert f"confirms {swept} with --top 1 --seeds 2: give the same arguments to continue it" in other.stderr
    read = confirm(server, swept, *where, "--read", "--json")
    data = json.loads(read.stdout)
    assert data == json.loads((tmp_path / f"confirm-{swept.split('/')[2]}" / "confirmation.json").read_text())
    assert data["confirmed"]
    assert data["seeds"] == [1, 2]
    best, default = data["candidates"]
    assert (best["parameters"], default["parameters"]) == ({"lr": 1.0}, {})
    for candidate, rate in ((best, 1.0), (default, DEFAULT_LR)):
        assert candidate["scores"] == {
            str(seed): pytest.approx(score(rate, STEPS, seed)) for seed in data["seeds"]
        }
        assert candidate["missing"] == []
    rows = [row for candidate in (best, default) for path in candidate["sweeps"] for row in served.rows(path)]
    # No finished run is repeated. Only the killed runs were started twice.
    assert sum(row["state"] == "finished" for row in rows) == 4
    assert {row["id"] for row in rows if row["state"] != "finished"} <= half_done

    # Without its plan file, the same command finds its sweeps by their content and starts nothing.
    again = confirm(server, swept, *where, "--out", str(tmp_path / "new"), *words[2:-1], "0", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == data


def held_runs(folder, known):
    """Files in `folder` of runs that are half done, except those in `known`."""
    return [path for path in folder.glob(8 * "?") if path.name not in known]


def test_a_confirmation_without_agents_prints_commands_for_agents_elsewhere(server, swept, tmp_path):
    where = ["--runs", str(tmp_path)]
    registered = confirm(server, swept, *where, "--top", "1", "--seeds", "3", "--agents", "0")
    assert registered.returncode == 0, registered.stderr
    agents = [line.split() for line in registered.stdout.splitlines()]
    assert [line[:2] for line in agents] == [["wandb", "agent"]] * 2
    assert all(line[2].startswith("me/plasmid/") for line in agents)
    nothing = confirm(server, swept, *where, "--read")
    assert nothing.stderr == f"Error: sweep {swept} (confirmation) has no runs yet\n"


def test_confirm_without_a_server_is_a_one_line_error(server, tmp_path):
    nowhere = {name: value for name, value in server.items() if name != "WANDB_API_KEY"}
    done = confirm(nowhere, "me/plasmid/x", "--runs", str(tmp_path))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert done.stderr.startswith("Error: no server: set WANDB_API_KEY")
