"""The distributions of the W&B sweep syntax: their values, random draws, and the axis that samplers search.

Every distribution has an *axis*: a categorical, integer or float range in which samplers search. `encode`
turns a parameter's value into a position on the axis, and `decode` turns a position into a value.
"""

import math
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal

QUANTILE_MARGIN = 1e-6
"""Unbounded distributions draw no quantile nearer to 0 or 1 than this (about 4.75 standard deviations)."""
ROUNDING = Decimal("1e-9")


@dataclass(frozen=True)
class Axis:
    """A one-dimensional range in which a sampler searches.

    Attributes:
        kind: `categorical` (indices `low..high`, unordered), `int` or `float`.
        low: Smallest position, inclusive.
        high: Largest position, inclusive.
        log: Whether distances are differences of logarithms.
    """

    kind: Literal["categorical", "int", "float"]
    low: float
    high: float
    log: bool = False

    @property
    def middle(self) -> float:
        """The position in the middle; of two whole ones, the larger one."""
        if self.kind != "float":
            return (int(self.low) + int(self.high) + 1) // 2
        return math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2

    def sample(self, rng: random.Random) -> float:
        """Random position, uniform on the axis (log-uniform on a log axis)."""
        if self.kind != "float":
            return rng.randint(int(self.low), int(self.high))
        if self.log:
            position = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
            return min(max(position, self.low), self.high)
        return rng.uniform(self.low, self.high)


@dataclass(frozen=True)
class Distribution:
    """The values that one parameter can take.

    Attributes:
        name: The W&B name of the distribution, such as `log_uniform_values`.
    """

    name: str

    @property
    def axis(self) -> Axis:
        """The range in which samplers search."""
        raise NotImplementedError

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """All values of a categorical parameter, or `(low, high)` of a range, as runs receive them."""
        raise NotImplementedError

    @property
    def is_constant(self) -> bool:
        """Whether there is exactly one possible value."""
        return self.axis.low == self.axis.high

    def contains(self, value: Any) -> bool:
        """Whether the distribution can give this value to a run."""
        raise NotImplementedError

    def decode(self, position: float) -> Any:
        """Value at a position of the axis, as a plain JSON type."""
        raise NotImplementedError

    def encode(self, value: Any) -> float:
        """Position on the axis of a value that `contains` accepts."""
        raise NotImplementedError

    @property
    def middle(self) -> Any:
        """Value in the middle of the axis."""
        return self.decode(self.axis.middle)

    def sample(self, rng: random.Random) -> Any:
        """Random value from the distribution."""
        return self.decode(self.axis.sample(rng))

    def grid(self) -> tuple[Any, ...] | None:
        """All values in order, without repeats, or None if they cannot be enumerated."""
        return None


def is_number(value: Any) -> bool:
    """Whether a value is a finite int or float; bool is not a number here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def same(left: Any, right: Any) -> bool:
    """Whether two configuration values are the same: 1 equals 1.0, but True does not equal 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


