"""Measures programs per second of the sandbox, with one and two workers, and of one interpreter per program.

python benchmarks/sandbox.py --json

The programs are like those that a reward runs: a function of a few lines with five calls. A third of them are
correct; the others are wrong, raise an error, or are not valid Python. CPU time is that of all processes
together, without start-up. It hardly depends on the load of the machine, so two cores run at most
2 / (CPU time per program) programs per second.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).parent.parent)

from rewards.code.sandbox.pool import Sandbox  # noqa: E402
from rewards.code.sandbox.program import Call, Program  # noqa: E402
from rewards.code.sandbox.walls import walls_that_hold  # noqa: E402

CALLS = tuple(Call("middle", ([n, 3, 1, n + 2, 8],)) for n in range(5))
RIGHT = "def middle(numbers):\n    ordered = sorted(numbers)\n    return ordered[len(ordered) // 2]\n"
PROGRAMS = (
    RIGHT,
    RIGHT.replace("sorted(numbers)", "list(numbers)"),
    "from statistics import median\n\ndef middle(numbers: list[int]) -> int:\n    return median(numbers)\n",
    RIGHT.replace("ordered[", "order["),
    RIGHT.replace("ordered)", "ordered), 0"),
    RIGHT.replace(":\n", "\n", 1),
)


def _cpu_seconds() -> float:
    """CPU seconds of this process and of all children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _in_sandbox(programs: int, workers: int, walls: tuple[str, ...]) -> tuple[float, float]:
    """Wall seconds without start-up, and CPU seconds with start-up, of a number of programs."""
    batch = [Program(PROGRAMS[n % len(PROGRAMS)], CALLS) for n in range(programs)]
    before = _cpu_seconds()
    with Sandbox(workers=workers, walls=walls) as sandbox:
        sandbox.run(batch[:workers])
        start = time.perf_counter()
        results = sandbox.run(batch)
        clock = time.perf_counter() - start
    if any(result.fault for result in results):
        raise RuntimeError(next(result.fault for result in results if result.fault))
    return clock, _cpu_seconds() - before


def sandbox_speed(programs: int, workers: int, walls: tuple[str, ...]) -> tuple[float, float]:
    """Programs per second, and milliseconds of CPU time per program."""
    _, start_up = _in_sandbox(workers, workers, walls)
    clock, cpu = _in_sandbox(programs, workers, walls)
    return programs / clock, 1000 * (cpu - start_up) / programs


def interpreter_speed(programs: int) -> tuple[float, float]:
    """The same for programs that run one after the other, each in a new `python` without walls."""
    before, start = _cpu_seconds(), time.perf_counter()
    for n in range(programs):
        code = PROGRAMS[n % len(PROGRAMS)] + f"\nmiddle({[n, 3, 1, n + 2, 8]})\n"
        subprocess.run([sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False)
    return programs / (time.perf_counter() - start), 1000 * (_cpu_seconds() - before) / programs


@click.command()
@click.option("--programs", default=600, show_default=True, help="Programs per measurement.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(programs: int, as_json: bool) -> None:
    """Measure the speed of the sandbox and print a table."""
    load = os.getloadavg()[0]
    rows = []
    walls = walls_that_hold()
    for workers in (1, 2):
        rows.append((f"{workers} worker(s), {' + '.join(walls)}", *sandbox_speed(programs, workers, walls)))
    rows.append(("1 worker, no walls", *sandbox_speed(programs, 1, ())))
    rows.append(("python per program, no walls, no tests", *interpreter_speed(programs // 10)))
    if as_json:
        result = {name: {"programs_per_s": speed, "cpu_ms": cost} for name, speed, cost in rows}
        click.echo(json.dumps({"load": load, "cores": os.cpu_count(), **result}))
        return
    table = Table("how programs run", "programs/s", "CPU time per program (ms)")
    for name, speed, cost in rows:
        table.add_row(name, f"{speed:.0f}", f"{cost:.2f}")
    Console().print(table, f"load before: {load:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
