"""What one sample costs at most: a time limit kept against any code, and errors that stay its own."""

import ctypes
import queue
import threading
from collections.abc import Sequence

from rewards.base import ContractError, Evaluation, Reward, Sample
from rewards.error_text import one_line


def _within(reward: Reward, samples: Sequence[Sample], seconds: float) -> list[Evaluation] | None:
    """The evaluations, or None where they took longer."""
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
        # Stops Python code at its next instruction; compiled code runs out as a daemon and is not read.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
        )
        return None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _checked(reward: Reward, samples: Sequence[Sample]) -> list[Evaluation]:
    found = reward(samples)
    if not isinstance(found, list) or not all(isinstance(one, Evaluation) for one in found):
        raise ContractError(f"{reward.name} must return a list of Evaluation, it returned {found!r:.60}")
    if len(found) != len(samples):
        raise ContractError(f"{reward.name} returned {len(found)} evaluations for {len(samples)} samples")
    return found


def _attempt(
    reward: Reward, samples: Sequence[Sample], seconds: float | None
) -> list[Evaluation] | Evaluation:
    """The evaluations, or the unscored one that says why there are none."""
    try:
        if seconds is None:
            return _checked(reward, samples)
        found = _within(reward, samples, seconds * len(samples))
    except ContractError:
        raise
    except Exception as error:
        return Evaluation(None, f"{reward.name} failed: {one_line(error)}")
    return found or Evaluation(None, f"{reward.name} took longer than the limit of {seconds:g} s")


def run_within(reward: Reward, samples: Sequence[Sample], seconds: float | None) -> list[Evaluation]:
    """Score a batch; what goes wrong with one sample leaves that one unscored, and no other.

    The batch gets the sum of its samples' time limits. Where it exceeds that or raises, the samples are
    scored one by one, and those that take longer than their own limit or raise are unscored.

    Args:
        reward: The reward.
        samples: The batch.
        seconds: Limit per sample; None for no limit.

    Raises:
        ContractError: If the reward gives anything but one evaluation per sample.
    """
    if not samples:
        return []
    together = _attempt(reward, samples, seconds)
    if isinstance(together, list):
        return together
    if len(samples) == 1:
        return [together]
    alone = [_attempt(reward, samples[place : place + 1], seconds) for place in range(len(samples))]
    return [one[0] if isinstance(one, list) else one for one in alone]
