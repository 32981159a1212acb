"""The fixed training steps at which the held-out objective is measured."""


def rung_steps(max_steps: int, rungs: int) -> tuple[int, ...]:
    """Spread `rungs` evaluations evenly over `max_steps` training steps, the last one at the end.

    A run shorter than its number of rungs is evaluated at every step.

    Args:
        max_steps: Training steps of the run, at least 1.
        rungs: Wanted number of evaluations, at least 1.

    Returns:
        Strictly increasing steps; the last one is `max_steps`.
    """
    count = min(rungs, max_steps)
    return tuple(-(-max_steps * (i + 1) // count) for i in range(count))
