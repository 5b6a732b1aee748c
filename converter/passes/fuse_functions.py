"""Recognizes functions that exporters take apart: SILU, HARD_SIGMOID and HARD_SWISH.

One table then takes the place of two or three, and nothing is rounded in between.
"""

from __future__ import annotations

import math

import numpy as np

from ..ir import Graph, Node
from .rewriter import Rewriter

#: What ``x * f(x)`` is called, by f.
_GATED = {"LOGISTIC": "SILU", "HARD_SIGMOID": "HARD_SWISH"}


def fuse_functions(graph: Graph) -> Graph:
    """The graph with ``x * logistic(x)``, ``relu6(x + 3) / 6`` and ``x * relu6(x + 3) / 6`` as one operator each.

    Only where nothing else reads the values between, and none of them carries a grid.
    """
    rewriter = Rewriter(graph)
    for name in list(rewriter.nodes):
        node = rewriter.nodes.get(name)
        if node is None or node.op != "MUL" or node.attrs.get("activation", "NONE") != "NONE":
            continue
        fused = _gated(rewriter, node) or _scaled(rewriter, node)
        if fused is not None:
            rewriter.replace(node, Node(node.name, fused[0], (fused[1],), node.outputs))
    return rewriter.finish()


def _gated(rewriter: Rewriter, node: Node) -> tuple[str, str] | None:
    """``x * f(x)``."""
    first, second = (str(name) for name in node.inputs)
    for source, gate in ((first, second), (second, first)):
        function = _between(rewriter, gate)
        if function is not None and function.op in _GATED and function.inputs[0] == source:
            return _GATED[function.op], source
    return None


def _scaled(rewriter: Rewriter, node: Node) -> tuple[str, str] | None:
    """``relu6(x + 3) * (1 / 6)``, or ``(x * relu6(x + 3)) * (1 / 6)``."""
    first, second = (str(name) for name in node.inputs)
    inner, factor = (second, first) if rewriter.tensors[first].is_constant else (first, second)
    if not _is_number(rewriter, factor, 1 / 6):
        return None
    source = _shifted(rewriter, inner)
    if source is not None:
        return "HARD_SIGMOID", source
    product = _between(rewriter, inner)
    if product is None or product.op != "MUL" or product.attrs.get("activation", "NONE") != "NONE":
        return None
    left, right = (str(name) for name in product.inputs)
    for source, gate in ((left, right), (right, left)):
        if _shifted(rewriter, gate) == source:
            return "HARD_SWISH", source
    return None


def _shifted(rewriter: Rewriter, name: str) -> str | None:
    """x where the tensor is ``relu6(x + 3)``."""
    clamp = _between(rewriter, name)
    if clamp is None:
        return None
    total, activation = clamp, clamp.attrs.get("activation", "NONE")
    if clamp.op == "RELU6":
        inner = _between(rewriter, str(clamp.inputs[0]))
        if inner is None or inner.attrs.get("activation", "NONE") != "NONE":
            return None
        total, activation = inner, "RELU6"
    if total.op != "ADD" or activation != "RELU6":
        return None
    first, second = (str(operand) for operand in total.inputs)
    source, constant = (second, first) if rewriter.tensors[first].is_constant else (first, second)
    return source if _is_number(rewriter, constant, 3.0) else None


def _between(rewriter: Rewriter, name: str) -> Node | None:
    """The node that writes a value which one node alone reads, and which has no grid."""
    if not rewriter.is_private(name) or rewriter.tensors[name].stored is not None:
        return None
    return rewriter.producer(name)


def _is_number(rewriter: Rewriter, name: str, wanted: float) -> bool:
    tensor = rewriter.tensors[name]
    if tensor.data is None or tensor.data.dtype != np.float32 or tensor.elements != 1 or tensor.stored is not None:
        return False
    return math.isclose(float(tensor.data.reshape(-1)[0]), wanted, rel_tol=1e-6)
