"""Measures the speeds of plasmidkit and blastn, with which our annotator is compared."""

import json
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import click

from benchmarks.environments import CannotInstallError, python_with

PLASMIDKIT = "plasmidkit==0.1.0"

WRAP = 1500
"""Number of bases repeated after the end, so that blastn finds features across the origin."""


@cache
def plasmidkit_python() -> Path | None:
    """The interpreter with plasmidkit; None, and a printed message, if it cannot be installed."""
    try:
        return python_with(PLASMIDKIT)
    except CannotInstallError as error:
        click.echo(f"plasmidkit is not measured: {error}", err=True)
        return None


@cache
def has_blastn() -> bool:
    """Whether blastn is installed; if not, a message is printed."""
    found = shutil.which("blastn") is not None and shutil.which("makeblastdb") is not None
    if not found:
        click.echo("blastn is not measured: apt-get install ncbi-blast+", err=True)
    return found


def plasmidkit_rate(sequences: Sequence[str]) -> float | None:
    """Sequences per second of plasmidkit as PlasmidRL calls it, in one process; None without plasmidkit."""
    python = plasmidkit_python()
    if python is None:
        return None
    engine = Path(__file__).with_name("plasmidkit_engine.py")
    done = subprocess.run(
        [python, engine], input=json.dumps(sequences), stdout=subprocess.PIPE, text=True, check=True
    )
    return len(sequences) / float(done.stdout)


def blastn_rate(sequences: Sequence[str], options: Sequence[str]) -> float | None:
    """Sequences per second of blastn on our own library, all in one call; None without blastn."""
    from rewards.plasmid.library.store import load_library

    if not has_blastn():
        return None
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        library = "".join(f">{i}\n{f.sequence}\n" for i, f in enumerate(load_library().features))
        (folder / "library.fa").write_text(library)
        query = "".join(f">{i}\n{s + s[:WRAP]}\n" for i, s in enumerate(sequences))
        (folder / "query.fa").write_text(query)
        make: list[str | Path] = [
            "makeblastdb",
            "-in",
            folder / "library.fa",
            "-dbtype",
            "nucl",
            "-out",
            folder / "library",
        ]
        subprocess.run(make, check=True, capture_output=True)
        search: list[str | Path] = [
            "blastn",
            "-db",
            folder / "library",
            "-query",
            folder / "query.fa",
            "-num_threads",
            "1",
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*search, *options, "-outfmt", "6"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return len(sequences) / (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
