"""The error for an invalid configuration."""


class ConfigError(ValueError):
    """A configuration is invalid. The message is one line and says what to change."""
