"""Random small quantized networks: branches, several inputs and outputs, whatever the memory plan must get right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bitwright.converter.ir import DType, Graph, Node, Tensor, check
from bitwright.converter.ops import OPERATORS
from hypothesis import strategies as st
from single import activation, constant, seeds


class Network:
    """A network under construction; every choice is drawn, every constant comes from one generator.

    Attributes:
        uint8: whether the network will have a uint8 twin: weights per tensor, no bilinear resizing.
        made: every activation; alive: those that a further operator may read.
    """

    def __init__(self, draw: Any, dtype: DType = DType.INT8, uint8: bool = False) -> None:
        self.draw, self.dtype, self.uint8 = draw, dtype, uint8
        self.rng = np.random.default_rng(draw(seeds))
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.inputs: list[str] = []
        self.made: list[Tensor] = []
        self.alive: list[Tensor] = []

    def pick(self, *choices: Any) -> Any:
        """One of the choices."""
        return self.draw(st.sampled_from(choices))

    def input(self, shape: Sequence[int]) -> Tensor:
        """A graph input."""
        tensor = self._activation(f"x{len(self.inputs)}", shape, self._scale(0.02))
        self.inputs.append(tensor.name)
        return self._keep(tensor)

    def emit(
        self, op: str, inputs: Sequence[Tensor | None], scale: float, point: int | None = None, **attrs: Any
    ) -> Tensor:
        """A node; its output joins the activations."""
        name = f"t{len(self.nodes)}"
        node = Node(f"n{len(self.nodes)}", op, tuple(None if t is None else t.name for t in inputs), (name,), attrs)
        for tensor in inputs:
            if tensor is not None:
                self.tensors.setdefault(tensor.name, tensor)
        self.tensors[name] = self._activation(name, (), scale, point)
        (shape,) = OPERATORS[op].shapes(Graph("", self.tensors, (node,), (), ()), node)
        self.nodes.append(node)
        return self._keep(self._activation(name, shape, scale, self.tensors[name].zero_point))

    def same(self, op: str, inputs: Sequence[Tensor], **attrs: Any) -> Tensor:
        """A node whose output has its first input's scale and zero point."""
        return self.emit(op, inputs, inputs[0].scale, inputs[0].zero_point, **attrs)

    def numbers(self, *values: Any) -> Tensor:
        """A constant of whole numbers."""
        tensor = constant(f"k{len(self.tensors)}", np.array(values, np.int32))
        return self.tensors.setdefault(tensor.name, tensor)

    def weights(self, source: Tensor, shape: tuple[int, ...], axis: int) -> tuple[Tensor, Tensor, float]:
        """Weights, a bias, and an output scale that suits them."""
        channels = shape[axis]
        several = not self.uint8 and self.pick(True, False)
        scales = self.rng.uniform(0.002, 0.02, channels if several else 1)
        values = self.rng.integers(-127, 127, shape, endpoint=True).astype(np.int8)
        bias = self.rng.integers(-2000, 2000, channels)
        stored = bias.astype(np.int64 if self.dtype is DType.INT16 else np.int32)
        number = len(self.tensors)
        output = source.scale * float(scales.mean()) * 70 * math.sqrt(math.prod(shape) / channels)
        return (
            constant(f"w{number}", values, list(scales), axis=axis if several else None),
            constant(f"b{number}", stored, list(scales * source.scale), axis=0 if several else None),
            self._scale(output),
        )

    def finish(self) -> Graph:
        """Every activation that nothing reads is an output; some are outputs besides, or twice."""
        read = {name for node in self.nodes for name in node.inputs}
        outputs = [tensor.name for tensor in self.made if tensor.name not in read]
        outputs += self.draw(st.lists(st.sampled_from([tensor.name for tensor in self.made]), max_size=2))
        outputs = self.draw(st.permutations(outputs))
        return check(Graph("network", self.tensors, tuple(self.nodes), tuple(self.inputs), tuple(outputs)))

    def _activation(self, name: str, shape: Sequence[int], scale: float, point: int | None = None) -> Tensor:
        if point is None:
            point = 0 if self.dtype is DType.INT16 else int(self.rng.integers(-128, 128))
        return activation(name, shape, scale, point, self.dtype)

    def _scale(self, around: float) -> float:
        wide = 1 / 256 if self.dtype is DType.INT16 and not self.nodes and not self.alive else 1.0
        return float(np.float32(around * wide * self.rng.uniform(0.5, 1.5)))

    def _keep(self, tensor: Tensor) -> Tensor:
        self.tensors[tensor.name] = tensor
        self.made.append(tensor)
        self.alive.append(tensor)
        return tensor


