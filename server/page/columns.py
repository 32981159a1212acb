"""A sweep's searched parameters as the columns and axes of its page."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.search.distributions import Distribution
from server.search.space import SweepSpec

Column = dict[str, Any]


def parameter_columns(spec: SweepSpec) -> list[Column]:
    """Return the columns: a name, the choices if there are few, and whether the axis is logarithmic.

    A parameter whose values are mappings (whole settings to choose from) has a column for each of their keys
    that differs, as `parameter.key`: side by side they would be too wide to read.
    """
    return [
        column for name, d in spec.parameters.items() if not d.is_constant for column in _columns(name, d)
    ]


def _columns(name: str, distribution: Distribution) -> list[Column]:
    choices = distribution.values_or_bounds if distribution.axis.kind == "categorical" else None
    if choices is None or not all(isinstance(choice, Mapping) for choice in choices):
        return [{"name": name, "log": distribution.axis.log, "choices": choices}]
    columns = []
    for key in dict.fromkeys(key for choice in choices for key in choice):
        found = [choice.get(key) for choice in choices]
        values = [value for i, value in enumerate(found) if value not in found[:i]]
        if len(values) > 1:
            numbers = all(type(value) in (int, float) for value in values)
            columns.append({"name": f"{name}.{key}", "log": False, "choices": None if numbers else values})
    return columns


def parameter_values(columns: Sequence[Column], point: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's value of every column; None where it has none."""
    values = {}
    for column in columns:
        name, _, key = column["name"].rpartition(".")
        whole = point.get(name)
        values[column["name"]] = whole.get(key) if isinstance(whole, Mapping) else point.get(column["name"])
    return values
