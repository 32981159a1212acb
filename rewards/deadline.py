"""Runs a reward with a time limit. A sample that fails or takes too long is unscored; the others are not."""

import ctypes
import queue
import threading
from collections.abc import Sequence

from rewards.base import ContractError, Evaluation, Reward, Sample
from rewards.error_text import one_line


def _within(reward: Reward, samples: Sequence[Sample], seconds: float) -> list[Evaluation] | None:
    """The evaluations; None if they take longer than `seconds`."""
    results: queue.SimpleQueue[list[Evaluation] | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            results.put(_checked(reward, samples))
        except BaseException as error:  # handed to the caller's thread, where it is raised
            results.put(error)

    thread = threading.Thread(target=work, name=f"reward-{reward.name}", daemon=True)
    thread.start()
    try:
        outcome = results.get(timeout=seconds)
    except queue.Empty:
        # Stops Python code at its next instruction. Compiled code continues; its result is ignored.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )
        return None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _checked(reward: Reward, samples: Sequence[Sample]) -> list[Evaluation]:
    returned = reward(samples)
    if not isinstance(returned, list) or not all(isinstance(item, Evaluation) for item in returned):
        raise ContractError(f"{reward.name} must return a list of Evaluation, it returned {returned!r:.60}")
    if len(returned) != len(samples):
        raise ContractError(f"{reward.name} returned {len(returned)} evaluations for {len(samples)} samples")
    return returned


def _attempt(
    reward: Reward, samples: Sequence[Sample], seconds: float | None
) -> list[Evaluation] | Evaluation:
    """The evaluations, or one unscored evaluation that says why there are none."""
    try:
        if seconds is None:
            return _checked(reward, samples)
        evaluations = _within(reward, samples, seconds * len(samples))
    except ContractError:
        raise
    except Exception as error:
        return Evaluation(None, f"{reward.name} failed: {one_line(error)}")
    return evaluations or Evaluation(None, f"{reward.name} took longer than the limit of {seconds:g} s")


def run_within(reward: Reward, samples: Sequence[Sample], seconds: float | None) -> list[Evaluation]:
    """One evaluation per sample, in order. A sample that fails or takes too long is unscored.

    The whole batch may take the sum of the limits of its samples. If it takes longer or raises an error, the
    samples are scored one by one; those that take longer than their own limit or raise are unscored.

    Args:
        reward: The reward.
        samples: The batch.
        seconds: Limit per sample; None for no limit.

    Raises:
        ContractError: If the reward returns anything but one evaluation per sample.
    """
    if not samples:
        return []
    together = _attempt(reward, samples, seconds)
    if isinstance(together, list):
        return together
    if len(samples) == 1:
        return [together]
    single = [_attempt(reward, samples[i : i + 1], seconds) for i in range(len(samples))]
    return [result[0] if isinstance(result, list) else result for result in single]
