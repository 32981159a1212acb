"""Measures the embedded server: streamed rows, heartbeats, scans, suggestions, the page.

python benchmarks/server.py --json
"""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import psutil
import wandb

# This file would hide the package `server`, which has the same name.
sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks.environments import python_with  # noqa: E402
from tests.server.browser import CHROMIUM, browser_page  # noqa: E402
from tests.server.filled import fill  # noqa: E402
from tests.server.requests import beat, init, new_agent, new_sweep, stream  # noqa: E402
from tests.server_fixture import RunningServer, running_server  # noqa: E402

AGENTS = 64
OFFERED = 22_000
"""Rows per second that all agents together send."""
BATCH = 400
METRICS = 10
SECONDS = 20
SCAN_ROWS = 100_000
SCAN_METRICS = 30


class Connection:
    """A keep-alive connection that posts bytes."""

    def __init__(self, server: RunningServer) -> None:
        """Open the connection."""
        address = urlsplit(server.url)
        self._http = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"}

    def post(self, path: str, body: bytes) -> None:
        """Send a request; it must succeed."""
        self._http.request("POST", path, body, self._headers)
        answer = self._http.getresponse()
        content = answer.read()
        assert answer.status == 200, content


def _batch(first: int, rows: int, metrics: int) -> bytes:
    lines = [
        json.dumps({"_step": step, **{f"train/metric_{m}": step * 0.001 + m for m in range(metrics)}})
        for step in range(first, first + rows)
    ]
    return json.dumps({"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}}).encode()


def streaming(server: RunningServer) -> tuple[float, float]:
    """Rows per second received from all agents together, and the 99th percentile of heartbeats in ms."""
    for number in range(AGENTS):
        init(server, f"stream-{number}", "stream")
    sweep = new_sweep(server, {"method": "random", "parameters": {"a": {"min": 0.0, "max": 1.0}}}, "beats")
    agents = [new_agent(server, sweep) for _ in range(AGENTS)]
    batches = round(OFFERED * SECONDS / AGENTS / BATCH)
    bodies = [_batch(index * BATCH, BATCH, METRICS) for index in range(batches)]
    beats: list[float] = []
    finished = threading.Event()
    begin = time.perf_counter() + 0.5

    def agent(number: int) -> None:
        connection = Connection(server)
        path = f"/files/local/stream/stream-{number}/file_stream"
        for index, body in enumerate(bodies):
            due = begin + (index + number / AGENTS) * SECONDS / batches
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.post(path, body)

    def heartbeats() -> None:
        connection = Connection(server)
        turn = 0
        while not finished.is_set():
            query = f'mutation {{ agentHeartbeat(input: {{id: "{agents[turn % AGENTS]}", runState: "{{}}"}})'
            body = json.dumps({"query": query + " { commands } }"}).encode()
            sent = time.perf_counter()
            connection.post("/graphql", body)
            beats.append(time.perf_counter() - sent)
            turn += 1
            # 64 agents ask every 5 s.
            time.sleep(5 / AGENTS)

    threads = [threading.Thread(target=agent, args=(number,)) for number in range(AGENTS)]
    pulse = threading.Thread(target=heartbeats)
    for thread in (*threads, pulse):
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - begin
    finished.set()
    pulse.join()
    return AGENTS * batches * BATCH / took, 1000 * statistics.quantiles(beats, n=100)[98]


SCAN = """
import time, wandb
run = wandb.Api(timeout=60).run("local/scan/long")
begin, used = time.perf_counter(), time.process_time()
count = sum(1 for _ in run.scan_history())
print("SCAN", count, time.perf_counter() - begin, time.process_time() - used)
"""
OLDER_CLIENT = "wandb==0.26.1"
"""This client decodes whole rows; 0.31 decodes each of the three million values separately."""


@dataclass(frozen=True)
class Scan:
    """One scan of a long run by a real client: wall seconds, and CPU seconds in client and server.

    The rest of the time is mostly that of the client's helper process, `wandb-core`.
    """

    seconds: float
    in_client: float
    in_server: float


def long_run(server: RunningServer) -> None:
    """Fill a run with `SCAN_ROWS` rows of `SCAN_METRICS` metrics."""
    init(server, "long", "scan")
    connection = Connection(server)
    for first in range(0, SCAN_ROWS, 2000):
        connection.post("/files/local/scan/long/file_stream", _batch(first, 2000, SCAN_METRICS))


def scan(server: RunningServer, python: Path) -> Scan:
    """Times of a scan of the long run, with the client that is installed for `python`."""
    before = _processor_seconds(server)
    done = subprocess.run(
        [python, "-c", SCAN], env=server.env(), cwd=server.work, capture_output=True, text=True, check=True
    )
    count, seconds, in_client = done.stdout.split("SCAN")[1].split()[:3]
    assert int(count) == SCAN_ROWS
    return Scan(float(seconds), float(in_client), _processor_seconds(server) - before)


def _processor_seconds(server: RunningServer) -> float:
    times = psutil.Process(server.process.pid).cpu_times()
    return float(times.user + times.system)


def peak_mb(server: RunningServer) -> float:
    """Peak memory of the server's process, in MiB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def suggestion_ms(finished: int) -> float:
    """Median milliseconds from a run's end to the next suggestion, with `finished` runs in the sweep."""
    with tempfile.TemporaryDirectory() as folder:
        name = fill(Path(folder) / "data", finished, 8, state="RUNNING")
        with running_server(Path(folder)) as server:
            took = []
            for _ in range(7):
                agent = new_agent(server, name)
                (command,) = _wait(lambda agent=agent: beat(server, agent))
                init(server, command["run_id"], "big")
                row = {
                    "wandb-history.jsonl": {"offset": 0, "content": [json.dumps({"objective/score": 0.5})]}
                }
                begin = time.perf_counter()
                stream(server, command["run_id"], "big", files=row, complete=True, exitcode=0)
                _wait(lambda agent=agent: beat(server, agent))
                took.append(time.perf_counter() - begin)
            return 1000 * statistics.median(took[2:])


def _wait(ask: Callable[[], Any]) -> Any:
    while not (answer := ask()):
        time.sleep(0.002)
    return answer


def page() -> float:
    """Seconds until the page of a sweep is interactive, with 1,000 runs of 10,000 points each."""
    with tempfile.TemporaryDirectory() as folder:
        name = fill(Path(folder) / "data", 1000, 10_000)
        with running_server(Path(folder)) as server, browser_page() as tab:
            times = []
            for _ in range(3):
                tab.open(f"{server.url}/local/big/sweeps/{name}", server.key)
                times.append(tab.read("performance.getEntriesByName('interactive')[0].startTime") / 1000)
            return statistics.median(times)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(as_json: bool) -> None:
    """Measure the embedded server on this machine.

    \b
    Example:
      python benchmarks/server.py --json
    """
    found: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        found["rows_per_s"], found["heartbeat_p99_ms"] = streaming(server)
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as server:
        long_run(server)
        clients = {
            "scan_100k_s": (wandb.__version__, Path(sys.executable)),
            "scan_100k_older_client_s": (OLDER_CLIENT, python_with(OLDER_CLIENT)),
        }
        for name, (version, python) in clients.items():
            scanned = scan(server, python)
            found[name] = scanned.seconds
            click.echo(
                f"{name} with {version}: CPU seconds {scanned.in_client:.2f} in the client's Python, "
                f"{scanned.in_server:.2f} in the server",
                err=True,
            )
        found["server_peak_mb"] = peak_mb(server)
    found["suggest_ms_10"] = suggestion_ms(10)
    found["suggest_ms_1000"] = suggestion_ms(1000)
    found["page_s"] = page() if CHROMIUM else None
    rounded = {name: None if value is None else round(value, 3) for name, value in found.items()}
    if as_json:
        click.echo(json.dumps(rounded))
        return
    for name, value in rounded.items():
        click.echo(f"{name:26} {value}")


if __name__ == "__main__":
    main()
