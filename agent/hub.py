"""Errors of downloads from the model hub."""

from agent.config.errors import ConfigError
from rewards.error_text import first_line

OWN_DATA = "use `model: starter`, which brings its own"
"""Advice in place of downloading the data of a published model."""


def hub_error(what: str, cause: str, instead: str, error: Exception) -> ConfigError:
    """The error for something that could not be downloaded from the model hub.

    Args:
        what: What was requested, as the start of the message.
        cause: The likely cause.
        instead: Advice for the user.
        error: Raised by the client of the hub.
    """
    return ConfigError(
        f"{what} could not be fetched from the model hub ({cause}); {instead}."
        f" The hub said: {first_line(error)}"
    )
