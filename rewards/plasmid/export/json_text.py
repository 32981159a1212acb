"""JSON: one array, or one record a line."""

import json

from rewards.explain import Explained
from rewards.plasmid.export.formats import TextFormat


class JsonLines(TextFormat):
    """One record a line, as `--json` prints it."""

    def text(self, explained: Explained) -> str:
        """The record on one line."""
        return f"{_json(explained)}\n"


class JsonArray(TextFormat):
    """One array of records, one a line."""

    between = ",\n"

    def head(self, first: Explained) -> str:
        """The beginning of the array."""
        return "[\n"

    def text(self, explained: Explained) -> str:
        """The record on one line, without its end."""
        return _json(explained)

    def tail(self, records: int) -> str:
        """The end of the array."""
        return "\n]\n" if records else "[]\n"


def _json(explained: Explained) -> str:
    return json.dumps(explained.as_json(), ensure_ascii=False)
