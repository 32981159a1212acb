"""A Gaussian process over every kind of parameter, for some tens of runs: what it expects, and how surely.

Numbers lie in [0, 1] along their axes (logarithmic ones by ratio), choices on the corners of a simplex, all
at one distance from each other. Each parameter has a length scale of its own, so that those which change
nothing are found out. Length scales and noise are those most likely a posteriori, under priors that expect
less of each parameter the more there are (Hvarfner, Hellsten, Nardi, "Vanilla Bayesian Optimization Performs
Great in High Dimensions", 2024).
"""

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize

from server.search.distributions import Axis

Array = NDArray[np.float64]

_STEPS = 25
_NOISE_AT_LEAST = 1e-4
_NOISE, _NOISE_SPREAD = math.log(1e-2), 1.5
_LENGTH, _LENGTH_SPREAD = math.log(0.5), 1.0
"""Priors of the logarithms of noise variance, and of a length scale where there is one parameter."""


@dataclass(frozen=True)
class Coordinates:
    """The coordinates in which distances are measured; [n, columns] from positions [n, parameters]."""

    axes: Sequence[Axis]

    @property
    def owner(self) -> NDArray[np.intp]:
        """[columns] the parameter that each column belongs to."""
        widths = [int(a.high - a.low) + 1 if a.kind == "categorical" else 1 for a in self.axes]
        return np.repeat(np.arange(len(self.axes)), widths)

    def of(self, positions: Array) -> Array:
        """Return the coordinates of positions on the axes."""
        return np.hstack([_column(axis, positions[:, i]) for i, axis in enumerate(self.axes)])


def _column(axis: Axis, positions: Array) -> Array:
    if axis.kind == "categorical":
        choices = np.arange(int(axis.low), int(axis.high) + 1)
        return np.asarray((positions[:, None] == choices) / math.sqrt(2))
    return unit(axis, positions)[:, None]


def unit(axis: Axis, positions: Array) -> Array:
    """Return how far along a numeric axis positions lie, from 0 to 1."""
    if axis.log:
        return np.asarray(np.log(positions / axis.low) / math.log(axis.high / axis.low))
    return np.asarray((positions - axis.low) / (axis.high - axis.low))


class GaussianProcess:
    """A process fitted to values at coordinates.

    Args:
        x: [n, columns] coordinates.
        y: [n] values, about 0 and of about unit variance.
        owner: [columns] the parameter that each column belongs to.

    Attributes:
        scale: [columns] what coordinates are multiplied by: one over the length scale.
        noise: Variance of the noise.
    """

    def __init__(self, x: Array, y: Array, owner: NDArray[np.intp]) -> None:
        count = int(owner.max()) + 1
        apart = np.stack([_squared(x[:, owner == i], x[:, owner == i]) for i in range(count)])
        expected = np.full(count + 1, _LENGTH + 0.5 * math.log(count))
        expected[-1] = _NOISE
        spread = np.full(count + 1, _LENGTH_SPREAD)
        spread[-1] = _NOISE_SPREAD

        def loss(theta: Array) -> tuple[float, Array]:
            inverse_squared = np.exp(-2 * theta[:-1])
            noise = math.exp(theta[-1]) + _NOISE_AT_LEAST
            kernel, slope = _matern(np.tensordot(inverse_squared, apart, 1))
            factor = cho_factor(kernel + noise * np.eye(len(y)), lower=True)
            alpha = cho_solve(factor, y)
            inner = cho_solve(factor, np.eye(len(y))) - np.outer(alpha, alpha)
            off = (theta - expected) / spread
            value = 0.5 * y @ alpha + np.log(np.diag(factor[0])).sum() + 0.5 * (off**2).sum()
            lengths = -inverse_squared * np.tensordot(apart, inner * slope, 2)
            gradient = np.append(lengths, 0.5 * (noise - _NOISE_AT_LEAST) * np.trace(inner))
            return float(value), gradient + off / spread

        options = {"maxiter": _STEPS}
        bounds = [(-5.0, 5.0)] * count + [(-10.0, 2.0)]
        theta = minimize(loss, expected, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        self.scale = np.exp(-theta[:-1])[owner]
        self.noise = math.exp(theta[-1]) + _NOISE_AT_LEAST
        self._know(x, y)

    def _know(self, x: Array, y: Array) -> None:
        self._x, self._y = x, y
        kernel, _ = _matern(_squared(x * self.scale, x * self.scale))
        self._factor = cho_factor(kernel + self.noise * np.eye(len(y)), lower=True)
        self._alpha = cho_solve(self._factor, y)

    def kriging_believer(self, x: Array) -> "GaussianProcess":
        """Return the process that knows at further coordinates [m, columns] what this one expects there."""
        if not len(x):
            return self
        believer = copy(self)
        believer._know(np.vstack([self._x, x]), np.append(self._y, self.predict(x)[0]))
        return believer

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Return mean and standard deviation, without noise, at coordinates [m, columns]."""
        kernel, _ = _matern(_squared(x * self.scale, self._x * self.scale))
        explained = solve_triangular(self._factor[0], kernel.T, lower=True)
        variance = np.maximum(1 - (explained**2).sum(axis=0), 1e-12)
        return kernel @ self._alpha, np.sqrt(variance)


def _squared(a: Array, b: Array) -> Array:
    """[n, m] squared distances between the rows of two matrices."""
    squared = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.maximum(squared, 0))


def _matern(squared: Array) -> tuple[Array, Array]:
    """Matérn's kernel of smoothness 5/2 at squared distances, and its derivative by them."""
    root = np.sqrt(5 * squared)
    decay = np.exp(-root)
    return (1 + root + 5 / 3 * squared) * decay, -5 / 6 * (1 + root) * decay
