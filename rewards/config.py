"""What all reward configurations have in common."""

from pydantic import BaseModel, ConfigDict


class RewardConfig(BaseModel):
    """What the runs of a task are rewarded for: fields named `reward_...`, each with a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")