@dataclass(frozen=True)
class Categorical(Distribution):
    """`constant`, `categorical` and `categorical_w_probabilities`: one value of a list."""

    values: tuple[Any, ...]
    probabilities: tuple[float, ...] | None = None

    @property
    def axis(self) -> Axis:
        """Indices into the values."""
        return Axis("categorical", 0, len(self.values) - 1)

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The values, in the order of the file."""
        return self.values

    def contains(self, value: Any) -> bool:
        """Whether the value is in the list."""
        return any(same(value, known) for known in self.values)

    def decode(self, position: float) -> Any:
        """Value at an index."""
        return self.values[int(position)]

    def encode(self, value: Any) -> float:
        """Index of a value."""
        return next(i for i, known in enumerate(self.values) if same(value, known))

    @property
    def middle(self) -> Any:
        """The median of numbers (of two, the larger one); else the first value, or the most probable one."""
        if self.probabilities is not None:
            return self.values[self.probabilities.index(max(self.probabilities))]
        if all(is_number(value) for value in self.values):
            return sorted(self.values)[len(self.values) // 2]
        return self.values[0]

    def sample(self, rng: random.Random) -> Any:
        """Random value, drawn with `probabilities` if there are any, else uniformly."""
        if self.probabilities is None:
            return rng.choice(self.values)
        return rng.choices(self.values, weights=self.probabilities)[0]

    def grid(self) -> tuple[Any, ...] | None:
        """The values without repeats."""
        unique: list[Any] = []
        for value in self.values:
            if not any(same(value, earlier) for earlier in unique):
                unique.append(value)
        return tuple(unique)


@dataclass(frozen=True)
class IntUniform(Distribution):
    """`int_uniform`: an integer between two integers, both included."""

    low: int
    high: int

    @property
    def axis(self) -> Axis:
        """The integers themselves."""
        return Axis("int", self.low, self.high)

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The two bounds."""
        return (self.low, self.high)

    def contains(self, value: Any) -> bool:
        """Whether the value is an integer within the bounds."""
        return is_number(value) and float(value).is_integer() and self.low <= value <= self.high

    def decode(self, position: float) -> Any:
        """The integer itself."""
        return int(position)

    def encode(self, value: Any) -> float:
        """The integer itself."""
        return int(value)

    def grid(self) -> tuple[Any, ...] | None:
        """Every integer of the range."""
        return tuple(range(self.low, self.high + 1))


@dataclass(frozen=True)
class Range(Distribution):
    """`uniform`, `log_uniform*`, `inv_log_uniform*` and `beta`: a real number between two bounds.

    Attributes:
        low: Smallest value.
        high: Largest value.
        log: Whether the logarithm of the value is uniform.
        beta: The two shape parameters of a beta distribution. They affect random draws only; samplers search
            the whole range.
    """

    low: float
    high: float
    log: bool = False
    beta: tuple[float, float] | None = None

    @property
    def axis(self) -> Axis:
        """The range itself."""
        return Axis("float", self.low, self.high, self.log)

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The two bounds."""
        return (self.low, self.high)

    def contains(self, value: Any) -> bool:
        """Whether the value is a number within the bounds."""
        return is_number(value) and self.low <= value <= self.high

    def decode(self, position: float) -> Any:
        """The position itself, clipped to the bounds because positions can be off by a rounding error."""
        return min(max(float(position), self.low), self.high)

    def encode(self, value: Any) -> float:
        """The value itself."""
        return float(value)

    def sample(self, rng: random.Random) -> Any:
        """Random value."""
        if self.beta is None:
            return super().sample(rng)
        return self.decode(rng.betavariate(*self.beta))


@dataclass(frozen=True)
class Normal(Distribution):
    """`normal` and `log_normal`: unbounded, so the axis consists of quantiles.

    Attributes:
        mu: Mean (of the logarithm, for `log_normal`).
        sigma: Standard deviation (of the logarithm, for `log_normal`); 0 makes a constant.
        log: Whether the logarithm of the value is normal.
    """

    mu: float
    sigma: float
    log: bool = False

    @cached_property
    def _normal(self) -> NormalDist:
        return NormalDist(self.mu, self.sigma)

    @property
    def axis(self) -> Axis:
        """Quantiles from `QUANTILE_MARGIN` to `1 - QUANTILE_MARGIN`."""
        if self.sigma == 0:
            return Axis("float", 0.5, 0.5)
        return Axis("float", QUANTILE_MARGIN, 1 - QUANTILE_MARGIN)

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The values at both ends of the axis."""
        return (self.decode(self.axis.low), self.decode(self.axis.high))

    def contains(self, value: Any) -> bool:
        """Whether the value is a number (above 0 for `log_normal`), and the constant if `sigma` is 0."""
        if not is_number(value) or (self.log and value <= 0):
            return False
        return self.sigma > 0 or math.isclose(value, self.decode(0.5))

    def decode(self, position: float) -> Any:
        """Value at a quantile."""
        value = self.mu if self.sigma == 0 else self._normal.inv_cdf(position)
        return math.exp(value) if self.log else value

    def encode(self, value: Any) -> float:
        """Quantile of a value."""
        if self.sigma == 0:
            return 0.5
        quantile = self._normal.cdf(math.log(value) if self.log else value)
        return min(max(quantile, self.axis.low), self.axis.high)


