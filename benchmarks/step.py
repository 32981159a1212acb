"""Measures the duration of a GRPO step: ours, TRL as a careful user sets it up, and TRL with its defaults.

python benchmarks/step.py --json

For each number of threads, each kind of trainer has its own process. The processes take turns, step by step.
A careful user trains in float32 without gradient checkpointing; all other settings are the same. Models: one
of the SimpleStories-1.25M shape, trained on generated sentences so that its stories end by themselves, and
the DNA starter. With `full` lengths, no completion ends before its limit. The floor is the time that the
arithmetic of a step takes at the speed of this machine's fastest float32 product, on the same threads.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

sys.path[0] = str(Path(__file__).parent.parent)

from agent.worker import thread_settings  # noqa: E402

VARIANTS = ("trl", "ours", "default")
PARTS = ("generation", "reward", "reference", "forward", "backward")
ROWS = [
    {"model": model, "batch": 32, "G": group, "tokens": tokens, "beta": beta, "lengths": lengths}
    for model, group, tokens, beta, lengths in product(
        ("story", "dna"), (16, 8), (128, 256), (0.02, 0.0), ("natural", "full")
    )
]
ROWS.append({**ROWS[0], "model": "dna", "top_p": 0.95})


class Worker:
    """A process of `steps/worker.py`."""

    def __init__(self, variant: str, threads: int) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
        environment["HF_HUB_DISABLE_TELEMETRY"] = "1"
        if variant == "ours":
            environment |= thread_settings(max(1, (os.cpu_count() or 1) // threads))
        script = Path(__file__).with_name("steps") / "worker.py"
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(script), variant],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.gigaflops = self.read()["gigaflops"]

    def send(self, line: str = "") -> None:
        """Write a line to the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def read(self) -> dict[str, Any]:
        """The next answer of the process."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"a worker ended with {self._process.wait()}: {self._errors.read()[-2000:]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def step(self) -> dict[str, Any]:
        """The times of one more training step."""
        self.send()
        return self.read()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


@contextmanager
def workers(threads: int) -> Iterator[dict[str, Worker]]:
    """One worker per variant, for the duration of the block."""
    started = {variant: Worker(variant, threads) for variant in VARIANTS}
    try:
        yield started
    finally:
        for worker in started.values():
            worker.close()


def measure(
    row: dict[str, Any], started: dict[str, Worker], steps: int, default_steps: int
) -> dict[str, Any]:
    """Medians of one row: seconds per step, shares of its parts, memory, ratios."""
    counts = {"trl": steps, "ours": steps, "default": default_steps}
    for variant, worker in started.items():
        worker.send(json.dumps({**row, "steps": counts[variant] + 1}))
    work = {variant: worker.read() for variant, worker in started.items()}["ours"]
    found: dict[str, list[dict[str, Any]]] = {variant: [] for variant in VARIANTS}
    for turn in range(steps + 1):
        for variant in VARIANTS:
            if turn <= counts[variant]:
                found[variant].append(started[variant].step())
    memory = {variant: worker.read()["peak_mb"] for variant, worker in started.items()}
    result: dict[str, Any] = dict(row)
    for variant, times in found.items():
        warm = times[1:]  # the first step also compiles kernels and allocates memory
        name = "trl_default" if variant == "default" else variant
        result[f"{name}_s"] = statistics.median(t["wall"] for t in warm)
        result[f"{name}_cpu_s"] = statistics.median(t["cpu"] for t in warm)
        result[f"{name}_mb"] = memory[variant]
        whole = sum(t["cpu"] for t in warm)
        result[f"{name}_parts"] = {
            part: sum(t["parts"].get(part, 0.0) for t in warm) / whole for part in PARTS
        }
        result[f"{name}_length"] = statistics.mean(t["length"] for t in warm)
    result["ratio"] = result["trl_s"] / result["ours_s"]
    result["ratio_cpu"] = result["trl_cpu_s"] / result["ours_cpu_s"]
    result["ratio_default"] = result["trl_default_s"] / result["ours_s"]
    result["floor_s"] = floor(row, work, result["ours_length"]) / (started["ours"].gigaflops * 1e9)
    return result


def floor(row: dict[str, Any], work: dict[str, int], length: float) -> float:
    """Number of operations of a step: sampling, three policy passes, a reference pass if `beta` > 0."""
    passes = 1 + 3 + (row["beta"] > 0)
    of_weights = 2 * (work["body"] + work["head"]) * length
    # Each token attends to half of the others on average, once for scores and once for values.
    of_attention = 2 * 2 * work["attention"] * length**2 / 2
    return row["batch"] * passes * (of_weights + of_attention)


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """Print a table of the durations, and one of the shares of their parts."""
    table = Table(
        "model", "G", "tokens", "beta", "lengths", "threads", "mean length", title="seconds per step"
    )
    for name in (
        "TRL",
        "TRL defaults",
        "ours",
        "ratio",
        "CPU ratio",
        "to defaults",
        "to floor",
        "MB TRL/ours",
    ):
        table.add_column(name, justify="right")
    for row in rows:
        lengths = row["lengths"] + (f", top_p {row['top_p']}" if "top_p" in row else "")
        table.add_row(
            row["model"], *(f"{row[name]:g}" for name in ("G", "tokens", "beta")), lengths,
            str(row["threads"]), f"{row['ours_length']:.0f}",
            *(f"{row[name]:.2f}" for name in ("trl_s", "trl_default_s", "ours_s")),
            *(f"{row[name]:.2f}" for name in ("ratio", "ratio_cpu", "ratio_default")),
            f"{row['ours_s'] / row['floor_s']:.1f}",
            f"{row['trl_mb']:.0f}/{row['ours_mb']:.0f}",
        )  # fmt: skip
    console.print(table)
    shares = Table(
        "model", "tokens", "beta", "lengths", "trainer", *PARTS, "rest", title="share of a step's CPU time"
    )
    for row in rows:
        if row["G"] != 16 or row["threads"] != 1:
            continue
        for name in ("trl", "ours"):
            parts = row[f"{name}_parts"]
            values = [parts[part] for part in PARTS]
            shares.add_row(
                row["model"], str(row["tokens"]), f"{row['beta']:g}", row["lengths"], name,
                *(f"{value:.0%}" for value in [*values, 1 - sum(values)]),
            )  # fmt: skip
    console.print(shares)


@click.command()
@click.option("--steps", type=click.IntRange(1), default=2, show_default=True, help="Measured steps per row.")
@click.option(
    "--default-steps",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="The same for TRL with its defaults.",
)
@click.option("--threads", default=(1, 2), show_default=True, multiple=True, help="Numbers of threads.")
@click.option("--only", default="", help="Rows whose `model/tokens/beta/lengths/G` contains this.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(steps: int, default_steps: int, threads: tuple[int, ...], only: str, as_json: bool) -> None:
    """Measure all rows and print the tables."""
    chosen = [r for r in ROWS if only in "{model}/{tokens}/{beta:g}/{lengths}/{G}".format(**r)]
    console = Console(stderr=as_json, width=170)
    rows = []
    for count in threads:
        with workers(count) as started, console.status("measuring"):
            rows += [{**measure(row, started, steps, default_steps), "threads": count} for row in chosen]
    minima = {
        kind: min((row["ratio"] for row in rows if row["lengths"] == kind), default=None)
        for kind in ("natural", "full")
    }
    if as_json:
        summary = {f"ratio_{kind}_min": value for kind, value in minima.items()}
        click.echo(json.dumps({"rows": rows, **summary, "load": os.getloadavg()[0]}))
        return
    show(rows, console)
    for kind, value in minima.items():
        if value is not None:
            console.print(f"smallest ratio, {kind} lengths: {value:.2f}")


if __name__ == "__main__":
    main()
