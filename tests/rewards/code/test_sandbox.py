"""The sandbox: order of results, faults, each wall by itself, start and end of its processes."""

import json
import logging
import os
import socket
import threading
from collections.abc import Iterator

import psutil
import pytest

from rewards.code.sandbox import pool
from rewards.code.sandbox.limits import Limits
from rewards.code.sandbox.pool import BEST, NO_WALLS, NoSandboxError, Sandbox, choose_walls, shared_sandbox
from rewards.code.sandbox.program import Call, Program, Result
from rewards.code.sandbox.walls import LANDLOCK, NAMESPACES, SECCOMP, run_light, walls_that_hold


def program(code: str, *arguments: object) -> Program:
    return Program(f"def f(x):\n    {code}", (Call("f", arguments),))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(workers=2) as made:
        yield made


def processes_of(sandbox: Sandbox) -> list[psutil.Process]:
    pids = [worker.pid for worker in sandbox.workers if worker.pid is not None]
    return [
        one for pid in pids for one in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
    ]


def test_results_come_in_the_order_of_the_programs(sandbox: Sandbox) -> None:
    slow_first = [program(f"return sum(range({(20 - n) * 20_000})) * 0 + x", n) for n in range(20)]
    assert [result.answers[0].value for result in sandbox.run(slow_first)] == list(range(20))
    assert sandbox.run([]) == []


def test_threads_can_share_a_sandbox(sandbox: Sandbox) -> None:
    found: dict[int, list[Result]] = {}

    def work(number: int) -> None:
        found[number] = sandbox.run([program(f"return x + {number}", n) for n in range(5)])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, results in found.items():
        assert [result.answers[0].value for result in results] == [n + number for n in range(5)]


def test_equal_programs_give_equal_answers_with_random_numbers_and_sets(sandbox: Sandbox) -> None:
    chance = program("import random; return [random.random(), list({'a', 'b', 'c', str(x)})]", 1)
    assert len({json.dumps(result.answers[0].value) for result in sandbox.run([chance] * 8)}) == 1


def test_a_program_cannot_change_the_next_one(sandbox: Sandbox) -> None:
    sandbox.run(
        [Program("import builtins, sys, json\nbuiltins.len = lambda x: 7\njson.dumps = None\nsys.seen = 1")]
        * 4
    )
    for result in sandbox.run([program("import sys; return [len(x), hasattr(sys, 'seen')]", "ab")] * 4):
        assert result.answers[0].value == [2, False]


def test_a_script_has_the_exit_code_and_output_of_a_plain_python_run(sandbox: Sandbox) -> None:
    codes = [
        "x = 1",
        "raise SystemExit",
        "raise SystemExit(3)",
        "raise SystemExit('why')",
        "1/0",
        "def",
        "print(__name__)",
    ]
    results = sandbox.run([Program(code) for code in codes])
    assert [result.exit_code for result in results] == [0, 0, 3, 1, 1, 1, 0]
    assert results[3].reason == "ended with 1: why"
    assert results[4].reason == "ended with 1: ZeroDivisionError: division by zero"
    assert results[6].output == "__main__\n"


def test_a_program_that_ends_early_has_a_reason(sandbox: Sandbox) -> None:
    calls = (Call("f", (1,)), Call("f", (0,)), Call("f", (2,)))
    (result,) = sandbox.run([Program("import os\ndef f(x): return x or os._exit(0)", calls)])
    assert [answer.value for answer in result.answers] == [1]
    assert (result.exit_code, result.reason) == (0, "ended after 1 of 3 answers")


def test_a_program_over_its_wall_clock_limit_is_ended() -> None:
    with Sandbox(workers=1, limits=Limits(cpu_seconds=30, wall_seconds=0.3)) as sandbox:
        (result,) = sandbox.run([Program("while True: pass")])
    assert (result.exit_code, result.reason) == (None, "took longer than 0.3 s")


ATTEMPTS = """
import encodings.idna, os, socket, sys
from rewards.code.sandbox.walls import raise_walls
raise_walls([sys.argv[1]])()
for attempt in (
    lambda: os.listdir("/proc"),
    lambda: open("/etc/passwd"),
    lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5),
    lambda: os.kill(int(sys.argv[3]), 0),
):
    try:
        attempt()
        print("done")
    except OSError as error:
        print(type(error).__name__)
"""