@dataclass(frozen=True)
class Quantized(Distribution):
    """The `q_*` distributions: a base distribution, rounded to multiples of a step.

    If the base has bounds, only the multiples within them occur: `q_uniform` from 1 to 100 in steps of 25
    gives 25, 50, 75 and 100, but not 0, to which plain rounding would take 1.

    Attributes:
        base: The distribution before rounding.
        step: Distance between two neighbouring values.
    """

    base: Distribution
    step: float

    @property
    def axis(self) -> Axis:
        """Multiples if the base is bounded and not logarithmic, else the axis of the base."""
        limits = self._multiples
        if limits is not None and not self.base.axis.log:
            return Axis("int", *limits)
        return self.base.axis

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The smallest and the largest multiple."""
        limits = self._multiples
        if limits is not None:
            return (self._value(limits[0]), self._value(limits[1]))
        return tuple(self._nearest(bound) for bound in self.base.values_or_bounds)

    @property
    def is_constant(self) -> bool:
        """Whether only one multiple is possible."""
        low, high = self.values_or_bounds
        return bool(low == high)

    @property
    def _multiples(self) -> tuple[int, int] | None:
        """Smallest and largest multiple within the bounds, in steps, or None if the base is unbounded."""
        if not isinstance(self.base, Range):
            return None
        step = Decimal(str(self.step))
        low, high = (Decimal(str(bound)) / step for bound in (self.base.low, self.base.high))
        # In floats, 0.1 + 0.2 is not 0.3: a bound that misses a multiple by a rounding error counts as one.
        return math.ceil(low - ROUNDING), math.floor(high + ROUNDING)

    def _value(self, multiple: int) -> float:
        exact = multiple * Decimal(str(self.step))
        return int(exact) if isinstance(self.step, int) else float(exact)

    def _nearest(self, value: float) -> float:
        multiple = round(Decimal(str(value)) / Decimal(str(self.step)))
        limits = self._multiples
        if limits is not None:
            multiple = min(max(multiple, limits[0]), limits[1])
        return self._value(multiple)

    def contains(self, value: Any) -> bool:
        """Whether the value is a multiple of the step within the bounds."""
        if not is_number(value):
            return False
        multiple = round(Decimal(str(value)) / Decimal(str(self.step)))
        limits = self._multiples
        inside = limits is None or limits[0] <= multiple <= limits[1]
        return inside and math.isclose(self._value(multiple), value, rel_tol=1e-9, abs_tol=1e-12)

    def decode(self, position: float) -> Any:
        """Multiple at a position."""
        if self.axis.kind == "int":
            return self._value(int(position))
        return self._nearest(self.base.decode(position))

    def encode(self, value: Any) -> float:
        """Position of a multiple."""
        if self.axis.kind == "int":
            return round(Decimal(str(value)) / Decimal(str(self.step)))
        return self.base.encode(value) if self.base.contains(value) else self.base.axis.low

    def sample(self, rng: random.Random) -> Any:
        """Random value of the base, rounded; a uniform base draws each multiple with the same probability."""
        if self.axis.kind == "int" and not (isinstance(self.base, Range) and self.base.beta):
            return self.decode(self.axis.sample(rng))
        return self._nearest(self.base.sample(rng))

    def grid(self) -> tuple[Any, ...] | None:
        """Every multiple within the bounds, or None if the base is unbounded."""
        limits = self._multiples
        return None if limits is None else tuple(self._value(m) for m in range(limits[0], limits[1] + 1))