class Fixed(Network):
    """A network in which nothing is drawn: the first of all choices, and constants by a seed."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__(lambda _: seed)

    def pick(self, *choices: Any) -> Any:
        """The first one."""
        return choices[0]

    def finish(self) -> Graph:
        """Every activation that nothing reads is an output."""
        read = {name for node in self.nodes for name in node.inputs}
        outputs = tuple(tensor.name for tensor in self.made if tensor.name not in read)
        return check(Graph("network", self.tensors, tuple(self.nodes), tuple(self.inputs), outputs))


Layer = Callable[[Network, Tensor], Any]
FUSED = ("NONE", "NONE", "RELU", "RELU6")


def conv(n: Network, x: Tensor) -> None:
    """1x1 or 3x3."""
    kernel, channels = n.pick(1, 3), n.draw(st.integers(1, 6))
    padding = n.pick("SAME", "VALID") if min(x.shape[1:3]) >= kernel else "SAME"
    weights, bias, scale = n.weights(x, (channels, kernel, kernel, x.shape[3]), 0)
    stride = n.pick((1, 1), (1, 1), (2, 2))
    n.emit(
        "CONV_2D", [x, weights, bias], scale, padding=padding, stride=stride, dilation=(1, 1), activation=n.pick(*FUSED)
    )


def depthwise(n: Network, x: Tensor) -> None:
    """3x3, with a multiplier of one or two."""
    multiplier = n.pick(1, 1, 2)
    weights, bias, scale = n.weights(x, (1, 3, 3, x.shape[3] * multiplier), 3)
    attrs = {"stride": (1, 1), "dilation": (1, 1), "depth_multiplier": multiplier, "activation": n.pick(*FUSED)}
    n.emit("DEPTHWISE_CONV_2D", [x, weights, bias], scale, padding="SAME", **attrs)


def pool(n: Network, x: Tensor) -> None:
    """2x2 or 3x3, by stride one or two."""
    attrs = {"filter": n.pick((2, 2), (3, 3)), "stride": n.pick((1, 1), (2, 2)), "activation": n.pick(*FUSED)}
    n.same(n.pick("AVERAGE_POOL_2D", "MAX_POOL_2D"), [x], padding="SAME", **attrs)


def add(n: Network, x: Tensor) -> None:
    """Any activation of the same shape, perhaps the same one."""
    other = n.pick(*(t for t in n.alive if t.shape == x.shape))
    n.emit("ADD", [x, other], n._scale(x.scale + other.scale), activation=n.pick(*FUSED))


def concat(n: Network, x: Tensor) -> None:
    """Along any axis along which there is something of x's scale; always itself."""
    axis = n.draw(st.integers(1, len(x.shape) - 1))
    fits = [
        t
        for t in n.alive
        if (t.scale, t.zero_point) == (x.scale, x.zero_point)
        and len(t.shape) == len(x.shape)
        and all(a == b or i == axis for i, (a, b) in enumerate(zip(t.shape, x.shape, strict=True)))
    ]
    parts = [x, *n.draw(st.lists(st.sampled_from(fits), min_size=1, max_size=3))]
    n.same("CONCATENATION", parts, axis=axis - n.pick(0, len(x.shape)), activation="NONE")


