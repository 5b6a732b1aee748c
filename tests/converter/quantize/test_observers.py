"""Observers against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from bitwright.converter.ir import Array
from bitwright.converter.quantize.grid import affine_grid
from bitwright.converter.quantize.observers import OBSERVERS, entropy, minmax, moving_average, mse, percentile
from bitwright.converter.quantize.statistics import TensorStatistics


def statistics(values: Array) -> TensorStatistics:
    result = TensorStatistics()
    for batch in np.array_split(values, 4):
        result.update(batch.reshape(-1, 1))
    return result


def grid_error(values: Array, low: float, high: float) -> float:
    scale, point = affine_grid(low, high)
    levels = np.clip(np.rint(values / scale) + point, -128, 127)
    return float(np.mean(((levels - point) * scale - values) ** 2))


HEAVY = np.random.default_rng(0).standard_t(3, 100_000).astype(np.float32)
RELU = np.maximum(HEAVY, 0)


def test_minmax_and_moving_average() -> None:
    seen = statistics(HEAVY)
    assert minmax(seen, False) == (HEAVY.min(), HEAVY.max())
    low, high = 0.0, 0.0
    for number, batch in enumerate(np.array_split(HEAVY, 4)):
        momentum = 1.0 if number == 0 else 0.1
        low, high = low + momentum * (batch.min() - low), high + momentum * (batch.max() - high)
    assert moving_average(seen, False) == pytest.approx((low, high))


def test_percentile_cuts_what_it_says() -> None:
    low, high = percentile(statistics(HEAVY), False, share=0.99)
    assert np.mean(low > HEAVY) == pytest.approx(0.005, abs=2e-3)
    assert np.mean(high < HEAVY) == pytest.approx(0.005, abs=2e-3)


@pytest.mark.parametrize("values", [HEAVY, RELU, np.random.default_rng(1).laplace(0, 1, 50_000).astype(np.float32)])
def test_mse_has_the_least_error(values: Array) -> None:
    low, high = mse(statistics(values), False)
    found = grid_error(values, low, high)
    for shrink in np.linspace(0.02, 1.0, 50):
        assert found <= grid_error(values, shrink * min(values.min(), 0), shrink * values.max()) * 1.01


def test_entropy_cuts_the_tail_and_keeps_the_bulk() -> None:
    low, high = entropy(statistics(HEAVY), False)
    assert high < HEAVY.max() and np.mean((low <= HEAVY) & (high >= HEAVY)) > 0.99


@pytest.mark.parametrize("name", OBSERVERS)
@pytest.mark.parametrize("value", [0.0, 3.0, -2.0])
def test_constant_activations_have_a_range(name: str, value: float) -> None:
    low, high = OBSERVERS[name](statistics(np.full(1000, value, np.float32)), False)
    scale, point = affine_grid(low, high)
    level = np.clip(np.rint(value / scale) + point, -128, 127)
    assert (level - point) * scale == pytest.approx(value, rel=0.01)
