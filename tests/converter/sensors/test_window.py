"""Windows of sensor samples before a network."""

from __future__ import annotations

import bitwright
import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from bitwright.converter.sensors.window import WindowFrontEnd, with_window
from bitwright.errors import BitwrightError
from single import activation, constant, single
from tools import needs_target


def network(features: int) -> Graph:
    weights = constant("w", np.ones((2, features), np.int8), [0.01] * 2, axis=0)
    bias = constant("b", np.zeros(2, np.int32))
    attrs = {"activation": "NONE", "keep_num_dims": False}
    source, target = activation("x", (1, features), 0.05, 4), activation("y", (), 0.1, 0)
    return single("FULLY_CONNECTED", [source, weights, bias], [target], attrs)


def test_features_reach_the_network_in_its_own_grid() -> None:
    front = WindowFrontEnd(64, 3, scale=0.001, features=("mean", "rms"))
    joined = read_native(write_native(with_window(network(6), front)), "model")
    assert joined.tensor(joined.inputs[0]).dtype is DType.INT16
    samples = np.random.default_rng(0).integers(-3000, 3000, (1, 64, 3)).astype(np.int16)
    got = Session(joined).trace([samples]).tensors["x"]
    real = samples[0] * 0.001
    wanted = np.stack([real.mean(axis=0), np.sqrt((real**2).mean(axis=0))], axis=1).reshape(1, -1) / 0.05 + 4
    assert np.abs(got - wanted).max() <= 0.51


@pytest.mark.parametrize("target", [needs_target(name) for name in ("host", "mps2-an386", "qemu-rv32")])
def test_bit_exact_on_the_targets(target: str) -> None:
    report = bitwright.verify(with_window(network(18), WindowFrontEnd(100, 3, scale=0.001)), target, vectors=4)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (WindowFrontEnd(64, 2, 0.001), "6 features of 2 axes are"),
        (WindowFrontEnd(64, 1, 0.0), "a scale above 0"),
        (WindowFrontEnd(1, 1, 0.001), "a window of 1 samples"),
        (WindowFrontEnd(64, 1, 0.001, ("median",)), "takes int8"),
    ],
)
def test_settings_that_do_not_fit(front: WindowFrontEnd, said: str) -> None:
    with pytest.raises(BitwrightError, match=said):
        Session(with_window(network(6), front))
