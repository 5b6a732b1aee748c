"""FULLY_CONNECTED over many rows by the kernels of convolution: every row is a pixel, every unit a channel."""

from __future__ import annotations

from collections.abc import Callable

from ...converter.ir import Graph, Node
from ...converter.ops.conv import Conv
from ...converter.ops.fully_connected import FullyConnected
from ...converter.ops.window import Window
from .call import KernelCall
from .kernel import Kernel, Lowering


def rows_as_pixels(name: str, lower: Callable[[Graph, Node, Conv], KernelCall | None]) -> Kernel:
    """The kernel ``rows_<name>``: that of a 1x1 convolution, which shares weights among pixels, where there are several
    rows."""
    return Kernel(f"rows_{name}", _lowering(lower))


def _lowering(lower: Callable[[Graph, Node, Conv], KernelCall | None]) -> Lowering:
    def lower_rows(graph: Graph, node: Node, params: FullyConnected) -> KernelCall | None:
        return lower(graph, node, as_pixels(params)) if params.rows > 1 else None

    return lower_rows


def as_pixels(params: FullyConnected) -> Conv:
    """The 1x1 convolution over an image of one row."""
    one, pixels = (1, 1), (1, params.rows)
    units, depth = params.weights.shape
    return Conv(
        Window(input=pixels, kernel=one, stride=one, dilation=one, before=(0, 0), output=pixels),
        1,
        params.weights.reshape(units, 1, 1, depth),
        params.bias,
        params.input_zero_point,
        params.requant,
        params.bound,
    )
