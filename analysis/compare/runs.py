"""Compares two runs of a server, or two windows of training steps of one run."""

import re

from analysis.compare.comparison import Comparison, compare
from analysis.compare.window import Window, window_from_history
from analysis.errors import AnalysisError
from analysis.read.config import DERIVED, flat
from analysis.read.download import download_run


def compare_runs(before: str, after: str) -> Comparison:
    """The comparison of two runs of a server. The hash of the configuration is not compared.

    Args:
        before: `entity/project/run_id`, with an optional `@first-last` for a window of training steps.
        after: The same for the second run.

    Raises:
        AnalysisError: If a run cannot be read, or a window of steps is malformed or empty.
    """
    return compare(_window(before), _window(after))


def _window(text: str) -> Window:
    """The window for a command-line argument."""
    path, _, steps = text.partition("@")
    match = re.fullmatch(r"(\d+)-(\d+)", steps)
    if steps and match is None:
        raise AnalysisError(f"{text!r}: give the steps as @FIRST-LAST, for instance @1-50")
    config, history = download_run(path)
    first, last = (int(match[1]), int(match[2])) if match else (0, None)
    settings = {name: value for name, value in flat(config).items() if name not in DERIVED}
    return window_from_history(text.rsplit("/", 1)[-1], history, settings, first, last)
