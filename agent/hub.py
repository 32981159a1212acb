"""Errors of the model hub."""

from agent.config.errors import ConfigError
from rewards.error_text import first_line

OWN_DATA = "use `model: starter`, which brings its own"
"""What to do instead of fetching the data of a published model."""


def hub_error(what: str, cause: str, instead: str, error: Exception) -> ConfigError:
    """The error of something that the model hub did not give.

    Args:
        what: What was asked for.
        cause: The likely cause.
        instead: What to do instead.
        error: What the client of the hub raised.
    """
    return ConfigError(
        f"{what} could not be fetched from the model hub ({cause}); {instead}."
        f" The hub said: {first_line(error)}"
    )
