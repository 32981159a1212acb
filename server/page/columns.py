"""The columns and axes of a sweep's page, one for each parameter that is searched."""

from collections.abc import Mapping, Sequence
from typing import Any

from server.search.distributions import Distribution
from server.search.space import SweepSpec

Column = dict[str, Any]


def parameter_columns(spec: SweepSpec) -> list[Column]:
    """Columns of the searched parameters: name, choices (if categorical), whether the axis is logarithmic.

    A parameter whose values are mappings has one column for each key that differs between them, named
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
        found = [choice.get(key) for choice in choices]
        values = [value for i, value in enumerate(found) if value not in found[:i]]
        if len(values) > 1:
            numbers = all(type(value) in (int, float) for value in values)
            columns.append({"name": f"{name}.{key}", "log": False, "choices": None if numbers else values})
    return columns


def parameter_values(columns: Sequence[Column], point: Mapping[str, Any]) -> dict[str, Any]:
    """Value of every column in a run, by column name; None where the run has none."""
    values = {}
    for column in columns:
        name, _, key = column["name"].rpartition(".")
        whole = point.get(name)
        values[column["name"]] = whole.get(key) if isinstance(whole, Mapping) else point.get(column["name"])
    return values
