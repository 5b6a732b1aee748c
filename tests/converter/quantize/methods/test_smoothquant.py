"""SmoothQuant against its formula."""

from __future__ import annotations

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.quantize.methods.smoothquant import smoothquant
from bitwright.errors import InputError
from chains import Chain, annotated, mobile, photos, simulated_sqnr, weights
from floats import same_function


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_factors_follow_the_formula(alpha: float) -> None:
    """s_j = max|X_j|^alpha / max|W_j|^(1 - alpha), X as it is read behind the pool, W over both layers that read it."""
    c = Chain(0).conv("first", 6, 3).op("AVERAGE_POOL_2D", padding="VALID", stride=(2, 2), filter=(2, 2))
    pooled = c.last
    left = c.conv("left", 4, 3, "NONE").last
    c.last = pooled
    right = c.conv("right", 4, 1, "NONE").last
    c.last = left
    graph, data = c.op("ADD", right, activation="NONE").finish(), photos()
    changed = smoothquant(graph, data, alpha=alpha)
    seen: dict[str, np.ndarray] = {}
    run_float(graph, data.inputs, seen.__setitem__)
    activation = np.abs(seen[pooled]).reshape(-1, 6).max(axis=0)
    weight = np.abs(np.concatenate([weights(graph, n).reshape(-1, 6) for n in ("left", "right")])).max(axis=0)
    factors = activation**alpha / weight ** (1 - alpha)
    np.testing.assert_allclose(weights(changed, "left"), weights(graph, "left") * factors, rtol=1e-5)
    np.testing.assert_allclose(weights(changed, "right"), weights(graph, "right") * factors, rtol=1e-5)
    np.testing.assert_allclose(weights(changed, "first", 2), weights(graph, "first", 2) / factors, rtol=1e-5)
    same_function(graph, changed, 0)


def test_maxima_are_at_least_1e_5_and_dead_channels_stay() -> None:
    graph, data = Chain(0).conv("first", 4).conv("second", 4).finish(), photos()
    weights(graph, "first")[0] = 0
    weights(graph, "first", 2)[0] = -1  # never active
    weights(graph, "first")[1] = 0
    weights(graph, "first", 2)[1] = 1e-9  # active, a little
    weights(graph, "second")[..., 2] = 0
    weights(graph, "second")[..., 3] *= 1e-9
    changed = smoothquant(graph, data)
    found = weights(changed, "first", 2) / weights(graph, "first", 2)
    second = np.abs(weights(graph, "second")).reshape(4, 4).max(axis=0)
    seen: dict[str, np.ndarray] = {}
    run_float(graph, data.inputs, seen.__setitem__)
    assert found[0] == found[2] == 1
    assert found[1] == pytest.approx(np.sqrt(second[1] / 1e-5), rel=1e-4)
    assert found[3] == pytest.approx(np.sqrt(1e-5 / seen["first"][..., 3].max()), rel=1e-4)
    same_function(graph, changed, 0)


def test_an_outlier_channel_is_recovered() -> None:
    """One channel a hundred times larger than the others, and the weights that read it as much smaller."""
    graph, data = mobile(), photos()
    for name, factor in (("pw1", 100.0), ("dw2", 0.01)):
        weights(graph, name)[(4,) if name == "pw1" else (..., 4)] *= factor
    weights(graph, "pw1", 2)[4] *= 100
    planted = simulated_sqnr(annotated(graph, data), graph, data)
    changed = smoothquant(graph, data)
    original = simulated_sqnr(annotated(mobile(), data), graph, data)
    assert planted < original - 8 and simulated_sqnr(annotated(changed, data), graph, data) > original - 3


@pytest.mark.parametrize("options", [{"alpha": 1.5}, {"alpha": "high"}, {"alpha": True}, {"samples": 0}])
def test_options_are_checked(options: dict[str, object]) -> None:
    with pytest.raises(InputError, match="method 'smoothquant'"):
        smoothquant(mobile(), photos(), **options)  # type: ignore[arg-type]