def pad(n: Network, x: Tensor) -> None:
    """Rows, columns, or channels too."""
    margins = [(0, 0)] + [n.pick((0, 0), (1, 1), (0, 1), (2, 0)) for _ in x.shape[1:]]
    n.same("PAD", [x, n.numbers(*margins)])


def cut(n: Network, x: Tensor) -> None:
    """A part of every axis but the first."""
    begins = [0, *(n.draw(st.integers(0, size - 1)) for size in x.shape[1:])]
    n.same("SLICE", [x, n.numbers(*begins), n.numbers(*(-1 for _ in begins))])


def reshape(n: Network, x: Tensor) -> None:
    """From images to vectors and back."""
    size = x.elements
    shape = (1, size) if len(x.shape) == 4 else (1, 1, 1, size) if n.pick(True, False) else (1, size, 1, 1)
    n.same("RESHAPE", [x], new_shape=shape)


def resize(n: Network, x: Tensor) -> None:
    """To any size near the image's, by the nearest pixels or between them."""
    size = [n.draw(st.integers(1, 2 * side)) for side in x.shape[1:3]]
    ops = ["RESIZE_NEAREST_NEIGHBOR"] if n.uint8 else ["RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"]
    n.same(n.pick(*ops), [x, n.numbers(*size)], align_corners=False, half_pixel_centers=n.pick(True, False))


def turn(n: Network, x: Tensor) -> None:
    """TRANSPOSE of all axes but the first."""
    order = [0, *n.draw(st.permutations(range(1, len(x.shape))))]
    n.same("TRANSPOSE", [x, n.numbers(*order)])


def mean(n: Network, x: Tensor) -> None:
    """Over rows and columns."""
    n.emit("MEAN", [x, n.numbers(1, 2)], n._scale(x.scale / 2), keep_dims=n.pick(True, False))


def dense(n: Network, x: Tensor) -> None:
    """FULLY_CONNECTED over the last axis."""
    weights, bias, scale = n.weights(x, (n.draw(st.integers(1, 9)), x.shape[-1]), 0)
    n.emit("FULLY_CONNECTED", [x, weights, bias], scale, activation=n.pick(*FUSED), keep_num_dims=False)


def softmax(n: Network, x: Tensor) -> None:
    """Over the last axis."""
    scale, point = (1 / 256, -128) if n.dtype is DType.INT8 else (1 / 32768, 0)
    n.emit("SOFTMAX", [x], scale, point, beta=1.0)


def relu(n: Network, x: Tensor) -> None:
    """At the same scale or at another."""
    n.emit("RELU", [x], x.scale * n.pick(1.0, 0.7))


LAYERS: dict[int, tuple[Layer, ...]] = {
    4: (conv, conv, depthwise, pool, add, concat, pad, cut, resize, turn, reshape, mean, relu),
    2: (dense, dense, softmax, add, concat, pad, cut, reshape, relu),
}
MOST_ELEMENTS = 600


@st.composite
def networks(draw: Any, dtype: DType = DType.INT8, uint8: bool = False, least: int = 3, most: int = 8) -> Graph:
    """``least`` to ``most`` operators, each on any activation that is there."""
    n = Network(draw, dtype, uint8)
    image = (1, draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 5)))
    n.input(image)
    for _ in range(draw(st.integers(0, 2))):
        n.input(image if draw(st.booleans()) else (1, draw(st.integers(1, 12))))
    for _ in range(draw(st.integers(least, most))):
        # Late activations are likelier: branches, but chains too.
        source = n.pick(*n.alive[-2:], *n.alive)
        draw(st.sampled_from(LAYERS[len(source.shape)]))(n, source)
        n.alive = [tensor for tensor in n.alive if tensor.elements <= MOST_ELEMENTS]
    return n.finish()
