"""Random integer layers for tests of one instruction set's kernels: odd sizes, saturating data, dead channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from bitwright.converter.ir import Graph, Tensor
from single import activation, constant, single

Range = tuple[int, int]  # of random sizes, both ends included


def pick(rng: np.random.Generator, *choices: Any) -> Any:
    """One of the choices."""
    return choices[int(rng.integers(len(choices)))]


def within(rng: np.random.Generator, bounds: Range) -> int:
    """A number of a range."""
    return int(rng.integers(*bounds, endpoint=True))


def zero_point(rng: np.random.Generator) -> int:
    """Any."""
    return within(rng, (-128, 127))


def constants(rng: np.random.Generator, shape: tuple[int, ...], axis: int, input_scale: float) -> list[Tensor]:
    """Weights and biases; a channel that saturates, and sometimes one that training left dead."""
    channels = shape[axis]
    scales = rng.uniform(0.001, 0.02, channels)
    if rng.random() < 0.3:
        scales[0] = 1e-12
    weights = rng.integers(-127, 127, shape, endpoint=True).astype(np.int8)
    bias = rng.integers(-(2**15), 2**15, channels).astype(np.int32)
    return [
        constant("w", weights, list(scales), axis=axis),
        constant("b", bias, list(scales * input_scale), axis=0),
    ]


def convolution(
    rng: np.random.Generator, in_c: Range, out_c: Range, kernel: tuple[int, int] | None = None, depthwise: bool = False
) -> Graph:
    """CONV_2D or DEPTHWISE_CONV_2D of an image of a few pixels; kernels of up to 4x4. If depthwise, `out_c` is per
    input channel."""
    taps = kernel or (within(rng, (1, 4)), within(rng, (1, 4)))
    dilation = pick(rng, (1, 1), (1, 1), (1, 1), (2, 1), (1, 2))
    stride = pick(rng, (1, 1), (2, 2), (within(rng, (1, 3)), within(rng, (1, 3)))) if dilation == (1, 1) else (1, 1)
    attrs = {
        "padding": pick(rng, "SAME", "VALID"),
        "stride": stride,
        "dilation": dilation,
        "activation": pick(rng, "NONE", "RELU", "RELU6"),
    }
    depth = within(rng, in_c)
    channels = within(rng, out_c)
    shape = (1, *taps, channels * depth) if depthwise else (channels, *taps, depth)
    attrs |= {"depth_multiplier": channels} if depthwise else {}
    size = (within(rng, (1, 2)), within(rng, (7, 11)), within(rng, (7, 14)), depth)
    source = activation("x", size, 0.05, zero_point(rng))
    target = activation("y", (), float(rng.uniform(0.05, 0.5)), pick(rng, -128, zero_point(rng)))
    op = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    return single(op, [source, *constants(rng, shape, 3 if depthwise else 0, 0.05)], [target], attrs)


def fully_connected(rng: np.random.Generator, depth: Range, units: Range) -> Graph:
    """FULLY_CONNECTED of a few rows."""
    shape = (within(rng, units), within(rng, depth))
    source = activation("x", (within(rng, (1, 5)), shape[1]), 0.05, zero_point(rng))
    target = activation("y", (), float(rng.uniform(0.05, 0.5)), zero_point(rng))
    return single("FULLY_CONNECTED", [source, *constants(rng, shape, 0, 0.05)], [target], {"activation": "NONE"})


def sum_of_two(rng: np.random.Generator, size: Range) -> Graph:
    """ADD or SUB of one shape."""
    shape = (1, within(rng, size))
    sources = [activation(name, shape, float(rng.uniform(0.02, 0.1)), zero_point(rng)) for name in ("x", "z")]
    target = activation("y", (), 0.08, zero_point(rng))
    return single(pick(rng, "ADD", "SUB"), sources, [target], {"activation": "NONE"})


def pooling(rng: np.random.Generator, channels: Range) -> Graph:
    """AVERAGE_POOL_2D or MAX_POOL_2D of windows of up to 5x5."""
    source = activation("x", (within(rng, (1, 2)), 7, 9, within(rng, channels)), 0.05, zero_point(rng))
    attrs = {
        "padding": pick(rng, "SAME", "VALID"),
        "stride": (within(rng, (1, 3)), within(rng, (1, 3))),
        "filter": (within(rng, (1, 5)), within(rng, (1, 5))),
        "activation": pick(rng, "NONE", "RELU", "RELU6"),
    }
    target = activation("y", (), 0.05, source.zero_point)
    return single(pick(rng, "AVERAGE_POOL_2D", "MAX_POOL_2D"), [source], [target], attrs)


def by_table(rng: np.random.Generator, size: Range) -> Graph:
    """A function of single values that becomes a table."""
    source = activation("x", (1, within(rng, size)), 0.05, zero_point(rng))
    return single("HARD_SWISH", [source], [activation("y", (), 0.04, zero_point(rng))])


def mean(rng: np.random.Generator, channels: Range) -> Graph:
    """MEAN or SUM of an image's pixels."""
    source = activation("x", (within(rng, (1, 3)), 3, 4, within(rng, channels)), 0.05, zero_point(rng))
    axes = constant("axes", np.array(pick(rng, [1, 2], [1], [2], [0, 1]), np.int32))
    target = activation("y", (), float(rng.uniform(0.01, 0.4)), zero_point(rng))
    return single(pick(rng, "MEAN", "SUM"), [source, axes], [target], {"keep_dims": False})


def joined(rng: np.random.Generator, size: Range) -> Graph:
    """CONCATENATION of two images' rows: runs of bytes that are moved."""
    sources = [activation(name, (3, within(rng, size)), 0.05, 3) for name in ("x", "z")]
    attrs = {"axis": 1, "activation": "NONE"}
    return single("CONCATENATION", sources, [activation("y", (), 0.05, 3)], attrs)
