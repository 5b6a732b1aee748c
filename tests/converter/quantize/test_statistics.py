"""Statistics: exact counts and extremes however the data is cut into batches."""

from __future__ import annotations

import numpy as np
import pytest
from bitwright.converter.quantize.statistics import BINS, TensorStatistics, observe
from bitwright.errors import InputError
from convnets import convnet, data, images
from hypothesis import given, settings
from hypothesis import strategies as st


def collected(values: list[np.ndarray]) -> TensorStatistics:
    statistics = TensorStatistics()
    for value in values:
        statistics.update(value)
    return statistics


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.sampled_from([1e-6, 1.0, 3e4]))
@settings(max_examples=50, deadline=None)
def test_every_value_is_counted_once_in_its_bin(seed: int, pieces: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    batches = [
        (rng.standard_t(2, (rng.integers(1, 9), 4, 3)) * size * 2.0**i).astype(np.float32) for i in range(pieces)
    ]
    statistics = collected(batches)
    everything = np.concatenate([batch.reshape(-1) for batch in batches])
    assert statistics.counts.sum() == everything.size
    assert (statistics.low, statistics.high) == (everything.min(), everything.max())
    width = 2 * statistics.radius / BINS
    assert statistics.radius / 2 <= np.abs(everything).max() <= statistics.radius
    # Counts below and above every hundredth edge agree with the data, but for values within rounding of the edge.
    for bin_ in range(0, BINS, 97):
        edge = (bin_ - BINS / 2) * width
        near = np.sum(np.abs(everything - edge) <= 1e-5 * statistics.radius)
        assert abs(statistics.counts[:bin_].sum() - np.sum(everything < edge)) <= near


def test_channels_and_means_do_not_depend_on_the_batches() -> None:
    values = images(20)
    whole, cut = collected([values]), collected([values[:3], values[3:]])
    assert np.array_equal(whole.channel_low, values.min(axis=(0, 1, 2)))
    assert np.array_equal(cut.channel_high, values.max(axis=(0, 1, 2)))
    assert np.allclose(cut.channel_mean, values.mean(axis=(0, 1, 2)), rtol=1e-5)
    assert np.array_equal(whole.counts, cut.counts)


def test_zeros_are_counted_at_zero() -> None:
    statistics = collected([np.zeros((2, 3), np.float32), np.full((1, 3), 0.5, np.float32)])
    assert statistics.counts[BINS // 2] == 6 and statistics.centres[BINS // 2] == 0


def test_bad_data_is_named() -> None:
    graph = convnet()
    with pytest.raises(InputError, match="calibration data is empty"):
        observe(graph, [])
    poisoned = images(4)
    poisoned[2, 1, 1, 1] = np.nan
    with pytest.raises(InputError, match="NaN or infinite values in tensor 'x'"):
        observe(graph, [[poisoned]])
    with pytest.raises(InputError, match=r"must be of shape \[1, 8, 8, 3\], found \[4, 8, 8, 2\]"):
        observe(graph, [[images(4)[..., :2]]])


def test_infinite_weights_are_found_where_they_act() -> None:
    graph = convnet()
    weights = graph.tensors["w2"].data
    assert weights is not None
    weights[1, 0, 0, 3] = np.inf
    with pytest.raises(InputError, match="NaN or infinite values in tensor 'left'"):
        observe(graph, data().batches())
