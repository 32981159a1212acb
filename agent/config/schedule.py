"""Settings that change during a run: phases, and a KL coefficient that is adapted to a target."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


class Phase(BaseModel):
    """A number of steps with their own settings; a setting that is `None` is the run's own.

    Attributes:
        steps: Number of training steps. The last phase continues to the end of the run.
        beta: KL coefficient, before `beta_scale`.
        temperature: Sampling temperature in training.
        top_p: Top-p of the sampling in training.
        learning_rate: Learning rate, before `learning_rate_scale`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: PositiveInt
    beta: Annotated[float, Field(ge=0)] | None = None
    temperature: PositiveFloat | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    learning_rate: PositiveFloat | None = None


def phase_at(phases: tuple[Phase, ...], step: int) -> int:
    """Index of the phase that training step `step` (from 1) belongs to. The last phase has no end."""
    end = 0
    for index, phase in enumerate(phases):
        end += phase.steps
        if step <= end:
            return index
    return len(phases) - 1


LOWEST_BETA, HIGHEST_BETA = 1e-5, 1.0
_MAX_ERROR = 0.2


def adapted_beta(beta: float, kl: float, target: float, gain: float) -> float:
    """The next KL coefficient, in [1e-5, 1]: larger if the KL is above its target, smaller if below.

    The proportional controller of Ziegler et al. 2019, section 2.2: beta · (1 + gain · e), with the relative
    error e = (kl - target) / target clipped to ±0.2.

    Args:
        beta: The current coefficient.
        kl: Measured KL in nats per token.
        target: Wanted KL in nats per token, above 0.
        gain: Strength of the correction.
    """
    error = min(max((kl - target) / target, -_MAX_ERROR), _MAX_ERROR)
    return min(max(beta * (1 + gain * error), LOWEST_BETA), HIGHEST_BETA)
