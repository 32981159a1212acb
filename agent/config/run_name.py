"""Names of runs, made from their parameters."""

from collections.abc import Mapping
from string import Formatter
from typing import Any

from agent.config.errors import ConfigError
from rewards.nearest import unknown_key_message


def run_name(template: str, params: Mapping[str, Any]) -> str:
    """`template` with every parameter name in braces replaced by its value.

    Args:
        template: Text such as `kl{beta}_lr{learning_rate:.0e}`. A name may be followed by a Python format.
        params: Parameter values by name.

    Raises:
        ConfigError: If a parameter does not exist, a format does not fit its value, or a brace is unmatched.
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
