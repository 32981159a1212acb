"""Programs of a policy that tries to cheat: none escapes, is rewarded or leaves processes behind."""

import json
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from rewards.base import Sample
from rewards.code.components.tests_fail import TestsFail
from rewards.code.components.tests_pass import TestsPass
from rewards.code.problems.problem import load_problems
from rewards.code.sandbox.libc import prctl
from rewards.code.sandbox.limits import Limits
from rewards.code.sandbox.pool import Sandbox, shared_sandbox
from rewards.code.sandbox.program import Call, Program, Result
from rewards.code.sandbox.walls import LANDLOCK, NAMESPACES, SECCOMP
from tests.rewards.code.cheats import CASES, CHEATS, HOGS, HONEST, PROMPT
from tests.rewards.code.escapes import (
    ARSENAL,
    DANGEROUS,
    FILES,
    NETWORK,
    NOT_EVERYWHERE,
    PROCESSES,
    RAW,
    escape,
)

ESCAPES = NETWORK | FILES | PROCESSES | RAW
PROBLEMS = [{"prompt": PROMPT, "cases": CASES}]
CANARY = "still here"
PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="module", autouse=True)
def orphans_are_ours() -> Iterator[None]:
    """Make orphaned processes of programs children of this process, so that the tests see them."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield
    prctl(PR_SET_CHILD_SUBREAPER, 0)


def own_processes() -> list[psutil.Process]:
    """Warm interpreters of this process and all their descendants."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "zygote.serve" in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def limit_from_outside() -> None:
    """Limit the resources of all interpreters, so that the machine survives if a wall is missing."""
    for process in own_processes():
        for limit, value in (
            (resource.RLIMIT_CPU, 300),
            (resource.RLIMIT_AS, 3 << 30),
            (resource.RLIMIT_FSIZE, 1 << 20),
        ):
            resource.prlimit(process.pid, limit, (value, value))


class Outside:
    """Resources that a program must not reach: a folder, a file in it, and listening sockets."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        (folder / "canary").write_text(CANARY)
        (folder / "planted.py").write_text("loot = True")
        self.sockets = [
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_INET, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_UNIX, socket.SOCK_STREAM),
            )
        ]
        tcp, udp, unix, abstract = self.sockets
        self.names: dict[str, object] = {"FOLDER": str(folder), "CANARY": str(folder / "canary")}
        for listener in (tcp, udp):
            listener.bind(("127.0.0.1", 0))
        self.names |= {"TCP_PORT": tcp.getsockname()[1], "UDP_PORT": udp.getsockname()[1]}
        unix.bind(str(folder / "socket"))
        abstract.bind("\0" + str(folder))
        self.names |= {"UNIX_PATH": str(folder / "socket"), "ABSTRACT": "\0" + str(folder)}
        for listener in (tcp, unix, abstract):
            listener.listen()
        for each in self.sockets:
            each.setblocking(False)

    def check_untouched(self) -> None:
        assert sorted(path.name for path in self.folder.iterdir()) == ["canary", "planted.py", "socket"]
        assert (self.folder / "canary").read_text() == CANARY
        tcp, udp, unix, abstract = self.sockets
        for listener in (tcp, unix, abstract):
            with pytest.raises(BlockingIOError):
                listener.accept()
        with pytest.raises(BlockingIOError):
            udp.recv(1)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with ExitStack() as stack:
        yield Outside(tmp_path_factory.mktemp("outside"), stack)


def attempts(sandbox: Sandbox, names: list[str], outside: Outside) -> dict[str, Result]:
    sandbox.run([Program("pass")])  # starts the interpreters, so that they can be limited
    limit_from_outside()
    programs = [Program(escape(ESCAPES[name], outside.names), (Call("loot"),)) for name in names]
    return dict(zip(names, sandbox.run(programs), strict=True))


def succeeded(results: dict[str, Result]) -> dict[str, Result]:
    assert not [result.fault for result in results.values() if result.fault]
    return {
        name: result
        for name, result in results.items()
        if any(answer.value and not answer.error for answer in result.answers)
    }


@pytest.mark.parametrize(
    "walls",
    [(SECCOMP, LANDLOCK, NAMESPACES), (SECCOMP, LANDLOCK), (SECCOMP, NAMESPACES), (SECCOMP,)],
    ids="+".join,
)
def test_no_program_escapes_the_sandbox(walls: tuple[str, ...], outside: Outside) -> None:
    others = own_processes()
    with Sandbox(walls=walls, workers=2, modules=ARSENAL) as sandbox:
        assert succeeded(attempts(sandbox, list(ESCAPES), outside)) == {}
        assert sandbox.run([Program(HONEST, (Call("square", (3,)),))])[0].answers[0].value == 9
    outside.check_untouched()
    assert set(own_processes()) <= set(others)


HARNESS = """
import json, os, pathlib, shutil, signal, sys
names, programs = json.load(sys.stdin)
folder = pathlib.Path(names["FOLDER"])
for name, program in programs.items():
    for path in folder.iterdir():
        if path.name not in ("canary", "planted.py", "socket"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "canary").write_text("still here")
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os.chdir(folder)
        space = {}
        try:
            exec(program, space)
            os._exit(0 if space["loot"]() else 1)
        except BaseException:
            os._exit(1)
    if os.waitpid(child, 0)[1] == 0:
        print(name, flush=True)
