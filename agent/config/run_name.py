"""Names of runs, made of their parameters."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

from agent.config.errors import ConfigError
from rewards.nearest import unknown_key_message


def run_name(template: str, params: Mapping[str, Any]) -> str:
    """Fill a template such as `kl{beta}_lr{learning_rate}` in.

    Args:
        template: Text with names of parameters in braces; what may follow them is Python's format of a value,
            as in `{learning_rate:.0e}`.
        params: Values by name.

    Raises:
        ConfigError: If a parameter does not exist, a format does not suit its value, or a brace stands alone.
    """
    try:
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
        for name in names:
            if name not in params:
                raise KeyError(name)
        return template.format_map(params)
    except KeyError as error:
        message = unknown_key_message("parameter", error.args[0], params)
        raise ConfigError(f"`run_name`: {message}") from None
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`run_name` = {template!r}: {error}") from None
