"""A real server in a process of its own, and real clients that talk to it."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

# Set in the environment of every client, and so inherited by all its child processes
MARK = "SWEEPFARM_TEST_CLIENT"
# Names of the client's senders, each with its own pause between retries
RETRYING = ("FILE_STREAM", "GRAPHQL", "FILE_TRANSFER")
ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@dataclass
class RunningServer:
    """A started server.

    Attributes:
        data: Its data folder.
        url: Its address.
        key: Its API key.
        work: A folder in which clients may write.
        process: The server's process.
    """

    data: Path
    url: str
    key: str
    work: Path
    process: subprocess.Popen[str]
    clients: list[subprocess.Popen[str]] = field(default_factory=list)

    def env(self, **more: str) -> dict[str, str]:
        """Environment variables for a client: this server, its key, separate folders, fast transmission."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
        return {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            MARK: str(self.work),
            "WANDB_BASE_URL": self.url,
            "WANDB_API_KEY": self.key,
            "WANDB_DIR": str(self.work),
            "WANDB_CACHE_DIR": str(self.work / "cache"),
            "WANDB_CONFIG_DIR": str(self.work / "config"),
            "WANDB_DATA_DIR": str(self.work / "artifacts"),
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_X_FILE_STREAM_TRANSMIT_INTERVAL": "1",
            # After an outage the client reconnects within this time instead of a minute.
            **{f"WANDB_X_{kind}_RETRY_WAIT_MAX_SECONDS": "2" for kind in RETRYING},
            **more,
        }

    def wandb(self, *arguments: str, ok: bool = True, **env: str) -> str:
        """Run the `wandb` command to its end and return what it printed."""
        done = subprocess.run(
            [BIN / "wandb", *arguments],
            cwd=self.work,
            env=self.env(**env),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert (done.returncode == 0) == ok, f"exit {done.returncode}: {printed}"
        return printed

    def python(self, script: str, ok: bool = True, **env: str) -> str:
        """Run a Python script as a client and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=self.work,
            env=self.env(**env),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode == 0) == ok, f"exit {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start(self, *command: str, log: str = "client.log", **env: str) -> subprocess.Popen[str]:
        """Start a client in the background. It is ended with the server at the latest."""
        with (self.work / log).open("a", encoding="utf-8") as output:
            client = subprocess.Popen(
                command, cwd=self.work, env=self.env(**env), stdout=output, stderr=output, text=True
            )
        self.clients.append(client)
        return client

    def agent(self, sweep: str, *options: str, log: str = "agent.log", **env: str) -> subprocess.Popen[str]:
        """Start a real agent."""
        return self.start(str(BIN / "wandb"), "agent", *options, sweep, log=log, **env)

    def eager_agent(
        self, sweep: str, *options: str, log: str = "agent.log", **env: str
    ) -> subprocess.Popen[str]:
        """Start a real agent that polls twice a second, for tests that do not depend on its pace."""
        command = (sys.executable, "-m", "tests.eager_agent", "agent")
        return self.start(*command, *options, sweep, log=log, **env)

    def sweep(self, config: dict[str, Any], trainer: str, project: str = "test") -> str:
        """Register a sweep without starting a client and return `entity/project/id`."""
        created = self.graphql(
            "mutation($c: String!, $p: String) { upsertSweep(input: {config: $c, projectName: $p})"
            " { sweep { name } } }",
            c=self._sweep_file(config, trainer),
            p=project,
        )
        return f"local/{project}/{created['upsertSweep']['sweep']['name']}"

    def sweep_by_command(self, config: dict[str, Any], trainer: str, project: str = "test") -> str:
        """Register a sweep with the real command and return `entity/project/id`."""
        text = self._sweep_file(config, trainer)
        (self.work / "sweep.yaml").write_text(text, encoding="utf-8")
        printed = self.wandb("sweep", "--project", project, "sweep.yaml")
        return printed.split("wandb agent ")[1].split()[0]

    def _sweep_file(self, config: dict[str, Any], trainer: str) -> str:
        (self.work / "train.py").write_text(trainer, encoding="utf-8")
        return yaml.safe_dump({"program": "train.py", **config})

    def post(self, path: str, body: Any, key: str | None = None) -> tuple[int, Any]:
        """Post JSON and return the status and the parsed answer."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Authorization": f"Bearer {key or self.key}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def graphql(self, query: str, **variables: Any) -> Any:
        """Send a query that must succeed and return its data."""
        status, answer = self.post("/graphql", {"query": query, "variables": variables})
        assert status == 200, (status, answer)
        assert "errors" not in answer, answer
        return answer["data"]

    def get(self, path: str) -> Any:
        """Return the parsed JSON at a path."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def rows(self, sweep: str) -> list[dict[str, Any]]:
        """Return the page's table of a sweep's runs."""
        found: list[dict[str, Any]] = self.get(f"/page-data/sweeps/{sweep.rsplit('/', maxsplit=1)[-1]}")[
            "rows"
        ]
        return found

    def stop(self) -> None:
        """End the server and all processes of its clients, including trainers that outlived their agent."""
        kill_marked(MARK, str(self.work))
        for client in self.clients:
            client.wait()
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=30)


def marked(name: str, value: str) -> list[psutil.Process]:
    """Return the running processes with this environment variable and value, including all descendants."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(name) == value and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def kill_marked(name: str, value: str) -> None:
    """Kill the processes that `marked` finds, including those that start meanwhile."""
    while found := marked(name, value):
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.02)


def wait_until(condition: Any, what: str, seconds: float = 90) -> Any:
    """Wait until `condition()` is true and return its value; fail with `what` otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def launch(data: Path, *options: str, port: int = 0) -> subprocess.Popen[str]:
    """Start a server process without waiting for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "server", "--port", str(port), "--data", str(data), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_server(data: Path, work: Path, *options: str, port: int = 0) -> RunningServer:
    """Start a server and wait until it is ready."""
    process = launch(data, *options, port=port)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "ready at" in line, line + process.stdout.read()
    work.mkdir(parents=True, exist_ok=True)
    return RunningServer(
        data=data,
        url=(data / "url").read_text(encoding="ascii").strip(),
        key=(data / "api_key").read_text(encoding="ascii").strip(),
        work=work,
        process=process,
    )


@contextmanager
def running_server(folder: Path, *options: str) -> Iterator[RunningServer]:
    """A server with its data in `folder`, which is ended at the end of the block."""
    server = start_server(folder / "data", folder / "work", *options)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def wandb_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server for one test."""
    with running_server(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that the tests of a module share. Each test uses its own project."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server