"""


def test_the_same_programs_succeed_without_a_sandbox(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Otherwise the test above would prove nothing."""
    names = [name for name in NETWORK | FILES | PROCESSES if name not in DANGEROUS]
    with ExitStack() as stack:
        place = Outside(tmp_path_factory.mktemp("without"), stack)
        programs = {name: escape(ESCAPES[name], place.names) for name in names}
        done = subprocess.run(
            [sys.executable, "-c", f"import {', '.join(ARSENAL)}" + HARNESS],
            input=json.dumps([place.names, programs]),
            capture_output=True,
            text=True,
            check=True,
            start_new_session=True,
        )
    Path("/dev/shm/sweepfarm-attack").unlink(missing_ok=True)
    assert set(names) - set(done.stdout.splitlines()) <= NOT_EVERYWHERE


def test_cheating_programs_get_no_reward() -> None:
    reward, inverted = TestsPass(problems=PROBLEMS), TestsFail(problems=PROBLEMS)
    programs = {"honest": HONEST, "honest again": HONEST + " ", **CHEATS}
    samples = [Sample(PROMPT, program) for program in programs.values()]
    shared_sandbox(reward.sandbox, reward.limits).run([Program("pass")] * 2)
    limit_from_outside()
    scores = dict(zip(programs, reward(samples), strict=True))
    assert [scores.pop(name).score for name in ("honest", "honest again")] == [1.0, 1.0]
    assert {name: e for name, e in scores.items() if e.score != 0.0} == {}
    assert [e.score for e in inverted(samples)] == [0.0, 0.0] + [1.0] * len(CHEATS)


@pytest.mark.slow
def test_no_program_exceeds_its_limits() -> None:
    others = own_processes()
    (problem,) = load_problems(PROBLEMS)
    calls = tuple(case.call for case in problem.cases)
    with Sandbox(workers=2, limits=Limits(wall_seconds=120)) as sandbox:
        sandbox.run([Program("pass")] * 2)
        limit_from_outside()
        results = dict(zip(HOGS, sandbox.run([Program(hog, calls) for hog in HOGS.values()]), strict=True))
    assert {name: result.fault for name, result in results.items() if result.fault} == {}
    for name, result in results.items():
        answers = zip(problem.cases, result.answers, strict=False)
        assert result.reason or not any(case.passes(answer) for case, answer in answers), name
        assert len(result.output) <= 2 * Limits().output_bytes, name
    for name, reason in (
        ("endless loop", "computed longer than 1 s"),
        ("endless loop that cannot be ended", "computed longer than 1 s"),
        ("output", "printed more than 65536 bytes"),
        ("answers", "answered more than 1048576 bytes"),
        ("long source", "the program is longer than 65536 bytes"),
        ("dead lock", "was killed by SIG"),  # the signal differs between C libraries
    ):
        assert results[name].reason.startswith(reason)
    for name in ("memory", "memory at once", "memory by text"):
        assert results[name].answers[0].error == "MemoryError"
    assert results["sleep"].answers[0].error.startswith("PermissionError")
    assert set(own_processes()) <= set(others)
