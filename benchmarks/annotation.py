"""Measures the speed of the annotator, plasmidkit and blastn on one core.

    python benchmarks/annotation.py                       # the plasmids of ../shared/plasmids_dev
    python benchmarks/annotation.py FOLDER --json

Plasmidkit 0.1.0 is installed into its own environment at first use (its licence is not stated, so it is not a
dependency). blastn must be installed: apt-get install ncbi-blast+. A tool that is missing is reported and not
measured.

Speeds are sequences per second of CPU time of one process. The streaming limit is the speed of the least work
that an annotator must do: one pass that packs bases and looks up every 11-mer of both strands in a bitmap,
without using the hits.
"""

import json
import multiprocessing
import os
import random
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import click
import numba
import numpy as np

sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks.annotators.baselines import blastn_rate, plasmidkit_rate  # noqa: E402
from benchmarks.recall import FOLDER, substitute  # noqa: E402

SECONDS = 3.0
"""CPU time for which a fast tool is measured, after one warm-up pass."""

ROUNDS = 15
"""Number of measurements. The best one counts, as the others may be slowed by other work on the machine."""

WINDOWS = 10
"""The same for what is measured in wall time: processes and threads side by side."""


def read_plasmids(folder: Path) -> list[str]:
    """Sequences of the GenBank files of a folder."""
    from Bio import SeqIO

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [str(SeqIO.read(path, "genbank").seq).upper() for path in sorted(folder.glob("*.gb"))]


def rate(
    work: Callable[[Sequence[str]], object], sequences: Sequence[str], seconds: float = SECONDS
) -> float:
    """Sequences per second of CPU time of this process: the best of `ROUNDS` measurements."""
    work(sequences)
    best = 0.0
    for _ in range(ROUNDS):
        done, start = 0, time.process_time()
        while time.process_time() - start < seconds / ROUNDS:
            work(sequences)
            done += len(sequences)
        best = max(best, done / (time.process_time() - start))
    return best


def annotate_fresh(sequences: Sequence[str]) -> None:
    """Annotate with an empty cache."""
    from rewards.plasmid.annotator import Annotator
    from rewards.plasmid.library.store import load_library

    Annotator(load_library()).annotate(sequences)


@numba.njit(cache=False)
def _stream(codes: np.ndarray, bitmap: np.ndarray) -> int:
    """Number of 11-mers of both strands that are in the bitmap."""
    mask, shift = np.uint64((1 << 22) - 1), np.uint64(20)
    forward, backward, hits = np.uint64(0), np.uint64(0), 0
    for i in range(len(codes)):
        code = np.uint64(codes[i])
        forward = ((forward << np.uint64(2)) | code) & mask
        backward = (backward >> np.uint64(2)) | ((np.uint64(3) - code) << shift)
        for word in (forward, backward):
            hits += int((bitmap[word >> np.uint64(6)] >> (word & np.uint64(63))) & np.uint64(1))
    return hits


def streaming_rate(sequences: Sequence[str]) -> float:
    """Sequences per second of the streaming limit; see the top of this file."""
    from rewards.plasmid.engine.bases import encode
    from rewards.plasmid.library.store import load_library

    bitmap = load_library().index.large.bits
    codes = [encode(sequence) & 3 for sequence in sequences]
    return rate(lambda batch: [_stream(c, bitmap) for c in codes], sequences)


def _worker(sequences: list[str], orders: Any, done: Any) -> None:
    """Annotate for half a second at each true order; end at a false one, or after a minute without any."""
    annotate_fresh(sequences)
    while orders.get(timeout=60):
        count, start, busy = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - start < 0.5:
            annotate_fresh(sequences)
            count += len(sequences)
        done.put((count / (time.perf_counter() - start), count / (time.process_time() - busy)))


def process_scaling(sequences: list[str]) -> tuple[float, float]:
    """Throughput of two processes side by side divided by that of one, in alternating windows.

    Returns:
        The ratio in wall time, which other work on the machine lowers, and the ratio in CPU time, which shows
        how much the two slow each other down (caches, memory).
    """
    context = multiprocessing.get_context("spawn")
    orders, done = [context.Queue(), context.Queue()], context.Queue()
    workers = [context.Process(target=_worker, args=(sequences, go, done), daemon=True) for go in orders]
    for worker in workers:
        worker.start()
    one = two = np.zeros(2)
    for _ in range(WINDOWS):
        orders[0].put(True)
        one = np.maximum(one, done.get(timeout=300))
        for go in orders:
            go.put(True)
        two = np.maximum(two, np.add(done.get(timeout=300), done.get(timeout=300)))
    for go in orders:
        go.put(False)
    for worker in workers:
        worker.join()
    wall, cpu = (two / one).tolist()
    return wall, cpu


def threads_rate(sequences: list[str], workers: int) -> float:
    """Sequences per second of wall time of the annotator's own pool of threads."""
    from rewards.plasmid.annotator import Annotator
    from rewards.plasmid.library.store import load_library

    many = [sequence[turn:] + sequence[:turn] for turn in range(0, 200, 10) for sequence in sequences]
    best = 0.0
    for _ in range(WINDOWS):
        annotator = Annotator(load_library(), workers=workers)
        start = time.perf_counter()
        annotator.annotate(many)
        best = max(best, len(many) / (time.perf_counter() - start))
    return best


