"""The distributions of the W&B sweep syntax: what a parameter may be, how to draw it, how to search it.

Every distribution knows its *axis*, a plain categorical, integer or float range in which a sampler can
work, and translates between the axis and the values a run receives.
"""

import math
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal

# Quantiles nearer to 0 or 1 than this are not drawn from unbounded distributions (about 4.75 sigma).
QUANTILE_MARGIN = 1e-6
ROUNDING = Decimal("1e-9")


@dataclass(frozen=True)
class Axis:
    """A one-dimensional range in which a sampler searches.

    Attributes:
        kind: `categorical` (indices `low..high`, unordered), `int` or `float`.
        low: Smallest position, inclusive.
        high: Largest position, inclusive.
        log: Whether equal ratios (not equal differences) are equally far apart.
    """

    kind: Literal["categorical", "int", "float"]
    low: float
    high: float
    log: bool = False

    def sample(self, rng: random.Random) -> float:
        """Draw a position uniformly (log-uniformly on a log axis)."""
        if self.kind != "float":
            return rng.randint(int(self.low), int(self.high))
        if self.log:
            drawn = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
            return min(max(drawn, self.low), self.high)
        return rng.uniform(self.low, self.high)


@dataclass(frozen=True)
class Distribution:
    """What one parameter may be.

    Attributes:
        name: The W&B name of the distribution, such as `log_uniform_values`.
    """

    name: str

    @property
    def axis(self) -> Axis:
        """The range in which a sampler searches."""
        raise NotImplementedError

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """All values of a discrete choice, or `(low, high)` of a range, in the units a run receives."""
        raise NotImplementedError

    @property
    def is_constant(self) -> bool:
        """Whether there is exactly one possible value."""
        return self.axis.low == self.axis.high

    def contains(self, value: Any) -> bool:
        """Whether a run could have received this value."""
        raise NotImplementedError

    def decode(self, position: float) -> Any:
        """Return the value at a position of the axis, as a plain JSON type."""
        raise NotImplementedError

    def encode(self, value: Any) -> float:
        """Return the position of a value that `contains` accepts."""
        raise NotImplementedError

    def sample(self, rng: random.Random) -> Any:
        """Draw a value from the distribution."""
        return self.decode(self.axis.sample(rng))

    def grid(self) -> tuple[Any, ...] | None:
        """Return all values in order, without repeats, or None where they cannot be enumerated."""
        return None


def is_number(value: Any) -> bool:
    """Whether a value is a finite int or float; bool is not a number here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def same(left: Any, right: Any) -> bool:
    """Whether two configuration values are the same: 1 equals 1.0, but True does not equal 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


@dataclass(frozen=True)
class Categorical(Distribution):
    """`constant`, `categorical` and `categorical_w_probabilities`: one of a list of values."""

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
        """Whether the value is one of the list."""
        return any(same(value, known) for known in self.values)

    def decode(self, position: float) -> Any:
        """Return the value at an index."""
        return self.values[int(position)]

    def encode(self, value: Any) -> float:
        """Return the index of a value."""
        return next(i for i, known in enumerate(self.values) if same(value, known))

    def sample(self, rng: random.Random) -> Any:
        """Draw one value, by its probability where probabilities are given."""
        if self.probabilities is None:
            return rng.choice(self.values)
        return rng.choices(self.values, weights=self.probabilities)[0]

    def grid(self) -> tuple[Any, ...] | None:
        """Return the values without repeats."""
        kept: list[Any] = []
        for value in self.values:
            if not any(same(value, earlier) for earlier in kept):
                kept.append(value)
        return tuple(kept)


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
        """Return the integer."""
        return int(position)

    def encode(self, value: Any) -> float:
        """Return the integer."""
        return int(value)

    def grid(self) -> tuple[Any, ...] | None:
        """Return every integer of the range."""
        return tuple(range(self.low, self.high + 1))


