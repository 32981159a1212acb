"""Waiting for the end of a sweep whose agents run elsewhere."""

import time
from collections import Counter
from collections.abc import Callable

_POLL_SECONDS = 5.0
OVER = frozenset({"FINISHED", "STOPPED", "CANCELED", "CANCELLED", "FAILED", "CRASHED"})
"""States in which a sweep gives no more runs to agents."""
LIVE = frozenset({"running", "pending", "preempting"})
"""States in which a run may still log something."""


def wait_until_over(sweep: str, say: Callable[[str], object], poll: float = _POLL_SECONDS) -> None:
    """Return when a sweep gives out no more runs and none is under way.

    Args:
        sweep: `entity/project/id`.
        say: told, whenever it changes, how the runs stand, and whether the server answers.
        poll: seconds between two looks.
    """
    import wandb

    said = ""
    while True:
        # Agents outlive a server that is away for a while, and so does whoever waits for them.
        try:
            state, runs = _standing(sweep)
        except (wandb.Error, ValueError, OSError) as error:
            state, runs = "", Counter()
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            line = f"{sweep}: the server gives no answer; waiting for one ({reason})"
        else:
            counts = ", ".join(f"{count} {name}" for name, count in sorted(runs.items())) or "no runs yet"
            line = f"{sweep}: {state.lower()}; {counts}"
        if line != said:
            say(line)
            said = line
        if state in OVER and not runs.keys() & LIVE:
            return
        time.sleep(poll)


def _standing(sweep: str) -> tuple[str, Counter[str]]:
    """The sweep's state, and how many of its runs are in which."""
    import wandb

    # A new one each time: the client answers a second question from memory.
    found = wandb.Api(timeout=30).sweep(sweep)  # type: ignore[no-untyped-call]
    return str(found.state).upper(), Counter(run.state for run in found.runs)
