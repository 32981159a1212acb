"""The Gaussian process: accuracy, and comparison with textbook formulas."""

import numpy as np
import pytest

from server.search.distributions import Axis
from server.search.gaussian import Coordinates, GaussianProcess

OWNER = np.array([0, 1, 2])


def smooth(x: np.ndarray) -> np.ndarray:
    return np.sin(5 * x[:, 0]) + x[:, 1] ** 2


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(1).random((40, 3))


def test_predictions_of_a_smooth_function_are_accurate_and_calibrated(points: np.ndarray) -> None:
    process = GaussianProcess(points, smooth(points), OWNER)
    fresh = np.random.default_rng(2).random((200, 3))
    mean, deviation = process.predict(fresh)
    error = np.abs(mean - smooth(fresh))
    assert np.median(error) < 0.03
    assert np.mean(error < 2 * deviation) > 0.9


def test_noise_is_smoothed_out(points: np.ndarray) -> None:
    noisy = smooth(points) + np.random.default_rng(3).normal(0, 0.5, len(points))
    mean, _ = GaussianProcess(points, noisy, OWNER).predict(points)
    assert np.abs(mean - smooth(points)).mean() < np.abs(noisy - smooth(points)).mean() / 1.5


def test_predictions_equal_the_textbook_formulas(points: np.ndarray) -> None:
    """Rasmussen and Williams, equations 2.25 and 2.26, with the kernel written out."""
    values = smooth(points)
    process = GaussianProcess(points, values, OWNER)
    fresh = np.random.default_rng(4).random((5, 3))

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        r = np.linalg.norm((a[:, None] - b) * process.scale, axis=-1)
        return (1 + 5**0.5 * r + 5 / 3 * r**2) * np.exp(-(5**0.5) * r)

    inverse = np.linalg.inv(kernel(points, points) + process.noise * np.eye(len(points)))
    across = kernel(fresh, points)
    mean, deviation = process.predict(fresh)
    assert mean == pytest.approx(across @ inverse @ values, abs=1e-6)
    assert deviation**2 == pytest.approx(1 - np.diag(across @ inverse @ across.T), abs=1e-6)


def test_kriging_believer_lowers_the_deviation_and_keeps_the_mean(points: np.ndarray) -> None:
    process = GaussianProcess(points[:10], smooth(points[:10]), OWNER)
    pending = points[20:22]
    believing = process.kriging_believer(pending)
    assert believing.predict(pending)[0] == pytest.approx(process.predict(pending)[0], abs=0.05)
    assert (believing.predict(pending)[1] < process.predict(pending)[1]).all()


def test_categories_are_equidistant_and_logarithmic_axes_are_scaled_by_ratio() -> None:
    axes = [Axis("categorical", 0, 2), Axis("float", 1e-6, 1e-2, log=True)]
    x = Coordinates(axes).of(np.array([[0, 1e-6], [1, 1e-4], [2, 1e-2]]))
    assert Coordinates(axes).owner.tolist() == [0, 0, 0, 1]
    assert np.linalg.norm(x[:, None, :3] - x[None, :, :3], axis=-1)[~np.eye(3, dtype=bool)] == pytest.approx(
        1
    )
    assert x[:, 3] == pytest.approx([0, 0.5, 1])
