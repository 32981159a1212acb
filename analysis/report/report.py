"""Reads a sweep, analyses it and writes the report's files."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from analysis.choose.chosen import chosen_config
from analysis.choose.frontier import frontier
from analysis.choose.importance import importance
from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.errors import AnalysisError
from analysis.files import replace_text
from analysis.read.download import download, download_samples
from analysis.read.folder import Format, read_table, write_table
from analysis.read.table import SweepTable
from analysis.report.markdown import result_markdown
from analysis.report.page import page
from analysis.report.result import result_data
from analysis.report.terminal import print_result


@dataclass(frozen=True)
class SweepReport:
    """The files of a written report.

    Attributes:
        data: Content of `result.json`: that of `result_data`, and `chosen_config` and `page`.
        page: Path of the HTML page.
        chosen_config: Path of the chosen configuration; None where no run could be chosen.
        result: Path of `result.json`.
    """

    data: dict[str, Any]
    page: Path
    chosen_config: Path | None
    result: Path


def read_sweep(source: str) -> SweepTable:
    """The sweep of a server (`entity/project/sweep_id`) or of an exported folder.

    Raises:
        AnalysisError: If it cannot be read.
    """
    return read_table(Path(source)) if _is_export(source) else download(source)


def _is_export(source: str) -> bool:
    return (Path(source) / "sweep.json").is_file()


def _with_samples(source: str, table: SweepTable, run: str | None) -> SweepTable:
    """The table with the scored completions of one run, if it logged any."""
    if run is None or run in table.scored or _is_export(source):
        return table
    samples = download_samples(source, run)
    return table if samples is None else replace(table, scored={**table.scored, run: samples})


def write_report(
    sweep_path: str,
    out_dir: Path,
    console: Console,
    export: Path | None = None,
    form: Format = "parquet",
    designs: Callable[[str], Sequence[Path]] | None = None,
) -> SweepReport:
    """The report of a sweep, after writing its files and printing the ranked table.

    Writes `report.html`, `report.md`, `chosen_config.yaml` (if a run was chosen) and then `result.json`, each
    one atomically. Nothing is written before everything is computed.

    Args:
        sweep_path: `entity/project/sweep_id`, or an exported folder.
        out_dir: Folder for the files; created if missing.
        console: Console for the table.
        export: Folder for an export of the runs and their histories; None for no export.
        form: File format of the exported tables.
        designs: Called with the chosen run; writes the best completions of its model into `out_dir` and
            returns the files, which the page links. None if the model is not at hand.

    Raises:
        AnalysisError: If the sweep cannot be read, no run can be ranked, or a file cannot be written.
    """
    table = read_sweep(sweep_path)
    assessment = assess(table)
    selection = select(assessment)
    explained = importance(table, assessment)
    drift = frontier(assessment)
    data = result_data(table, assessment, selection, explained, drift)
    out_dir = out_dir.absolute()
    html, chosen, result = out_dir / "report.html", out_dir / "chosen_config.yaml", out_dir / "result.json"
    table = _with_samples(sweep_path, table, selection.best)
    written = designs(selection.best) if designs and selection.best else ()
    data["designs"] = [path.name for path in written]
    html_text = page(table, assessment, selection, explained, drift, data)
    chosen_text = None
    if selection.best is not None and selection.step is not None:
        chosen_text = chosen_config(
            table.configs()[selection.best],
            sweep=table.sweep.path,
            run=selection.best,
            metric=table.sweep.metric,
            step=selection.step,
            objective=data["best_objective"],
            starter=data["starter_objective"],
        )
    data |= {"chosen_config": None if chosen_text is None else str(chosen), "page": html.as_uri()}
    if export is not None:
        with _writing("the export", export):
            write_table(table, export, form)
    with _writing("the report", out_dir):
        replace_text(html, html_text)
        replace_text(out_dir / "report.md", result_markdown(data))
        if chosen_text is None:
            chosen.unlink(missing_ok=True)
        else:
            replace_text(chosen, chosen_text)
        replace_text(result, json.dumps(data, indent=2) + "\n")
    print_result(data, console)
    return SweepReport(data, html, None if chosen_text is None else chosen, result)


@contextmanager
def _writing(content: str, folder: Path) -> Iterator[None]:
    """Turns a failed write into an `AnalysisError` of one line."""
    try:
        yield
    except OSError as error:
        raise AnalysisError(f"cannot write {content} to {folder}: {os.strerror(error.errno or 0)}") from error