def adversarial(length: int = 10_000) -> dict[str, str]:
    """Inputs, by name, that a policy may write and for which a quadratic annotator takes too long."""
    from rewards.plasmid.library.store import load_library

    features = {feature.name: feature.sequence for feature in load_library().features}
    rng = random.Random(3)

    def repeated(unit: str) -> str:
        return (unit * (length // len(unit) + 1))[:length]

    promoters = "".join(f.sequence for f in load_library().features if f.feature_class == "promoter")
    return {
        "555 tandem T7 promoters": (features["T7 promoter"] + "A") * 555,
        "poly-A": "A" * length,
        "(AT)n": repeated("AT"),
        "tandem pUC ori": repeated(features["ori (pUC/pMB1, high-copy)"]),
        "all promoters": repeated(promoters),
        "tandem markers": repeated(features["AmpR (bla)"]),
        "one open frame": repeated("ATGGCC"),
        "lower case": "".join(rng.choice("acgt") for _ in range(length)),
        "IUPAC letters": "".join(rng.choice("ACGTRYSWKMBDHVN") for _ in range(length)),
        "emoji": "😀" * length,
    }


def adversarial_costs(plasmids: Sequence[str]) -> dict[str, float]:
    """CPU time of each adversarial input divided by that of real plasmids joined to the same length."""
    joined = "".join(plasmids)
    inputs = adversarial()
    inputs["1 Mb"] = "".join(random.Random(4).choices("ACGT", k=1_000_000))
    costs = {}
    for name, sequence in inputs.items():
        real = (joined * (len(sequence) // len(joined) + 1))[: len(sequence)]
        costs[name] = rate(annotate_fresh, [real], 0.3) / rate(annotate_fresh, [sequence], 0.3)
    return costs


@click.command()
@click.argument("folder", default=FOLDER, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the tables.")
def main(folder: Path, as_json: bool) -> None:
    """Measure on the plasmids (*.gb) of FOLDER, on copies with 5 % substitutions, and on random 5 kb."""
    rng = random.Random(1)
    plasmids = read_plasmids(folder)
    sets = {
        "real plasmids": plasmids,
        "5 % substitutions": [substitute(sequence, 0.05, rng) for sequence in plasmids],
        "random 5 kb": ["".join(rng.choices("ACGT", k=5000)) for _ in range(100)],
    }
    tools: dict[str, Callable[[Sequence[str]], float | None]] = {
        "ours": lambda sequences: rate(annotate_fresh, sequences),
        "plasmidkit": lambda sequences: plasmidkit_rate(sequences[:37]),
        "blastn_megablast": lambda sequences: blastn_rate(sequences, ["-task", "megablast"]),
        "blastn_w11": lambda sequences: blastn_rate(sequences, ["-task", "blastn", "-word_size", "11"]),
        "streaming": streaming_rate,
    }
    speeds = {tool: {name: measure(batch) for name, batch in sets.items()} for tool, measure in tools.items()}
    real = {tool: by_set["real plasmids"] for tool, by_set in speeds.items()}
    ours, plasmidkit, streaming = real["ours"] or 0.0, real["plasmidkit"], real["streaming"] or 1.0
    wall, cpu = process_scaling(plasmids)
    threads = threads_rate(plasmids, 2) / threads_rate(plasmids, 1)
    costs = adversarial_costs(plasmids)
    result = {
        "ours": ours,
        "plasmidkit": plasmidkit,
        "blastn_megablast": real["blastn_megablast"],
        "blastn_w11": real["blastn_w11"],
        "ratio_plasmidkit": ours / plasmidkit if plasmidkit else None,
        "limit": ours / streaming,
        "scaling_2": wall,
        "scaling_2_cpu": cpu,
        "scaling_2_threads": threads,
        "speeds": speeds,
        "adversarial": costs,
    }
    if as_json:
        click.echo(json.dumps(result))
        return
    click.echo(f"{'sequences/s, one core':24s}" + "".join(f"{name:>20s}" for name in sets))
    for tool, by_set in speeds.items():
        cells = "".join(f"{'not installed':>20s}" if v is None else f"{v:20,.1f}" for v in by_set.values())
        click.echo(f"{tool:24s}{cells}")
    ratio = f"{ours / plasmidkit:,.0f} x" if plasmidkit else "unknown"
    click.echo(f"\nours over plasmidkit, real plasmids   {ratio}")
    click.echo(f"share of the streaming limit          {ours / streaming:.2%} (genes included)")
    click.echo(f"two processes over one                {wall:.2f} x (by CPU time {cpu:.2f} x)")
    click.echo(f"two threads of one pool over one      {threads:.2f} x")
    click.echo("\ncost of adversarial input over real plasmids of the same length")
    for name, cost in costs.items():
        click.echo(f"  {name:28s}{cost:6.2f} x")


if __name__ == "__main__":
    main()
