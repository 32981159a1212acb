"""What all reward configurations have in common."""

from pydantic import BaseModel, ConfigDict


class RewardConfig(BaseModel):
    """What runs of a task are rewarded for: fields named `reward_...` with a default and a docstring each."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
