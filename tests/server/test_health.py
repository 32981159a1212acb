"""`python -m server.probe`, the health check of a container."""

import subprocess
import sys

from server.probe import why_unhealthy
from tests.server_fixture import RunningServer


def test_a_server_is_healthy_while_it_runs(wandb_server: RunningServer) -> None:
    command = [sys.executable, "-m", "server.probe", str(wandb_server.data)]
    assert subprocess.run(command, check=False).returncode == 0
    wandb_server.process.kill()
    wandb_server.process.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "refused" in done.stderr
    assert wandb_server.key not in done.stderr


def test_a_server_with_another_key_is_unhealthy(wandb_server: RunningServer) -> None:
    assert why_unhealthy(wandb_server.data) is None
    (wandb_server.data / "api_key").write_text("0" * 64)
    assert "401" in str(why_unhealthy(wandb_server.data))
