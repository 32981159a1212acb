"""A training reward that has nothing left to give."""

from agent.health.curve import Curve
from agent.health.finding import Finding


def reward_saturated(reward: Curve, most: float) -> Finding | None:
    """The first step at which the smoothed mean training reward, in [0, 1], reaches `most`."""
    found = reward.first(reward.values >= most)
    if found is None:
        return None
    step, value = found
    return Finding("reward saturated", step, f"training reward {value:.3f}: nothing is left to learn from it")
