"""Writes the best designs of a sweep's chosen run next to its report."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console


def designs_in(folder: Path, console: Console) -> Callable[[str], list[Path]]:
    """A function that writes the best designs of one of a sweep's runs, and returns the files.

    It returns no files, and says why, if the run has no model in `folder` or is of another task: the report
    is complete without them.

    Args:
        folder: The sweep's folder, with a directory for each run.
        console: For the reason.
    """

    def write(run: str) -> list[Path]:
        from agent.config.errors import ConfigError
        from agent.designs.make import PLASMID, write_best
        from agent.designs.source import find_source

        if not (folder / run).is_dir():
            console.print(f"no designs: the directory of run {run} is not in {folder}", soft_wrap=True)
            return []
        try:
            source = find_source(str(folder / run), folder)
            if source.config.task != PLASMID:
                return []
            console.print("writing the best designs of the chosen run")
            files = write_best(source, folder)
        except (ConfigError, FloatingPointError, OSError) as error:
            console.print(f"no designs: {error}", soft_wrap=True)
            return []
        if not files:
            console.print("no designs: none of the samples of the chosen run passes quality control")
        return files

    return write
