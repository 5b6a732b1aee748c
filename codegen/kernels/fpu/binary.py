"""Lowering of operators on two tensors in float."""

from __future__ import annotations

import math

from ....converter.ir import Graph, Node
from ....converter.ops.floating.binary import NAMES, FloatBinary
from ..call import Field, KernelCall
from .names import SUFFIX

_DIMENSIONS = 6


def lower(_graph: Graph, _node: Node, params: FloatBinary) -> KernelCall:
    """``bw_binary_f32`` or ``_f16``, in place of an input that is not broadcast."""
    same = params.shape_1 == params.shape_2 == params.shape
    shapes = [(math.prod(shape),) if same else shape for shape in (params.shape, params.shape_1, params.shape_2)]
    whole, first, second = ((1,) * (_DIMENSIONS - len(shape)) + shape for shape in shapes)
    fields: dict[str, Field] = {
        "operation": NAMES.index(params.operation),
        "shape": whole,
        "stride_1": _strides(first, whole),
        "stride_2": _strides(second, whole),
        "low": params.low,
        "high": params.high,
    }
    kept = [index for index, shape in enumerate((params.shape_1, params.shape_2)) if shape == params.shape]
    return KernelCall(f"bw_binary_{SUFFIX[params.dtype]}", fields, (0, 1), distance=dict.fromkeys(kept, 0))


def _strides(shape: tuple[int, ...], whole: tuple[int, ...]) -> tuple[int, ...]:
    """Elements from one to the next along every dimension of the output; 0 where an input is broadcast."""
    return tuple(
        0 if size == 1 and size != wanted else math.prod(shape[axis + 1 :])
        for axis, (size, wanted) in enumerate(zip(shape, whole, strict=True))
    )