@dataclass(frozen=True)
class Range(Distribution):
    """`uniform`, `log_uniform*`, `inv_log_uniform*` and `beta`: a real number between two bounds.

    Attributes:
        low: Smallest value.
        high: Largest value.
        log: Whether the logarithm of the value is what is uniform.
        beta: The two shape parameters of a beta distribution, which weigh only random draws.
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
        """Return the value, kept within the bounds against rounding."""
        return min(max(float(position), self.low), self.high)

    def encode(self, value: Any) -> float:
        """Return the value."""
        return float(value)

    def sample(self, rng: random.Random) -> Any:
        """Draw a value."""
        if self.beta is None:
            return super().sample(rng)
        return self.decode(rng.betavariate(*self.beta))


@dataclass(frozen=True)
class Normal(Distribution):
    """`normal` and `log_normal`: unbounded, so searched by quantile.

    Attributes:
        mu: Mean (of the logarithm, for `log_normal`).
        sigma: Standard deviation (of the logarithm, for `log_normal`); 0 makes a constant.
        log: Whether the logarithm of the value is what is normal.
    """

    mu: float
    sigma: float
    log: bool = False

    @cached_property
    def _normal(self) -> NormalDist:
        return NormalDist(self.mu, self.sigma)

    @property
    def axis(self) -> Axis:
        """Quantiles, a little inside 0 and 1."""
        if self.sigma == 0:
            return Axis("float", 0.5, 0.5)
        return Axis("float", QUANTILE_MARGIN, 1 - QUANTILE_MARGIN)

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The values at the outermost quantiles that are drawn."""
        return (self.decode(self.axis.low), self.decode(self.axis.high))

    def contains(self, value: Any) -> bool:
        """Whether the value can come from the distribution: any number (above 0 for `log_normal`)."""
        if not is_number(value) or (self.log and value <= 0):
            return False
        return self.sigma > 0 or math.isclose(value, self.decode(0.5))

    def decode(self, position: float) -> Any:
        """Return the value at a quantile."""
        drawn = self.mu if self.sigma == 0 else self._normal.inv_cdf(position)
        return math.exp(drawn) if self.log else drawn

    def encode(self, value: Any) -> float:
        """Return the quantile of a value."""
        if self.sigma == 0:
            return 0.5
        quantile = self._normal.cdf(math.log(value) if self.log else value)
        return min(max(quantile, self.axis.low), self.axis.high)


@dataclass(frozen=True)
class Quantized(Distribution):
    """The `q_*` distributions: multiples of a step, drawn by an underlying distribution.

    A bounded one yields the multiples of `step` that lie within the bounds, so `q_uniform` from 1 to 100
    in steps of 25 is 25, 50, 75, 100 and never the 0 that rounding alone would give.

    Attributes:
        base: The distribution before rounding.
        step: The distance between values, in their own units.
    """

    base: Distribution
    step: float

    @property
    def axis(self) -> Axis:
        """Multiples for a plain bounded range; the base's axis for logarithmic and unbounded ones."""
        limits = self._multiples
        if limits is not None and not self.base.axis.log:
            return Axis("int", *limits)
        return self.base.axis

    @property
    def values_or_bounds(self) -> tuple[Any, ...]:
        """The smallest and largest multiple."""
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
        """Smallest and largest allowed multiple, or None where the base is unbounded."""
        if not isinstance(self.base, Range):
            return None
        step = Decimal(str(self.step))
        low, high = (Decimal(str(bound)) / step for bound in (self.base.low, self.base.high))
        # 0.1 + 0.2 means 0.3: a bound counts as a multiple when it is one up to rounding.
        return math.ceil(low - ROUNDING), math.floor(high + ROUNDING)

    def _value(self, multiple: int) -> float:
        exact = multiple * Decimal(str(self.step))
        return int(exact) if isinstance(self.step, int) else float(exact)

    def _nearest(self, drawn: float) -> float:
        multiple = round(Decimal(str(drawn)) / Decimal(str(self.step)))
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
        """Return the multiple at a position."""
        if self.axis.kind == "int":
            return self._value(int(position))
        return self._nearest(self.base.decode(position))

    def encode(self, value: Any) -> float:
        """Return the position of a multiple."""
        if self.axis.kind == "int":
            return round(Decimal(str(value)) / Decimal(str(self.step)))
        return self.base.encode(value) if self.base.contains(value) else self.base.axis.low

    def sample(self, rng: random.Random) -> Any:
        """Draw from the base and round."""
        if self.axis.kind == "int" and not (isinstance(self.base, Range) and self.base.beta):
            return self.decode(self.axis.sample(rng))
        return self._nearest(self.base.sample(rng))

    def grid(self) -> tuple[Any, ...] | None:
        """Return every multiple within the bounds, or None where there are no bounds."""
        limits = self._multiples
        return None if limits is None else tuple(self._value(m) for m in range(limits[0], limits[1] + 1))
