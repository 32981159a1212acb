"""Errors of downloads from the model hub."""

from agent.config.errors import ConfigError
from rewards.error_text import first_line

OWN_DATA = "use `model: starter`, which needs no download"
"""Advice if the data of a published model cannot be downloaded."""


def hub_error(subject: str, cause: str, advice: str, error: Exception) -> ConfigError:
    """The error for something that could not be downloaded from the model hub.

    Args:
        subject: What was requested; the message starts with it.
        cause: The likely cause.
        advice: What the user can do instead.
        error: Raised by the client of the hub.
    """
    return ConfigError(
        f"{subject} could not be downloaded from the model hub ({cause}); {advice}."
        f" The hub said: {first_line(error)}"
    )