@pytest.mark.parametrize(
    ("wall", "outcome"),
    [
        (SECCOMP, ["PermissionError"] * 4),
        (LANDLOCK, ["PermissionError"] * 2),  # later calls are covered only by newer kernels
        (NAMESPACES, ["FileNotFoundError", "FileNotFoundError", "OSError", "ProcessLookupError"]),
    ],
)
def test_each_wall_blocks_attempts_by_itself(wall: str, outcome: list[str]) -> None:
    """Each wall alone must hold if the other walls and the limits fail."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        code = f"exec({ATTEMPTS!r})"
        process = run_light(code, wall, str(listener.getsockname()[1]), str(os.getpid()))
        output, errors = process.communicate(timeout=120)
    assert output.decode().split()[: len(outcome)] == outcome, errors


def test_without_walls_programs_are_unrestricted_with_a_log_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Sandbox(NO_WALLS, workers=1) as sandbox:
        (result,) = sandbox.run([program("import os; return os.path.exists('/etc/passwd')", 1)])
    assert result.answers[0].value is True
    assert "NO WALLS" in caplog.text


def test_without_walls_a_program_is_ended_with_its_forks() -> None:
    with Sandbox(NO_WALLS, workers=1, limits=Limits(wall_seconds=30)) as sandbox:
        (result,) = sandbox.run(
            [program("import os, time\n    os.fork() or time.sleep(60)\n    return os.getpid()", 1)]
        )
        assert len(result.answers) == 1
        assert len(processes_of(sandbox)) == 1


def test_the_walls_of_this_machine_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        walls = choose_walls(BEST)
    assert SECCOMP in walls
    assert f"sandbox: {' + '.join(walls)}, rlimits" in caplog.text


@pytest.mark.parametrize("granted", [(), (SECCOMP,), (LANDLOCK, NAMESPACES)])
def test_too_few_walls_are_refused(granted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "walls_that_hold", lambda: granted)
    with pytest.raises(NoSandboxError, match="set sandbox: none-i-accept-the-risk"):
        choose_walls(BEST)
    assert choose_walls(NO_WALLS) == ()
    with pytest.raises(ValueError, match="sandbox must be"):
        choose_walls("none")


def test_a_dead_interpreter_is_a_sandbox_fault_and_is_replaced() -> None:
    with Sandbox(workers=1) as sandbox:
        sandbox.run([Program("pass")])
        for process in processes_of(sandbox):
            process.kill()
        (result,) = sandbox.run([Program("pass")])
        assert result.fault.startswith("the sandbox failed: ")
        assert sandbox.run([Program("pass")])[0].exit_code == 0


def test_an_interpreter_that_cannot_start_is_a_sandbox_fault() -> None:
    with Sandbox(workers=1, modules=["no_such_module"]) as sandbox:
        (result,) = sandbox.run([Program("pass")])
    assert result.fault.startswith(
        "the sandbox failed: its interpreter does not start: ModuleNotFoundError: "
    )


def test_closing_ends_every_process() -> None:
    with Sandbox(workers=2) as sandbox:
        sandbox.run([Program("pass")] * 8)
        processes = processes_of(sandbox)
        assert len(processes) >= 1
    psutil.wait_procs(processes, timeout=30)
    assert not [process for process in processes if process.is_running()]


def test_the_sandbox_ends_when_its_owner_dies() -> None:
    """Also in the middle of a program: the interpreter sees that its input stream is closed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        sandbox = Sandbox(workers=1, limits=Limits(cpu_seconds=60, wall_seconds=60))
        sandbox.run([Program("pass")])
        threading.Thread(target=sandbox.run, args=([Program("while True: pass")],), daemon=True).start()
        os.write(write, json.dumps([process.pid for process in processes_of(sandbox)]).encode())
        threading.Event().wait()
    processes = [psutil.Process(pid) for pid in json.loads(os.read(read, 1000))]
    os.kill(child, 9)
    os.waitpid(child, 0)
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_forked_process_gets_a_sandbox_of_its_own() -> None:
    ours = shared_sandbox(BEST, Limits())
    ours.run([Program("pass")])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            theirs = shared_sandbox(BEST, Limits())
            status = int(theirs is ours or theirs.run([Program("pass")])[0].exit_code != 0)
            theirs.close()
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert ours.run([Program("pass")])[0].exit_code == 0


@pytest.mark.parametrize("field", ["cpu_seconds", "wall_seconds", "memory_mb", "output_bytes"])
def test_limits_must_be_positive(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Limits(**{field: 0})


def test_available_walls_are_determined_once() -> None:
    assert walls_that_hold() is walls_that_hold()
