"""Layers in float16 that are deep and wide enough for every block, vector and remainder of their sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from bitwright.converter.ir import DType, Graph, Tensor
from floating import layer, real, weights
from single import activation, constant

HALF = DType.FLOAT16


def dense() -> Graph:
    """Two blocks and a rest, two rows, one unit more than fours."""
    generator = np.random.default_rng(0)
    return layer("FULLY_CONNECTED", [activation("in", (2, 300), 0.02, 5), weights(generator, "w", (21, 300))], HALF)


def recurrent() -> Graph:
    """An LSTM whose state is longer than a block."""
    generator = np.random.default_rng(1)
    matrices = [weights(generator, name, (4 * 130, size), 0.002) for name, size in (("W", 24), ("R", 130))]
    return layer("LSTM", [activation("in", (1, 2, 24), 0.02), *matrices], HALF)


def attention() -> Graph:
    """More keys than a lane takes, windows that begin within one's share, values of two wide vectors and a rest."""
    shapes = {"q": (1, 20, 144), "k": (1, 40, 144), "v": (1, 40, 144)}
    sources = [activation(name, shape, 0.02, 3) for name, shape in shapes.items()]
    return layer("ATTENTION", sources, HALF, {"heads": 2, "before": 27, "after": 3})


def cached_attention() -> Graph:
    """A ring that turns, longer than a lane's share."""
    sources = [activation(name, (1, 30, width), 0.02) for name, width in zip("qkv", (20, 20, 82), strict=True)]
    return layer("CACHED_ATTENTION", sources, HALF, {"heads": 2, "context": 20, "slopes": ()})


def product(first: tuple[int, ...], second: tuple[int, ...], x: bool, y: bool) -> Callable[[], Graph]:
    """A product of two activations, either transposed."""

    def graph() -> Graph:
        sources: list[Tensor | None] = [activation("a", first, 0.02, 3), activation("b", second, 0.001, 0, DType.INT16)]
        return layer("BATCH_MATMUL", sources, HALF, {"adj_x": x, "adj_y": y})

    return graph


def conv(kernel: int, stride: int, dilation: int) -> Callable[[], Graph]:
    """A convolution of 20 channels."""

    def graph() -> Graph:
        generator = np.random.default_rng(3)
        operands = [activation("in", (2, 6, 7, 20), 0.02, 3), weights(generator, "w", (9, kernel, kernel, 20))]
        attrs = {"stride": (stride, stride), "padding": "SAME", "dilation": (dilation, dilation)}
        return layer("CONV_2D", [*operands, real("b", generator.normal(size=9))], HALF, attrs)

    return graph


def depthwise(channels: int, multiplier: int) -> Callable[[], Graph]:
    """A depthwise convolution of more taps than a lane takes."""

    def graph() -> Graph:
        generator = np.random.default_rng(4)
        units = channels * multiplier
        values = generator.integers(-127, 127, (1, 5, 5, units), np.int8, endpoint=True)
        matrix = constant("w", values, generator.uniform(0.01, 0.02, units).tolist(), axis=3)
        attrs = {"stride": (1, 2), "padding": "SAME", "dilation": (1, 1)}
        return layer("DEPTHWISE_CONV_2D", [activation("in", (1, 6, 7, channels), 0.02, 3), matrix], HALF, attrs)

    return graph


LAYERS: Mapping[str, Callable[[], Graph]] = {
    "dense": dense,
    "recurrent": recurrent,
    "attention": attention,
    "cached attention": cached_attention,
    "product": product((5, 150), (150, 45), False, False),
    "product, first transposed": product((150, 5), (2, 150, 9), True, False),
    "product, second transposed": product((5, 150), (45, 150), False, True),
    "product, both transposed": product((150, 5), (45, 150), True, True),
    "product with a column": product((6, 30), (30, 1), False, False),
    "convolution": conv(3, 1, 1),
    "convolution with holes": conv(3, 2, 2),
    "convolution of pixels": conv(1, 1, 1),
    "convolution of some pixels": conv(1, 2, 1),
    "depthwise convolution": depthwise(45, 1),
    "depthwise convolution, two units for each channel": depthwise(9, 2),
}
