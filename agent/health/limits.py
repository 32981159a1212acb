"""The thresholds of every health check, as fields of a run's configuration."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=1)]


class HealthLimits(BaseModel):
    """When a run is unhealthy, or worth a warning. "Relative" is to the starting model's own value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    health_kl_max: PositiveFloat = 1.5
    """KL to the starting model (nats per token) above which a run is unhealthy."""
    health_unique_min: Share = 0.5
    """Least share of distinct completions, and of distinct beginnings of them, relative."""
    health_similarity_rise: Share = 0.7
    """How much of the way from the starting model's mean overlap of two completions to 1 it may go.

    Good plasmids share parts: recorded sound runs went up to 0.6 of it, most collapsed ones to 0.74 or more.
    """
    health_template_max: Share = 0.3
    """Share of all sentences that one template may have..."""
    health_template_ratio: Factor = 3.0
    """...or how many times the share of the starting model's own foremost template, if that is more."""
    health_entropy_min: Share = 0.2
    """Least entropy, relative."""
    health_fall_noise: PositiveFloat = 5.0
    """How many standard errors the held-out score must fall below its peak to be unhealthy..."""
    health_fall_share: Share = 0.2
    """...and which share of what had been gained it must lose."""
    health_gradient_max: PositiveFloat = 10.0
    """Median gradient norm of some steps, before clipping, from which on a run is unstable."""
    health_kl_spike: Factor = 3.0
    """Warn of a KL above this many times the greatest of the ten steps before..."""
    health_kl_spike_min: PositiveFloat = 0.1
    """...and above this (nats per token)."""
    health_zero_variance_max: Share = 0.8
    """Warn of a larger smoothed share of groups with equal rewards."""
    health_reward_max: Share = 0.95
    """Warn of a smoothed mean training reward from here on: nothing is left to learn from it."""
    health_length_ratio: Factor = 2.0
    """Warn of completions longer or shorter than the starting model's by more than this factor."""
    health_truncated_margin: Share = 0.5
    """Warn where the share of cut-off completions exceeds the starting model's by more than this."""

    @classmethod
    def stated_in(cls, config: Mapping[str, Any]) -> Self:
        """The limits that a run's saved configuration states; defaults where it states none.

        A run of another program states no bound on KL, and its KL may be measured in another way: there is
        none for it.
        """
        stated = {
            name: value
            for name in cls.model_fields
            if isinstance(value := config.get(name), int | float) and not isinstance(value, bool)
        }
        return cls.model_validate({"health_kl_max": math.inf, **stated})
