"""Base classes of configurations."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rewards.nearest import unknown_key_message

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""Weight of a reward: not negative, and finite."""


class StrictModel(BaseModel):
    """A frozen model that refuses unknown keys; the error names the nearest valid one."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _keys_are_known(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            for key in values:
                if key not in cls.model_fields:
                    raise ValueError(unknown_key_message("key", str(key), cls.model_fields))
        return values


class RewardConfig(StrictModel):
    """Reward parameters of a task: fields named `reward_...`, each with a default and a docstring."""
