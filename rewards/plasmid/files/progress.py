"""Passes records on to a command, and says on standard error what was wrong and how far the reading is."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rewards.plasmid.files.read import read_paths
from rewards.plasmid.files.record import Options, Problem, SequenceRecord, Skipped

_SECONDS_PER_LINE = 30.0
"""Seconds between two lines of progress where there is no terminal."""


class Intake:
    """The records of files and folders; problems, notes and progress go to standard error.

    Attributes:
        problems: Number of problems so far.
        records: Number of records so far.
    """

    def __init__(self, paths: Iterable[Path], options: Options, strict: bool) -> None:
        self.problems = 0
        self.records = 0
        self._paths, self._options, self._strict = paths, options, strict
        self._place: tuple[str, int, int | None] = ("", 0, None)
        self._said_at = time.monotonic()
        self._bar: Progress | None = None

    def __iter__(self) -> Iterator[SequenceRecord]:
        """The records in order. With `strict`, they end at the first problem."""
        with self._progress():
            for event in read_paths(self._paths, self._options, self._watch):
                if isinstance(event, SequenceRecord):
                    self.records += 1
                    yield event
                    self._say_how_far()
                elif isinstance(event, Problem):
                    self.problems += 1
                    click.echo(f"Error: {event}", err=True)
                    if self._strict:
                        return
                else:
                    kind = "Skipped" if isinstance(event, Skipped) else "Note"
                    click.echo(f"{kind}: {event}", err=True)

    @contextmanager
    def _progress(self) -> Iterator[None]:
        """Shows a bar on a terminal, unless the results themselves scroll on it."""
        if not sys.stderr.isatty() or sys.stdout.isatty():
            yield
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(
            *columns, console=Console(stderr=True), redirect_stdout=False, transient=True
        ) as self._bar:
            self._bar.add_task("reading", total=None)
            yield

    def _watch(self, source: str, done: int, size: int | None) -> None:
        self._place = (source, done, size)

    def _say_how_far(self) -> None:
        source, done, size = self._place
        if self._bar is not None:
            description = f"{Path(source).name}: {self.records:,} records"
            self._bar.update(self._bar.task_ids[0], description=description, completed=done, total=size)
        elif time.monotonic() - self._said_at > _SECONDS_PER_LINE and not sys.stdout.isatty():
            self._said_at = time.monotonic()
            share = f"{done / size:.0%}" if size else f"{done:,} bytes"
            click.echo(f"{source}: {share} read, {self.records:,} records", err=True)
