"""One parameter of the W&B sweep syntax, parsed and checked."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from server.search.distributions import (
    Categorical,
    Distribution,
    IntUniform,
    Normal,
    Quantized,
    Range,
    is_number,
)
from server.search.nearest import unknown_name_message


class SweepConfigError(ValueError):
    """A sweep configuration that is invalid; the message is one line."""


def choice(name: str, value: Any, allowed: Iterable[str]) -> str:
    """`value`, checked.

    Raises:
        SweepConfigError: If it is missing or not one of `allowed`.
    """
    options = ", ".join(allowed)
    if value is None:
        raise SweepConfigError(f"{name} is missing: choose one of {options}")
    if value not in allowed:
        raise SweepConfigError(f"{name} must be one of {options}, not {value!r}")
    return str(value)


def text(name: str, value: Any) -> str | None:
    """`value`, checked.

    Raises:
        SweepConfigError: If it is neither a text nor None.
    """
    if value is not None and not isinstance(value, str):
        raise SweepConfigError(f"{name} must be text, not {value!r}")
    return value


def reject_unknown(name: str, section: Mapping[str, Any], known: Collection[str]) -> None:
    """Check that a section has known keys only.

    Raises:
        SweepConfigError: If a key is unknown; the message names the nearest known key.
    """
    for key in section:
        if key not in known:
            raise SweepConfigError(f"{name}: {unknown_name_message('key', key, known)}")


def parse_parameter(name: str, body: Any) -> Distribution:
    """Distribution that one entry under `parameters:` describes.

    Raises:
        SweepConfigError: If the entry is not valid.
    """
    if not isinstance(body, Mapping):
        raise SweepConfigError(
            f"parameter {name} must be a mapping such as {{value: {body!r}}}, not just {body!r}"
        )
    kind = body.get("distribution") or _inferred(name, body)
    if not isinstance(kind, str) or kind not in BUILDERS:
        raise SweepConfigError(f"parameter {name}: {unknown_name_message('distribution', kind, BUILDERS)}")
    known, build = BUILDERS[kind]
    reject_unknown(f"parameter {name} ({kind})", body, {"distribution", *known})
    return build(kind, _Fields(name, body))


def _inferred(name: str, body: Mapping[str, Any]) -> str:
    if "value" in body:
        return "constant"
    if "values" in body:
        return "categorical_w_probabilities" if "probabilities" in body else "categorical"
    if "min" in body and "max" in body:
        whole = all(isinstance(body[key], int) and not isinstance(body[key], bool) for key in ("min", "max"))
        return "int_uniform" if whole else "uniform"
    raise SweepConfigError(f"parameter {name} needs value, values, min and max, or a distribution")


class _Fields:
    """Reads and checks the keys of one parameter."""

    def __init__(self, name: str, body: Mapping[str, Any]) -> None:
        self.name = name
        self.body = body

    def error(self, message: str) -> SweepConfigError:
        return SweepConfigError(f"parameter {self.name}: {message}")

    def required(self, key: str) -> Any:
        if key not in self.body:
            raise self.error(f"{key} is missing")
        return self.body[key]

    def number(self, key: str, default: float | None = None) -> float:
        value = self.required(key) if default is None else self.body.get(key, default)
        if isinstance(value, str) and _reads_as_number(value):
            raise self.error(
                f"{key} is the text {value!r}, not a number; write it with a dot, such as 1.0e-5"
            )
        if not is_number(value):
            raise self.error(f"{key} must be a finite number, not {value!r}")
        return float(value) if not isinstance(value, int) else value

    def positive(self, key: str, default: float) -> float:
        value = self.number(key, default)
        if value <= 0:
            raise self.error(f"{key} must be above 0, not {value!r}")
        return value

    def bounds(self) -> tuple[float, float]:
        low, high = self.number("min"), self.number("max")
        if low > high:
            raise self.error(f"min {low!r} is above max {high!r}")
        return low, high


def _reads_as_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _constant(kind: str, fields: _Fields) -> Distribution:
    return Categorical(kind, (fields.required("value"),))


def _categorical(kind: str, fields: _Fields) -> Distribution:
    values = fields.required("values")
    if not isinstance(values, list | tuple) or not values:
        raise fields.error(f"values must be a list with at least one value, not {values!r}")
    probabilities = fields.body.get("probabilities")
    if probabilities is None:
        return Categorical(kind, tuple(values))
    if not isinstance(probabilities, list | tuple) or len(probabilities) != len(values):
        raise fields.error(f"probabilities must be a list of {len(values)} numbers, one for each value")
    if not all(is_number(p) and p >= 0 for p in probabilities):
        raise fields.error(f"probabilities must be numbers of at least 0, not {probabilities!r}")
    if not math.isclose(sum(probabilities), 1, abs_tol=1e-3):
        raise fields.error(f"probabilities add up to {sum(probabilities):g}, not 1")
    return Categorical(kind, tuple(values), tuple(float(p) for p in probabilities))


def _int_uniform(kind: str, fields: _Fields) -> Distribution:
    low, high = fields.bounds()
    if low != int(low) or high != int(high):
        raise fields.error(f"int_uniform needs whole bounds, not {low!r} and {high!r}")
    return IntUniform(kind, int(low), int(high))


def _uniform(kind: str, fields: _Fields) -> Range:
    low, high = fields.bounds()
    return Range(kind, float(low), float(high))


def _log_uniform(kind: str, fields: _Fields) -> Range:
    """Here, `min` and `max` are the natural logarithms of the bounds."""
    low, high = fields.bounds()
    try:
        bounds = math.exp(low), math.exp(high)
    except OverflowError:
        bounds = 0.0, math.inf
    if bounds[0] == 0 or bounds[1] == math.inf:
        raise fields.error(
            f"{kind} takes exponents: e**{low} to e**{high} is out of range; did you mean {kind}_values?"
        )
    return Range(kind, *bounds, log=True)


def _inv_log_uniform(kind: str, fields: _Fields) -> Range:
    """Here, log(1/x) is uniform between `min` and `max`, so x lies between e**-max and e**-min."""
    low, high = fields.bounds()
    return _log_uniform(kind, _Fields(fields.name, {"min": -high, "max": -low}))


def _log_uniform_values(kind: str, fields: _Fields) -> Range:
    low, high = fields.bounds()
    if low <= 0:
        raise fields.error(f"{kind} needs min above 0, not {low!r}")
    return Range(kind, float(low), float(high), log=True)


def _normal(kind: str, fields: _Fields) -> Distribution:
    sigma = fields.number("sigma", 1.0)
    if sigma < 0:
        raise fields.error(f"sigma must be at least 0, not {sigma!r}")
    return Normal(kind, fields.number("mu", 0.0), sigma, log="log" in kind)


def _beta(kind: str, fields: _Fields) -> Range:
    return Range(kind, 0.0, 1.0, beta=(fields.positive("a", 1.0), fields.positive("b", 1.0)))


Builder = Callable[[str, _Fields], Distribution]


def _quantized(build: Builder) -> Builder:
    def quantized(kind: str, fields: _Fields) -> Distribution:
        result = Quantized(kind, build(kind.removeprefix("q_"), fields), fields.positive("q", 1))
        low, high = result.values_or_bounds
        if low > high:
            raise fields.error(f"no multiple of q {result.step!r} lies between min and max")
        return result

    return quantized


_BOUNDS = ("min", "max")
BUILDERS: dict[str, tuple[tuple[str, ...], Builder]] = {
    "constant": (("value",), _constant),
    "categorical": (("values",), _categorical),
    "categorical_w_probabilities": (("values", "probabilities"), _categorical),
    "int_uniform": (_BOUNDS, _int_uniform),
    "uniform": (_BOUNDS, _uniform),
    "log_uniform": (_BOUNDS, _log_uniform),
    "log_uniform_values": (_BOUNDS, _log_uniform_values),
    "inv_log_uniform": (_BOUNDS, _inv_log_uniform),
    "inv_log_uniform_values": (_BOUNDS, _log_uniform_values),
    "normal": (("mu", "sigma"), _normal),
    "log_normal": (("mu", "sigma"), _normal),
    "beta": (("a", "b"), _beta),
    "q_uniform": ((*_BOUNDS, "q"), _quantized(_uniform)),
    "q_log_uniform": ((*_BOUNDS, "q"), _quantized(_log_uniform)),
    "q_log_uniform_values": ((*_BOUNDS, "q"), _quantized(_log_uniform_values)),
    "q_normal": (("mu", "sigma", "q"), _quantized(_normal)),
    "q_log_normal": (("mu", "sigma", "q"), _quantized(_normal)),
    "q_beta": (("a", "b", "q"), _quantized(_beta)),
}
