"""The columns and axes of a sweep's page: one for each searched parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.search.distributions import Distribution
from server.search.space import SweepSpec

Column = dict[str, Any]


def parameter_columns(spec: SweepSpec) -> list[Column]:
    """Columns of the searched parameters: name, whether the axis is logarithmic, and choices if categorical.

    A parameter whose values are mappings has one column for each key in which they differ, named
    `parameter.key`, since a whole mapping is too wide for a column.
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
        entries = [choice.get(key) for choice in choices]
        values = [value for i, value in enumerate(entries) if value not in entries[:i]]
        if len(values) > 1:
            numeric = all(type(value) in (int, float) for value in values)
            columns.append({"name": f"{name}.{key}", "log": False, "choices": None if numeric else values})
    return columns


def parameter_values(columns: Sequence[Column], point: Mapping[str, Any]) -> dict[str, Any]:
    """Value of every column for a point, by column name; None if the point has none."""
    values = {}
    for column in columns:
        name, _, key = column["name"].rpartition(".")
        whole = point.get(name)
        values[column["name"]] = whole.get(key) if isinstance(whole, Mapping) else point.get(column["name"])
    return values
