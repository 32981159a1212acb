"""A time limit per sample, kept in any thread and against any code."""

from __future__ import annotations

import contextvars
import ctypes
import queue
import threading
from collections.abc import Sequence

from rewards.base import Evaluation, Reward, Sample


def _within(reward: Reward, samples: Sequence[Sample], seconds: float) -> list[Evaluation] | None:
    """The evaluations, or None where they took longer."""
    results: queue.SimpleQueue[list[Evaluation] | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            results.put(_checked(reward, samples))
        except BaseException as error:  # handed to the caller's thread, where it is raised
            results.put(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), name=f"reward-{reward.name}", daemon=True)
    thread.start()
    try:
        outcome = results.get(timeout=seconds)
    except queue.Empty:
        # Stops Python code at its next instruction; compiled code runs out as a daemon and is not read.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )
        return None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _checked(reward: Reward, samples: Sequence[Sample]) -> list[Evaluation]:
    evaluations = reward(samples)
    if len(evaluations) != len(samples):
        raise ValueError(f"{reward.name} gave {len(evaluations)} evaluations for {len(samples)} samples")
    return evaluations


def run_within(reward: Reward, samples: Sequence[Sample], seconds: float | None) -> list[Evaluation]:
    """Score a batch with a time limit per sample.

    The batch gets the sum of its samples' limits. Where it exceeds that, the samples are scored one by one,
    and those that take longer than their own limit are unscored.

    Args:
        reward: The reward.
        samples: The batch.
        seconds: Limit per sample; None for no limit.

    Raises:
        ValueError: If the reward gives more or fewer evaluations than samples.
    """
    if seconds is None or not samples:
        return _checked(reward, samples)
    together = _within(reward, samples, seconds * len(samples))
    if together is not None:
        return together
    late = Evaluation(None, f"{reward.name} took longer than the limit of {seconds:g} s")
    if len(samples) == 1:
        return [late]
    return [single[0] if (single := _within(reward, [sample], seconds)) else late for sample in samples]
