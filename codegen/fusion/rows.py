"""Which rows of its inputs an operator needs for rows of its output, and the operator as it is on those rows alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ...converter.ir import Graph, Node
from ...converter.ops.window import Window

_WINDOWED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"})
_ELEMENTWISE = frozenset(
    {"ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"}
    | {"RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "LEAKY_RELU", "ELU", "ABS", "NEG", "QUANTIZE"}
)


@dataclass(frozen=True)
class Band:
    """Rows of an output, and what they need: rows ``first`` to ``last - 1`` of each image that is read, and padding
    ``above`` and ``below`` them."""

    rows: int
    first: int
    last: int
    above: int
    below: int


@dataclass(frozen=True)
class Rows:
    """How an operator's output rows follow from rows of its inputs; images without a window read row by row.

    Attributes:
        images: names of the inputs that are read; ``window`` is None where they are read row by row.
        height: rows of the output.
    """

    images: tuple[str, ...]
    window: Window | None
    height: int

    def band(self, first: int, last: int) -> Band:
        """What the output rows ``first`` to ``last - 1`` need."""
        if self.window is None:
            return Band(last - first, first, last, 0, 0)
        shape = self.window
        reach = (shape.kernel[0] - 1) * shape.dilation[0] + 1
        start = first * shape.stride[0] - shape.before[0]
        stop = (last - 1) * shape.stride[0] - shape.before[0] + reach
        low, high = max(0, start), min(shape.input[0], stop)
        return Band(last - first, low, high, low - start, stop - high)


def rows_of(graph: Graph, node: Node, params: Any) -> Rows | None:
    """The rows of an operator, or None where its output is not made row by row.

    Args:
        params: what ``prepare_node`` gives.
    """
    if len(node.outputs) != 1 or "variable" in node.attrs or node.states:
        return None
    shape = graph.output(node).shape
    images = [name for name in node.inputs if name is not None and not graph.tensor(name).is_constant]
    shapes = [graph.tensor(name).shape for name in images]
    if len(shape) != 4 or shape[0] != 1 or not images or any(len(s) != 4 or s[0] != 1 for s in shapes):
        return None
    if node.op in _WINDOWED:
        window: Window = params.window
        return Rows((images[0],), window, shape[1]) if len(images) == 1 and _touches(window) else None
    operands = [name for name in node.inputs if name is not None]
    by_rows = (node.op in _ELEMENTWISE and all(s == shape for s in shapes)) or (
        node.op == "CONCATENATION" and node.attrs["axis"] in (3, -1)
    )
    return Rows(tuple(images), None, shape[1]) if by_rows and len(operands) == len(images) else None


def _touches(window: Window) -> bool:
    """Whether every window reaches into the input."""
    first = (window.kernel[0] - 1) * window.dilation[0] + 1 - window.before[0]
    last = (window.output[0] - 1) * window.stride[0] - window.before[0]
    return first > 0 and last < window.input[0]


def on_band(graph: Graph, node: Node, rows: Rows, band: Band) -> tuple[Graph, Node]:
    """The operator on a band as a graph of its own: fewer rows, and padding where the band meets the edges."""
    tensors = {name: graph.tensors[name] for name in (*node.inputs, *node.outputs) if name is not None}
    for name in rows.images:
        tensors[name] = _cut(tensors[name], band.last - band.first)
    output = node.outputs[0]
    tensors[output] = _cut(tensors[output], band.rows)
    if rows.window is not None:
        left, shape = rows.window.before[1], rows.window
        reach = (shape.output[1] - 1) * shape.stride[1] + (shape.kernel[1] - 1) * shape.dilation[1] + 1
        right = max(0, reach - shape.input[1] - left)
        padding = ((band.above, band.below), (left, right))
        node = replace(node, attrs={**node.attrs, "padding": padding})
    return Graph(graph.name, tensors, (node,), rows.images, node.outputs), node


def _cut(tensor: Any, rows: int) -> Any:
    return replace(tensor, shape=(1, rows, *tensor.shape[2:]))
