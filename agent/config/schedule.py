"""Hyperparameters that change during a run: phases, and a KL coefficient that follows a target."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


class Phase(BaseModel):
    """Some steps with their own settings, such as exploration before refinement.

    Attributes:
        steps: Optimiser steps of the phase; the last phase lasts to the end of the run.
        beta: KL coefficient; like the others, the run's own where absent.
        temperature: Sampling temperature in training.
        top_p: Top-p of the sampling in training.
        learning_rate: Before `learning_rate_scale`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: PositiveInt
    beta: Annotated[float, Field(ge=0)] | None = None
    temperature: PositiveFloat | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    learning_rate: PositiveFloat | None = None


def phase_at(phases: tuple[Phase, ...], step: int) -> int:
    """Index of the phase in which training step `step` (from 1) lies; the last phase has no end."""
    end = 0
    for index, phase in enumerate(phases):
        end += phase.steps
        if step <= end:
            return index
    return len(phases) - 1


LOWEST_BETA, HIGHEST_BETA = 1e-5, 1.0
_MOST_ERROR = 0.2


def adapted_beta(beta: float, kl: float, target: float, gain: float) -> float:
    """The next KL coefficient: larger while KL is above its target, smaller while below.

    The proportional controller of Ziegler et al. 2019, section 2.2: beta · (1 + gain · e), with the relative
    error e = (kl - target) / target clipped to ±0.2.

    Returns:
        A coefficient in [1e-5, 1].
    """
    error = min(max((kl - target) / target, -_MOST_ERROR), _MOST_ERROR)
    return min(max(beta * (1 + gain * error), LOWEST_BETA), HIGHEST_BETA)
