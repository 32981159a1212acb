"""Reads YAML. An error is one line that names the file and the line."""

from pathlib import Path
from typing import Any

import yaml


class YamlError(ValueError):
    """A YAML file cannot be read, or is not YAML. The message is one line."""


def parsed_yaml(text: str, source: object) -> Any:
    """The value of a YAML text.

    Args:
        text: The text.
        source: What the text is, for the error.

    Raises:
        YamlError: If the text is not YAML. The message names `source` and the line.
    """
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        parts = [part for part in (error.context, error.problem) if part]
        raise YamlError(f"{source}{line} is not valid YAML: {' '.join(', '.join(parts).split())}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{source} is not valid YAML: {str(error).splitlines()[0]}") from None


def read_yaml(path: Path) -> Any:
    """The value of a YAML file.

    Raises:
        YamlError: If the file cannot be read, is not UTF-8 text or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise YamlError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise YamlError(f"{path} is not UTF-8 text") from None
    return parsed_yaml(text, path)
