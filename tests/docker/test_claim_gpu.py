"""Claims of GPUs by real processes, with a stand-in for nvidia-smi."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "docker" / "claim_gpu.py"
THREE = "".join(f"GPU {n}: NVIDIA H200 (UUID: GPU-{letter * 8}-0000)\n" for n, letter in enumerate("abc"))
SLICES = """\
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaaaaaa-0000)
  MIG 3g.20gb     Device  0: (UUID: MIG-11111111-0000)
  MIG 3g.20gb     Device  1: (UUID: MIG-22222222-0000)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbbbbbb-0000)
GPU 2: NVIDIA A100-SXM4-40GB (UUID: GPU-cccccccc-0000)
  MIG 1g.5gb      Device  0: (UUID: MIG-GPU-cccccccc-0000/7/0)
"""
HOLD = ("sh", "-c", 'echo "on $CUDA_VISIBLE_DEVICES"; exec sleep 600')


class Host:
    """A machine with simulated GPUs, and the processes started on it."""

    def __init__(self, folder: Path) -> None:
        self.locks = folder / "locks"
        self._bin = folder / "bin"
        self._bin.mkdir()
        self._started: list[subprocess.Popen[str]] = []

    def has(self, listing: str, exit_code: int = 0) -> None:
        """Make `nvidia-smi -L` print `listing`."""
        tool = self._bin / "nvidia-smi"
        tool.write_text(
            f"#!/bin/sh\n[ \"$*\" = -L ] || exit 9\ncat <<'END'\n{listing}END\nexit {exit_code}\n"
        )
        tool.chmod(0o755)

    def start(self, *command: str, umask: int = 0o022, **settings: str) -> subprocess.Popen[str]:
        ours = ("CUDA_VISIBLE_DEVICES", "GPU_", "AGENTS_PER_GPU", "DOCKER_RESOURCE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment |= {"PATH": f"{self._bin}:{os.environ['PATH']}", "GPU_LOCKS": str(self.locks), **settings}
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *command],
            env=environment,
            umask=umask,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        return process

    def hold(self, **settings: str) -> subprocess.Popen[str]:
        """Start an agent that claims a GPU and keeps it."""
        return self.start(*HOLD, **settings)

    def run(self, *command: str, **settings: str) -> tuple[int, str, str]:
        process = self.start(*command, **settings)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    host.has(THREE)
    yield host
    host.close()


def claimed(process: subprocess.Popen[str]) -> str:
    """The GPU that a process started by `hold` has claimed. Waits until it has one."""
    assert process.stdout
    return process.stdout.readline().removeprefix("on ").strip()


def waits(process: subprocess.Popen[str]) -> bool:
    """Whether the first line of the process says that it waits for a GPU."""
    assert process.stderr
    return "waiting up to" in process.stderr.readline()


def test_a_fourth_agent_waits_until_one_of_three_gpus_is_free(host: Host) -> None:
    agents = [host.hold() for _ in range(3)]
    gpus = [claimed(agent) for agent in agents]
    assert sorted(gpus) == ["GPU-aaaaaaaa-0000", "GPU-bbbbbbbb-0000", "GPU-cccccccc-0000"]
    fourth = host.hold()
    assert waits(fourth)
    assert fourth.poll() is None
    agents[1].send_signal(signal.SIGKILL)
    assert claimed(fourth) == gpus[1]


def test_agents_started_at_once_never_share_a_gpu(host: Host) -> None:
    agents = [host.hold(GPU_WAIT="0") for _ in range(6)]
    gpus = [claimed(agent) for agent in agents]  # an agent without a GPU ends and prints nothing to stdout
    assert len([gpu for gpu in gpus if gpu]) == 3
    assert len(set(gpus) - {""}) == 3


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGSEGV], ids=lambda way: way.name)
def test_any_kind_of_process_death_frees_the_gpu(host: Host, way: signal.Signals) -> None:
    host.has("GPU 0: only (UUID: GPU-only)\n")
    first = host.hold()
    assert claimed(first) == "GPU-only"
    assert host.run("true", GPU_WAIT="0")[0] == 75
    first.send_signal(way)
    first.wait()
    assert host.run("true", GPU_WAIT="0")[0] == 0
    assert host.run("true", GPU_WAIT="0")[0] == 0, "the claim of the command before was not freed"


def test_two_farms_on_one_host_do_not_claim_the_same_gpu(host: Host) -> None:
    """Each has its own working folder and umask. They share only the folder of locks."""
    first = [claimed(host.hold()) for _ in range(2)]
    other = host.start(*HOLD, umask=0o077)
    assert claimed(other) not in first
    assert waits(host.start(*HOLD, umask=0o077))
    assert {oct(lock.stat().st_mode & 0o777) for lock in host.locks.iterdir()} == {"0o666"}


def test_agents_share_a_gpu_only_when_every_gpu_has_an_agent(host: Host) -> None:
    gpus = [claimed(host.hold(AGENTS_PER_GPU="2")) for _ in range(6)]
    assert len(set(gpus[:3])) == len(set(gpus[3:])) == 3
    assert waits(host.hold(AGENTS_PER_GPU="2"))


def test_mig_slices_of_a_gpu_are_claimed_one_by_one(host: Host) -> None:
    host.has(SLICES)
    gpus = [claimed(host.hold()) for _ in range(4)]
    assert gpus == [
        "MIG-11111111-0000",
        "MIG-22222222-0000",
        "GPU-bbbbbbbb-0000",
        "MIG-GPU-cccccccc-0000/7/0",
    ]
    assert waits(host.hold())


def test_no_free_gpu_within_the_time_limit_has_its_own_message_and_exit_code(host: Host) -> None:
    for _ in range(3):
        claimed(host.hold())
    code, out, err = host.run("echo", "ran", GPU_WAIT="1")
    assert (code, out) == (75, "")
    assert err.splitlines()[-1] == (
        f"claim_gpu: all 3 GPUs are taken (1 agent(s) each, locks in {host.locks}) and none came free within "
        "1 s (GPU_WAIT)"
    )


def test_signals_arguments_and_exit_code_are_passed_through(host: Host) -> None:
    process = host.start(
        "sh", "-c", 'trap "echo heard; exit 7" USR1; echo "$0 $1"; while :; do sleep 0.1; done', "a b", ""
    )
    assert process.stdout
    assert process.stdout.readline() == "a b \n"
    process.send_signal(signal.SIGUSR1)
    assert process.stdout.readline() == "heard\n"
    assert process.wait() == 7


def test_sigterm_ends_the_wait_with_exit_code_143(host: Host) -> None:
    """The first process of a container has no default signal handlers, so the program exits by itself."""
    host.has("GPU 0: only (UUID: GPU-only)\n")
    claimed(host.hold())
    waiting = host.hold()
    assert waits(waiting)
    waiting.send_signal(signal.SIGTERM)
    assert waiting.wait() == 143


@pytest.mark.parametrize("listing", [None, "No devices found.\n"])
def test_without_a_gpu_the_command_runs_on_the_cpu_unless_one_is_required(
    host: Host, listing: str | None, tmp_path: Path
) -> None:
    if listing:
        host.has(listing)
    settings = {} if listing else {"PATH": str(tmp_path)}  # a machine without nvidia-smi
    show = (sys.executable, "-c", "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))")
    assert host.run(*show, **settings) == (0, "''\n", "claim_gpu: no GPU here: on the CPU\n")
    code, out, err = host.run(*show, GPU_REQUIRED="1", **settings)
    assert (code, out) == (69, "")
    assert err == "claim_gpu: GPU_REQUIRED is 1, and nvidia-smi finds no GPU here\n"


def test_a_failing_driver_is_an_error_and_not_a_machine_without_gpus(host: Host) -> None:
    host.has("Failed to initialize NVML: Unknown Error\n", exit_code=255)
    code, out, err = host.run("echo", "ran")
    assert (code, out) == (69, "")
    assert err == "claim_gpu: nvidia-smi -L fails with 255: Failed to initialize NVML: Unknown Error\n"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CUDA_VISIBLE_DEVICES": "2"}, "2"),
        ({"DOCKER_RESOURCE_NVIDIA-GPU": "GPU-eeee"}, "GPU-eeee"),
        ({"DOCKER_RESOURCE_GPU": "GPU-eeee,GPU-ffff", "DOCKER_RESOURCE_SSD": "fast"}, "GPU-eeee,GPU-ffff"),
        ({"CUDA_VISIBLE_DEVICES": "2", "DOCKER_RESOURCE_GPU": "GPU-eeee"}, "2"),
    ],
)
def test_a_gpu_assigned_by_the_environment_is_kept_without_a_claim(
    host: Host, settings: dict[str, str], expected: str
) -> None:
    assert claimed(host.hold(**settings)) == expected
    assert not host.locks.exists()


def test_a_docker_resource_other_than_a_gpu_is_ignored(host: Host) -> None:
    assert claimed(host.hold(DOCKER_RESOURCE_SSD="fast")) == "GPU-aaaaaaaa-0000"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"AGENTS_PER_GPU": "0"}, "AGENTS_PER_GPU is '0', not a number from 1 to 64"),
        ({"AGENTS_PER_GPU": "two"}, "AGENTS_PER_GPU is 'two', not a number from 1 to 64"),
        ({"GPU_WAIT": "-1"}, "GPU_WAIT is '-1', not a number from 0 to 999999999"),
        ({"GPU_REQUIRED": "yes"}, "GPU_REQUIRED is 'yes', not a number from 0 to 1"),
        ({"GPU_LOCKS": "/dev/null/locks"}, "cannot lock in /dev/null/locks (GPU_LOCKS): Not a directory"),
    ],
)
def test_an_invalid_setting_is_named(host: Host, settings: dict[str, str], message: str) -> None:
    assert host.run("echo", "ran", **settings) == (2, "", f"claim_gpu: {message}\n")


def test_a_missing_command_is_named(host: Host) -> None:
    code, _, err = host.run("no-such-command")
    assert code == 127
    assert err.splitlines()[-1] == "claim_gpu: cannot run no-such-command: No such file or directory"


def test_help_documents_every_setting(host: Host) -> None:
    code, out, _ = host.run("--help")
    assert code == 0
    source = PROGRAM.read_text(encoding="utf-8")
    read = set(re.findall(r'"(GPU_[A-Z]+|AGENTS_PER_GPU)"', source))
    assert read == {"GPU_LOCKS", "AGENTS_PER_GPU", "GPU_WAIT", "GPU_REQUIRED"}
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in read)
    assert host.run()[0] == 2
