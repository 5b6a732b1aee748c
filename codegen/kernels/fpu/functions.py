"""Lowering of functions of one value in float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.functions import FloatFunction
from ..call import Field, KernelCall
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatFunction) -> KernelCall:
    """``bw_function_f32`` or ``_f16``, in place where that saves memory."""
    fields: dict[str, Field] = {
        "elements": params.elements,
        "function": params.function,
        "low": params.low,
        "high": params.high,
    }
    return KernelCall(f"bw_function_{SUFFIX[params.dtype]}", fields, distance={0: 0})
