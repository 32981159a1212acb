"""Base class of the reward parameters of a task."""

from pydantic import BaseModel, ConfigDict


class RewardConfig(BaseModel):
    """Reward parameters of a task: fields named `reward_...`, each with a default and a docstring."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
