"""The filters and sort orders of `wandb.Api().runs`; a filter is a MongoDB query."""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from server.graphql.context import timestamp
from server.graphql.execute import QueryError
from server.storage.records.runs import unwrap

_COLUMNS = {
    "name": "name",
    "display_name": "display_name",
    "displayName": "display_name",
    "state": "state",
    "group": "group_name",
    "job_type": "job_type",
    "jobType": "job_type",
    "host": "host",
    "description": "description",
    "notes": "notes",
    "id": "name",
}
_TIMES = {
    "created_at": "created_at",
    "createdAt": "created_at",
    "heartbeat_at": "heartbeat_at",
    "heartbeatAt": "heartbeat_at",
    "updated_at": "heartbeat_at",
    "updatedAt": "heartbeat_at",
}


class RunRecord:
    """A run, with values by filter key; JSON columns are parsed only when needed."""

    def __init__(self, row: sqlite3.Row, sweep_name: str | None) -> None:
        """Wrap a run's row; `sweep_name` is None for a run outside of sweeps."""
        self.row = row
        self._sweep_name = sweep_name
        self._parsed: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """Value under a filter key such as `config.lr` or `summary_metrics.loss`, or None."""
        if key in _COLUMNS:
            return self.row[_COLUMNS[key]]
        if key in _TIMES:
            return timestamp(self.row[_TIMES[key]])
        if key in ("sweep", "sweepName", "sweep_name"):
            return self._sweep_name
        if key == "tags":
            return self._json("tags")
        section, _, rest = key.partition(".")
        if section == "config":
            return _look_up(unwrap(self._json("config")), rest.removesuffix(".value"))
        if section in ("summary_metrics", "summary", "summaryMetrics"):
            return _look_up(self._json("summary"), rest)
        if section == "tags":
            return rest in self._json("tags")
        return None

    def _json(self, column: str) -> Any:
        if column not in self._parsed:
            self._parsed[column] = json.loads(self.row[column])
        return self._parsed[column]


def _look_up(mapping: Mapping[str, Any], key: str) -> Any:
    if key in mapping:
        return mapping[key]
    value: Any = mapping
    for part in key.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _compare(left: Any, right: Any, test: Callable[[Any, Any], bool]) -> bool:
    try:
        return left is not None and test(left, right)
    except TypeError:
        return False


def _equal(value: Any, expected: Any) -> bool:
    """Whether two values are equal, or `value` is a list that contains `expected`, as in MongoDB."""
    return bool(
        expected in value if isinstance(value, list) and not isinstance(expected, list) else value == expected
    )


def _matches_regex(value: Any, pattern: Any) -> bool:
    try:
        return isinstance(value, str) and re.search(pattern, value) is not None
    except re.error as error:
        raise QueryError(f"invalid regular expression {pattern!r} in a filter: {error}") from error


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _equal,
    "$ne": lambda value, expected: not _equal(value, expected),
    "$gt": lambda value, expected: _compare(value, expected, lambda a, b: a > b),
    "$gte": lambda value, expected: _compare(value, expected, lambda a, b: a >= b),
    "$lt": lambda value, expected: _compare(value, expected, lambda a, b: a < b),
    "$lte": lambda value, expected: _compare(value, expected, lambda a, b: a <= b),
    "$in": lambda value, expected: any(_equal(value, element) for element in expected),
    "$nin": lambda value, expected: not any(_equal(value, element) for element in expected),
    "$exists": lambda value, expected: (value is not None) == bool(expected),
    "$regex": _matches_regex,
}


def matches(record: RunRecord, query: Mapping[str, Any]) -> bool:
    """Whether a run matches a MongoDB query.

    Raises:
        QueryError: If the query is not a mapping, or has an unknown operator or an invalid expression.
    """
    if not isinstance(query, Mapping):
        raise QueryError(f"a filter must be a JSON object, not {query!r}")
    for key, condition in query.items():
        if key == "$and":
            passed = all(matches(record, part) for part in condition)
        elif key == "$or":
            passed = not condition or any(matches(record, part) for part in condition)
        elif key == "$nor":
            passed = not any(matches(record, part) for part in condition)
        elif key == "$not":
            passed = not matches(record, condition)
        elif key.startswith("$"):
            raise QueryError(f"unknown filter operator {key}")
        else:
            passed = _satisfies(record.get(key), condition)
        if not passed:
            return False
    return True


def _satisfies(value: Any, condition: Any) -> bool:
    if not isinstance(condition, Mapping) or not any(key.startswith("$") for key in condition):
        return _equal(value, condition)
    for operator, expected in condition.items():
        if operator == "$not":
            passed = not _satisfies(value, expected)
        elif operator in _OPERATORS:
            passed = _OPERATORS[operator](value, expected)
        else:
            raise QueryError(f"unknown filter operator {operator}")
        if not passed:
            return False
    return True


def ordered(records: list[RunRecord], order: str | None) -> list[RunRecord]:
    """Runs sorted by `+key` (ascending) or `-key` (descending); runs without a value come last."""
    order = order or "+created_at"
    descending = order.startswith("-")
    key = order.lstrip("+-")
    with_key = [record for record in records if _sortable(record.get(key))]
    without_key = [record for record in records if not _sortable(record.get(key))]
    with_key.sort(key=lambda record: _sort_key(record.get(key)), reverse=descending)
    return with_key + without_key


def _sortable(value: Any) -> bool:
    return isinstance(value, int | float | str)


def _sort_key(value: Any) -> tuple[bool, float, str]:
    return (True, 0.0, value) if isinstance(value, str) else (False, float(value), "")
