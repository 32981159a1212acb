"""Rules that derive advice from a comparison.

An advice states its evidence, what to change and what to expect then. It is marked as not supported where the
evidence is within noise, or where several settings changed at once so that the effect cannot be attributed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.compare.comparison import Change, Comparison
from analysis.compare.window import AVERAGE, GAP, LOSS, UNIQUE

KL_WEIGHTS = ("beta", "kl_coef", "kl_penalty")
"""Names under which trainers configure the coefficient of the KL term."""


@dataclass(frozen=True)
class Advice:
    """What to change, or why the data do not support changing it.

    Attributes:
        title: The advice in a few words.
        reasons: Evidence for it.
        objections: Evidence against it.
        change: The parameters to set.
        expect: What the next run should show then, so that the advice can be tested.
        refused: Why the data do not support it; None if they do.
    """

    title: str
    reasons: tuple[str, ...]
    objections: tuple[str, ...]
    change: str
    expect: str
    refused: str | None


def advise(comparison: Comparison) -> list[Advice]:
    """The advice of all rules that apply, the most important first."""
    rules: tuple[Callable[[Comparison], Advice | None], ...] = (
        _hacking,
        _reward_fell,
        _diversity_fell,
        _gap_widened,
        _loss_moved,
    )
    return [advice for rule in rules if (advice := rule(comparison)) is not None]


def described(change: Change) -> str:
    """A change and its standard error as text."""
    percent = "" if change.percent is None else f" ({change.percent:+.1f} %)"
    error = "standard error unknown" if change.error is None else f"standard error {change.error:.4f}"
    return (
        f"{change.name} {change.before:.4f} → {change.after:.4f}, {change.difference:+.4f}{percent}, {error}"
    )


def _refusal(comparison: Comparison, change: Change) -> str | None:
    """Why a change does not support advice; None if it does."""
    if not change.comparable:
        return "the two windows drew a different number of samples per prompt"
    if change.within_noise is None:
        return f"the noise of the {change.name} is unknown"
    if change.within_noise:
        return f"the change of the {change.name} is within noise"
    return _entangled(comparison)


def _entangled(comparison: Comparison) -> str | None:
    """Why the effect cannot be attributed to one setting; None if at most one changed."""
    if len(comparison.moved) < 2:
        return None
    names = ", ".join(comparison.moved)
    return f"{len(comparison.moved)} settings changed at once ({names}), so none can be held responsible"


def _hacking(comparison: Comparison) -> Advice | None:
    reward, held_out = comparison.change(AVERAGE), comparison.change("held-out score")
    if reward is None or held_out is None or not (reward.improved and held_out.worsened):
        return None
    return Advice(
        "Hold the policy closer to the starting model",
        (described(reward), described(held_out)),
        (),
        "double the KL coefficient (beta), or halve the learning rate; one of them, not both",
        "the held-out score stops falling; the training reward rises more slowly",
        None,
    )


def _reward_fell(comparison: Comparison) -> Advice | None:
    reward = comparison.change(AVERAGE)
    if reward is None or reward.difference >= 0:
        return None
    name = next((name for name in KL_WEIGHTS if name in comparison.moved), None)
    raised = name is not None and _rose(comparison.moved[name])
    return Advice(
        "Undo the change before the fall of the reward" if not raised else f"Lower {name} again",
        (described(reward),),
        _against(comparison, reward),
        f"put {name} back to {comparison.moved[name][0]}" if raised and name else _undo(comparison),
        "the average reward returns to its former value after as many samples",
        _refusal(comparison, reward),
    )


def _diversity_fell(comparison: Comparison) -> Advice | None:
    unique = comparison.change(UNIQUE)
    if unique is None or not unique.worsened:
        return None
    return Advice(
        "Increase diversity",
        (described(unique),),
        (),
        "raise beta or the sampling temperature by a third; one of them, not both",
        "the share of distinct completions rises; the reward may fall a little at first",
        _entangled(comparison),
    )


def _gap_widened(comparison: Comparison) -> Advice | None:
    gap = comparison.change(GAP)
    if gap is None or gap.difference <= 0:
        return None
    return Advice(
        "Make good completions more frequent",
        (described(gap), "the model can do better than it usually does"),
        ("best-of-N is above the average whenever rewards vary, so a gap alone is not a fault",),
        "sample more completions per prompt (num_generations), with everything else equal",
        "the average reward rises towards best-of-N and the gap narrows",
        _refusal(comparison, gap),
    )


def _loss_moved(comparison: Comparison) -> Advice | None:
    loss, reward = comparison.change(LOSS), comparison.change(AVERAGE)
    if loss is None or reward is None or loss.difference == 0:
        return None
    return Advice(
        "Do not judge by the loss",
        (described(loss),),
        (),
        "nothing",
        "nothing: the loss of a policy gradient depends on the size of rewards and KL and does not measure"
        " quality; if rewards are not centred, it falls when the rewards fall",
        None,
    )


def _against(comparison: Comparison, change: Change) -> tuple[str, ...]:
    entangled = _entangled(comparison)
    noise = ("the change is within noise",) if change.within_noise else ()
    return (*noise, *((entangled,) if entangled else ()))


def _rose(moved: tuple[Any, Any]) -> bool:
    old, new = moved
    return isinstance(old, int | float) and isinstance(new, int | float) and new > old


def _undo(comparison: Comparison) -> str:
    if not comparison.moved:
        return "no setting was changed: continue training from the better checkpoint"
    return ", ".join(f"put {name} back to {old}" for name, (old, _) in comparison.moved.items())
