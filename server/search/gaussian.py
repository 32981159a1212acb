"""A Gaussian process over numeric and categorical parameters, for some tens of runs.

A number becomes a coordinate in [0, 1] along its axis (on a logarithmic axis, by its logarithm). A choice
becomes a corner of a simplex, so that all choices are equally far apart. Each parameter has its own length
scale; a parameter without influence gets a long one. Length scales and noise are fitted by maximum a
posteriori. The prior expects longer length scales the more parameters there are (Hvarfner, Hellsten, Nardi,
"Vanilla Bayesian Optimization Performs Great in High Dimensions", 2024).
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

_MAX_ITERATIONS = 25
"""Largest number of iterations of the fit."""
_MIN_NOISE = 1e-4
"""Smallest variance of the noise."""
_NOISE_MEAN, _NOISE_DEVIATION = math.log(1e-2), 1.5
"""Normal prior of the logarithm of the noise variance."""
_LENGTH_MEAN, _LENGTH_DEVIATION = math.log(0.5), 1.0
"""Normal prior of the logarithm of the length scale, for a single parameter."""


@dataclass(frozen=True)
class Coordinates:
    """Turns positions [n, parameters] on the axes into coordinates [n, columns] of the process."""

    axes: Sequence[Axis]

    @property
    def owner(self) -> NDArray[np.intp]:
        """Index of the parameter that each column belongs to; [columns]."""
        widths = [int(a.high - a.low) + 1 if a.kind == "categorical" else 1 for a in self.axes]
        return np.repeat(np.arange(len(self.axes)), widths)

    def of(self, positions: Array) -> Array:
        """Coordinates [n, columns] of positions [n, parameters]."""
        return np.hstack([_column(axis, positions[:, i]) for i, axis in enumerate(self.axes)])


def _column(axis: Axis, positions: Array) -> Array:
    if axis.kind == "categorical":
        choices = np.arange(int(axis.low), int(axis.high) + 1)
        return np.asarray((positions[:, None] == choices) / math.sqrt(2))
    return unit(axis, positions)[:, None]


def unit(axis: Axis, positions: Array) -> Array:
    """Positions on a numeric axis, scaled to [0, 1]; on a logarithmic axis, their logarithms are scaled."""
    if axis.log:
        return np.asarray(np.log(positions / axis.low) / math.log(axis.high / axis.low))
    return np.asarray((positions - axis.low) / (axis.high - axis.low))


class GaussianProcess:
    """A Gaussian process, fitted to values at coordinates.

    Args:
        x: Coordinates; [n, columns].
        y: Values with mean 0 and variance 1; [n].
        owner: Index of the parameter that each column belongs to; [columns].

    Attributes:
        scale: Inverse length scale of each column; [columns].
        noise: Variance of the noise.
    """

    def __init__(self, x: Array, y: Array, owner: NDArray[np.intp]) -> None:
        count = int(owner.max()) + 1
        squared = np.stack([_squared(x[:, owner == i], x[:, owner == i]) for i in range(count)])
        # Logarithms of the length scale of each parameter, and last of the noise variance.
        prior_mean = np.full(count + 1, _LENGTH_MEAN + 0.5 * math.log(count))
        prior_mean[-1] = _NOISE_MEAN
        prior_deviation = np.full(count + 1, _LENGTH_DEVIATION)
        prior_deviation[-1] = _NOISE_DEVIATION

        def loss(theta: Array) -> tuple[float, Array]:
            """Negative log posterior density without constants, and its gradient."""
            inverse_squared = np.exp(-2 * theta[:-1])
            noise = math.exp(theta[-1]) + _MIN_NOISE
            kernel, slope = _matern(np.tensordot(inverse_squared, squared, 1))
            factor = cho_factor(kernel + noise * np.eye(len(y)), lower=True)
            alpha = cho_solve(factor, y)
            inner = cho_solve(factor, np.eye(len(y))) - np.outer(alpha, alpha)
            z = (theta - prior_mean) / prior_deviation
            value = 0.5 * y @ alpha + np.log(np.diag(factor[0])).sum() + 0.5 * (z**2).sum()
            lengths = -inverse_squared * np.tensordot(squared, inner * slope, 2)
            gradient = np.append(lengths, 0.5 * (noise - _MIN_NOISE) * np.trace(inner))
            return float(value), gradient + z / prior_deviation

        options = {"maxiter": _MAX_ITERATIONS}
        bounds = [(-5.0, 5.0)] * count + [(-10.0, 2.0)]
        theta = minimize(loss, prior_mean, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
        self.scale = np.exp(-theta[:-1])[owner]
        self.noise = math.exp(theta[-1]) + _MIN_NOISE
        self._condition(x, y)

    def _condition(self, x: Array, y: Array) -> None:
        """Use `y` at `x` as the observations, with the length scales and the noise unchanged."""
        self._x, self._y = x, y
        kernel, _ = _matern(_squared(x * self.scale, x * self.scale))
        self._factor = cho_factor(kernel + self.noise * np.eye(len(y)), lower=True)
        self._alpha = cho_solve(self._factor, y)

    def kriging_believer(self, x: Array) -> "GaussianProcess":
        """Process that takes its own mean at further coordinates [m, columns] for observed values.

        Source: Ginsbourger, Le Riche, Carraro, "Kriging is well-suited to parallelize optimization" (2010).
        """
        if not len(x):
            return self
        believer = copy(self)
        believer._condition(np.vstack([self._x, x]), np.append(self._y, self.predict(x)[0]))
        return believer

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation without noise, each [m], at coordinates [m, columns]."""
        kernel, _ = _matern(_squared(x * self.scale, self._x * self.scale))
        explained = solve_triangular(self._factor[0], kernel.T, lower=True)
        variance = np.maximum(1 - (explained**2).sum(axis=0), 1e-12)
        return kernel @ self._alpha, np.sqrt(variance)


def _squared(a: Array, b: Array) -> Array:
    """Squared distances [n, m] between the rows of two matrices."""
    distances = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.asarray(np.maximum(distances, 0))


def _matern(squared: Array) -> tuple[Array, Array]:
    """Matérn kernel of smoothness 5/2 at squared distances, and its derivative with respect to them."""
    root = np.sqrt(5 * squared)
    decay = np.exp(-root)
    return (1 + root + 5 / 3 * squared) * decay, -5 / 6 * (1 + root) * decay
