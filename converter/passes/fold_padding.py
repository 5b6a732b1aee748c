"""Folds PAD into the explicit padding of the convolution or pool after it, and names paddings that have a name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...errors import ModelError
from ..ir import Graph, Node
from ..ops.window import Window, window
from .rewriter import Rewriter

Margins = tuple[tuple[int, int], tuple[int, int]]

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_WINDOWED = (*_CONVOLUTIONS, "MAX_POOL_2D", "AVERAGE_POOL_2D")
#: Nothing that an activation holds is smaller than this: what frameworks pad a maximum with.
_LOWEST = -1e30
_NOT_NEGATIVE = ("RELU", "RELU6")


def fold_padding(graph: Graph) -> Graph:
    """The graph with constant padding inside the operators that read it, where every reader can take it.

    Convolutions take zeros. MAX_POOL_2D, which ignores what lies outside, takes the lowest value, and zeros where its
    input cannot be negative. AVERAGE_POOL_2D takes none, since it does not count what lies outside. Explicit padding
    that equals SAME or VALID is named so.
    """
    rewriter = Rewriter(graph)
    for name in list(rewriter.nodes):
        node = rewriter.nodes[name]
        if node.op in ("PAD", "PADV2"):
            _fold(rewriter, node)
    for node in list(rewriter.nodes.values()):
        if node.op in _WINDOWED and isinstance(node.attrs["padding"], tuple):
            rewriter.replace(node, replace(node, attrs={**node.attrs, "padding": _named(rewriter, node)}))
    return rewriter.finish()


def _fold(rewriter: Rewriter, node: Node) -> None:
    margins, value = _margins(rewriter, node), _value(rewriter, node)
    source, target = rewriter.tensors[str(node.inputs[0])], rewriter.tensors[node.outputs[0]]
    readers = rewriter.readers(target.name)
    if margins is None or value is None or not readers or target.name in rewriter.outputs:
        return
    if target.stored is not None and (source.stored, source.quant) != (target.stored, target.quant):
        return
    padded = [_padded(rewriter, node, reader, margins, value) for reader in readers]
    if any(reader is None for reader in padded):
        return
    for old, new in zip(readers, padded, strict=True):
        assert new is not None
        rewriter.replace(old, new)
    rewriter.remove(node)


def _margins(rewriter: Rewriter, node: Node) -> Margins | None:
    """Rows above and below, columns left and right; None where something else is padded too."""
    value = rewriter.tensors[str(node.inputs[1])].data
    if value is None or value.shape != (4, 2) or value[0].any() or value[3].any():
        return None
    rows, columns = value[1:3].tolist()
    return (rows[0], rows[1]), (columns[0], columns[1])


def _value(rewriter: Rewriter, node: Node) -> float | None:
    """The constant that is padded with, in real numbers; None where it is not known."""
    if rewriter.tensors[node.outputs[0]].data is not None:
        return None
    if node.op == "PAD":
        return 0.0
    fill = rewriter.tensors[str(node.inputs[2])].data
    return None if fill is None or fill.dtype != np.float32 else float(fill.reshape(-1)[0])


def _padded(rewriter: Rewriter, pad: Node, reader: Node, margins: Margins, value: float) -> Node | None:
    """The reader of the unpadded tensor; None where that is not the same function."""
    if reader.op not in _WINDOWED or list(reader.inputs).count(pad.outputs[0]) != 1:
        return None
    if reader.inputs[0] != pad.outputs[0] or not _takes(rewriter, pad, reader, value):
        return None
    inner = _explicit(rewriter, reader)
    total = tuple((a + c, b + d) for (a, b), (c, d) in zip(margins, inner, strict=True))
    moved = replace(reader, inputs=(pad.inputs[0], *reader.inputs[1:]), attrs={**reader.attrs, "padding": total})
    try:
        shape = _window(rewriter, moved)
    except ModelError:
        return None
    return moved if shape.output == rewriter.tensors[reader.outputs[0]].shape[1:3] else None


def _takes(rewriter: Rewriter, pad: Node, reader: Node, value: float) -> bool:
    if reader.op in _CONVOLUTIONS:
        return value == 0
    if reader.op != "MAX_POOL_2D":
        return False
    if value <= _LOWEST:
        return True
    producer = rewriter.producer(pad.inputs[0])
    clamped = producer is not None and (
        producer.op in _NOT_NEGATIVE or producer.attrs.get("activation", "NONE") in _NOT_NEGATIVE
    )
    return value == 0 and clamped


def _explicit(rewriter: Rewriter, node: Node) -> Margins:
    """The node's padding in numbers."""
    padding = node.attrs["padding"]
    if isinstance(padding, tuple):
        return padding[0], padding[1]
    if padding == "VALID":
        return (0, 0), (0, 0)
    shape = _window(rewriter, node)
    first, second = (
        (before, max(0, (out - 1) * step + (taps - 1) * spread + 1 - size - before))
        for size, out, step, taps, spread, before in zip(
            shape.input, shape.output, shape.stride, shape.kernel, shape.dilation, shape.before, strict=True
        )
    )
    return first, second


def _window(rewriter: Rewriter, node: Node) -> Window:
    source = rewriter.tensors[str(node.inputs[0])]
    if node.op in _CONVOLUTIONS:
        weights = rewriter.tensors[str(node.inputs[1])]
        return window(node, source.shape, weights.shape[1:3], node.attrs["dilation"])
    return window(node, source.shape, node.attrs["filter"])


def _named(rewriter: Rewriter, node: Node) -> str | Margins:
    """SAME or VALID where every window lies as with the explicit padding; else that."""
    explicit: Margins = node.attrs["padding"]
    wanted = _window(rewriter, node)
    for name in ("VALID", "SAME"):
        try:
            shape = _window(rewriter, replace(node, attrs={**node.attrs, "padding": name}))
        except ModelError:
            continue
        if (shape.before, shape.output) == (wanted.before, wanted.output):
            return name
    return explicit
