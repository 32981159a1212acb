"""The fixed training steps at which the held-out objective is measured."""


def rung_steps(max_steps: int, rungs: int) -> tuple[int, ...]:
    """`rungs` evenly spaced training steps, at which a run is evaluated, in order; the last is `max_steps`.

    A run with fewer steps than rungs is evaluated at every step.

    Args:
        max_steps: Training steps of the run, at least 1.
        rungs: Number of evaluations, at least 1.
    """
    count = min(rungs, max_steps)
    return tuple(-(-max_steps * (i + 1) // count) for i in range(count))
