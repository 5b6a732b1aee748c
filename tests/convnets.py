"""Small float networks for tests of quantization."""

from __future__ import annotations

import numpy as np
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Array, Graph
from bitwright.converter.quantize.calibration import Calibration


def convnet(seed: int = 0, classes: int = 5) -> Graph:
    """conv - depthwise - branch (1x1 and max pool, concatenated) - residual add - mean - dense - softmax."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("convnet")

    def weights(name: str, fan_in: int, *shape: int) -> str:
        return b.constant(name, rng.normal(0, np.sqrt(2 / fan_in), shape))

    def bias(name: str, size: int) -> str:
        return b.constant(name, rng.normal(0, 0.1, size))

    window = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "RELU"}
    x = b.input("x", (1, 8, 8, 3))
    y = b.node("stem", "CONV_2D", [x, weights("w0", 27, 8, 3, 3, 3), bias("b0", 8)], window)
    y = b.node(
        "depthwise",
        "DEPTHWISE_CONV_2D",
        [y, weights("w1", 9, 1, 3, 3, 8), bias("b1", 8)],
        {**window, "depth_multiplier": 1},
    )
    left = b.node("left", "CONV_2D", [y, weights("w2", 8, 4, 1, 1, 8), bias("b2", 4)], {**window, "activation": "NONE"})
    right = b.node("right", "CONV_2D", [y, weights("w3", 8, 4, 1, 1, 8), bias("b3", 4)], window)
    y2 = b.node("join", "CONCATENATION", [left, right], {"axis": 3, "activation": "NONE"})
    y = b.node("residual", "ADD", [y, y2], {"activation": "NONE"})
    y = b.node("gate", "LOGISTIC", [y])
    y = b.node("pool", "MAX_POOL_2D", [y], {"padding": "VALID", "stride": (2, 2), "filter": (2, 2)})
    axes = b.constant("axes", np.array([1, 2], np.int32))
    y = b.node("mean", "MEAN", [y, axes], {"keep_dims": False})
    y = b.node("dense", "FULLY_CONNECTED", [y, weights("w4", 8, classes, 8), bias("b4", classes)], {})
    y = b.node("softmax", "SOFTMAX", [y], {"beta": 1.0})
    return b.finish([y])


def images(samples: int, shape: tuple[int, ...] = (8, 8, 3), seed: int = 1) -> Array:
    """Smooth random images: neighbouring pixels are alike, as in nature."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (samples, *shape)).astype(np.float32)
    return np.asarray(np.cumsum(noise, axis=1) / np.sqrt(shape[0]), np.float32)


def data(samples: int = 64, seed: int = 1) -> Calibration:
    """Calibration samples for :func:`convnet`."""
    return Calibration((images(samples, seed=seed),))
