"""Waits for the end of a sweep whose agents run elsewhere."""

import time
from collections import Counter
from collections.abc import Callable

from rewards.error_text import first_line

_POLL_SECONDS = 5.0
OVER = frozenset({"FINISHED", "STOPPED", "CANCELED", "CANCELLED", "FAILED", "CRASHED"})
"""States in which a sweep starts no more runs."""
LIVE = frozenset({"running", "pending", "preempting"})
"""States in which a run may still log something."""


def wait_until_over(sweep: str, report: Callable[[str], object], poll: float = _POLL_SECONDS) -> None:
    """Return when a sweep starts no more runs and no run is in progress.

    Args:
        sweep: `entity/project/id`.
        report: Called with one line whenever the number of runs in a state changes, or the server stops or
            starts answering.
        poll: Seconds between two requests.
    """
    import wandb

    last_line = ""
    while True:
        # Agents survive an outage of the server, so this waits too.
        try:
            state, runs = _state_and_counts(sweep)
        except (wandb.Error, ValueError, OSError) as error:
            state, runs = "", Counter()
            line = f"{sweep}: the server does not answer; waiting ({first_line(error)})"
        else:
            counts = ", ".join(f"{count} {name}" for name, count in sorted(runs.items())) or "no runs yet"
            line = f"{sweep}: {state.lower()}; {counts}"
        if line != last_line:
            report(line)
            last_line = line
        if state in OVER and not runs.keys() & LIVE:
            return
        time.sleep(poll)


def _state_and_counts(sweep: str) -> tuple[str, Counter[str]]:
    """The state of the sweep, and the number of its runs in each state."""
    import wandb

    # A new client each time, because a client caches its first answer.
    current = wandb.Api(timeout=30).sweep(sweep)  # type: ignore[no-untyped-call]
    return str(current.state).upper(), Counter(run.state for run in current.runs)
