"""Rules that turn a comparison into advice, or refuse to.

A rule states its evidence, what to change and what should then be seen. It refuses where the evidence is
inside the noise, or where several settings moved at once so that none can be held responsible.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.compare.comparison import Change, Comparison
from analysis.compare.window import AVERAGE, GAP, LOSS, UNIQUE

KL_WEIGHTS = ("beta", "kl_coef", "kl_penalty")
"""Names that the coefficient of the KL term goes by."""


@dataclass(frozen=True)
class Advice:
    """What to do, or why not.

    Attributes:
        title: The proposal in a few words.
        reasons: Evidence for it.
        objections: Evidence against it.
        change: The parameters to set.
        expect: What the next run should then show, so that the advice can be tested.
        refused: Why the data do not support it; None where they do.
    """

    title: str
    reasons: tuple[str, ...]
    objections: tuple[str, ...]
    change: str
    expect: str
    refused: str | None


def advise(comparison: Comparison) -> list[Advice]:
    """Every rule that has something to say, in order of weight."""
    rules: tuple[Callable[[Comparison], Advice | None], ...] = (
        _hacking,
        _reward_fell,
        _diversity_fell,
        _gap_widened,
        _loss_moved,
    )
    return [advice for rule in rules if (advice := rule(comparison)) is not None]


def described(change: Change) -> str:
    """A change in words, with its standard error."""
    percent = "" if change.percent is None else f" ({change.percent:+.1f} %)"
    error = "of unknown noise" if change.error is None else f"standard error {change.error:.4f}"
    return (
        f"{change.name} {change.before:.4f} → {change.after:.4f}, {change.difference:+.4f}{percent}, {error}"
    )


def _refusal(comparison: Comparison, change: Change) -> str | None:
    """Why a change cannot carry advice, or None where it can."""
    if not change.comparable:
        return "the two windows drew a different number of samples per prompt"
    if change.within_noise is None:
        return f"the noise of the {change.name} is unknown"
    if change.within_noise:
        return f"the change of the {change.name} is within noise"
    return _entangled(comparison)


def _entangled(comparison: Comparison) -> str | None:
    """Why no setting can be held responsible, or None where one can (or none moved)."""
    if len(comparison.moved) < 2:
        return None
    names = ", ".join(comparison.moved)
    return f"{len(comparison.moved)} settings moved at once ({names}), so none can be held responsible"


def _hacking(comparison: Comparison) -> Advice | None:
    reward, held_out = comparison.change(AVERAGE), comparison.change("held-out score")
    if reward is None or held_out is None or not (reward.improved and held_out.worsened):
        return None
    return Advice(
        "Hold the policy closer to the starting model",
        (described(reward), described(held_out)),
        (),
        "double the KL coefficient (beta), or halve the learning rate; one of them, not both",
        "held-out score stops falling; training reward rises more slowly",
        None,
    )


def _reward_fell(comparison: Comparison) -> Advice | None:
    reward = comparison.change(AVERAGE)
    if reward is None or reward.difference >= 0:
        return None
    name = next((name for name in KL_WEIGHTS if name in comparison.moved), None)
    raised = name is not None and _rose(comparison.moved[name])
    return Advice(
        "Undo the step that made the reward fall" if not raised else f"Lower {name} again",
        (described(reward),),
        _against(comparison, reward),
        f"put {name} back to {comparison.moved[name][0]}" if raised and name else _undo(comparison),
        "average reward returns to its former value within as many samples",
        _refusal(comparison, reward),
    )


def _diversity_fell(comparison: Comparison) -> Advice | None:
    unique = comparison.change(UNIQUE)
    if unique is None or not unique.worsened:
        return None
    return Advice(
        "Bring diversity back",
        (described(unique),),
        (),
        "raise beta or the sampling temperature by a third; one of them, not both",
        "distinct completions rise; reward may fall a little at first",
        _entangled(comparison),
    )


def _gap_widened(comparison: Comparison) -> Advice | None:
    gap = comparison.change(GAP)
    if gap is None or gap.difference <= 0:
        return None
    return Advice(
        "Make good samples more frequent",
        (described(gap), "the model can do better than it usually does"),
        ("best-of-N lies above the average for any spread of rewards: a gap alone is no fault",),
        "more samples per prompt (num_generations), everything else equal",
        "average reward rises towards best-of-N and the gap narrows",
        _refusal(comparison, gap),
    )


def _loss_moved(comparison: Comparison) -> Advice | None:
    loss, reward = comparison.change(LOSS), comparison.change(AVERAGE)
    if loss is None or reward is None or loss.difference == 0:
        return None
    return Advice(
        "Read nothing into the loss",
        (described(loss),),
        (),
        "nothing",
        "nothing: the loss of a policy gradient follows the size of rewards and of KL, not quality;"
        " with rewards that are not centred it falls when the rewards fall",
        None,
    )


def _against(comparison: Comparison, change: Change) -> tuple[str, ...]:
    entangled = _entangled(comparison)
    noise = (f"chance alone gives such a change: {change.reading}",) if change.within_noise else ()
    return (*noise, *((entangled,) if entangled else ()))


def _rose(moved: tuple[Any, Any]) -> bool:
    old, new = moved
    return isinstance(old, int | float) and isinstance(new, int | float) and new > old


def _undo(comparison: Comparison) -> str:
    if not comparison.moved:
        return "nothing was changed: train on from the better checkpoint"
    return ", ".join(f"put {name} back to {old}" for name, (old, _) in comparison.moved.items())
