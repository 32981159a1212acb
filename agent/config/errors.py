"""What is wrong with a configuration."""


class ConfigError(ValueError):
    """A run cannot be configured as asked; the message is one line and says what to change."""
