"""Computes what is constant: shape arithmetic and operators over constants, by the ``onnx`` package's reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ....errors import ModelError
from ...ir import Array, Quantization
from ...limits import MOST_CONSTANTS
from ..emitter import Grid
from .call import Constant
from .model import first_line

#: Operators that are computed when all their inputs are known.
FOLDED = frozenset(
    {"Constant", "ConstantOfShape", "Range", "Shape", "Size", "Identity", "Cast", "CastLike", "Gather", "Concat"}
    | {"Slice", "Split", "Squeeze", "Unsqueeze", "Reshape", "Flatten", "Transpose", "Expand", "Tile", "Pad", "Where"}
    | {"Add", "Sub", "Mul", "Div", "Mod", "Pow", "Neg", "Abs", "Sqrt", "Exp", "Log", "Reciprocal", "Floor", "Ceil"}
    | {"Round", "Sign", "Min", "Max", "Sum", "Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Not"}
    | {"And", "Or", "ReduceSum", "ReduceProd", "ReduceMin", "ReduceMax", "ReduceMean", "MatMul", "Gemm", "Clip"}
    | {"ScatterND", "GatherND", "GatherElements", "Trilu", "EyeLike", "CumSum", "OneHot", "Sin", "Cos", "Dropout"}
    | {"Sigmoid", "Tanh", "Relu", "BatchNormalization"}
)


def fold(node: Any, version: int, inputs: Sequence[Constant | None], names: Sequence[str]) -> list[Constant]:
    """The outputs of a node whose inputs are all known.

    Raises:
        ModelError: a result of more bytes than are served, or one that cannot be computed.
    """
    operands = {name: value.value for name, value in zip(node.input, inputs, strict=True) if value is not None and name}
    place = f"{node.name or node.op_type} ({node.op_type})"
    _check_size(node, version, operands, place)
    values = _evaluated(node, version, operands, place)
    grid = _grid(node, inputs, values[0])
    return [Constant(name, np.asarray(value), grid) for name, value in zip(names, values, strict=True)]


def _evaluated(node: Any, version: int, operands: Mapping[str, Array], place: str) -> list[Array]:
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    graph = helper.make_graph(
        [node],
        "constants",
        [helper.make_value_info(name, helper.make_tensor_type_proto(0, None)) for name in operands],
        [helper.make_value_info(name, helper.make_tensor_type_proto(0, None)) for name in node.output if name],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])
    try:
        with np.errstate(all="ignore"):
            results = ReferenceEvaluator(model).run(None, dict(operands))
    except Exception as error:  # numpy and onnx raise many kinds
        raise ModelError(f"{place}: it cannot be computed: {first_line(error)}") from error
    return list(results)


def _check_size(node: Any, version: int, operands: Mapping[str, Array], place: str) -> None:
    """The results' sizes are inferred first, so that nothing large is computed. Raises ModelError."""
    from onnx import helper, numpy_helper, shape_inference

    graph = helper.make_graph(
        [node],
        "sizes",
        [],
        [helper.make_value_info(name, helper.make_tensor_type_proto(0, None)) for name in node.output if name],
        [numpy_helper.from_array(value, name) for name, value in operands.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])
    try:
        inferred = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except Exception as error:
        raise ModelError(f"{place}: its shapes cannot be inferred: {first_line(error)}") from error
    for output in inferred.graph.output:
        tensor = output.type.tensor_type
        sizes = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim]
        if not tensor.HasField("shape") or -1 in sizes:
            raise ModelError(f"{place}: the shape of its result depends on more than shapes")
        count = 8
        for size in sizes:
            count *= size
        if count > MOST_CONSTANTS:
            raise ModelError(f"{place}: a constant of shape {sizes} is larger than {MOST_CONSTANTS} bytes")


def _grid(node: Any, inputs: Sequence[Constant | None], value: Array) -> Grid | None:
    """The grid of moved weights: that of the only input that has one."""
    source = inputs[0] if inputs else None
    if source is None or source.grid is None:
        return None
    quant = source.grid.quant
    if node.op_type in ("Identity", "Dropout") or (quant.axis is None and node.op_type in _MOVES):
        return source.grid
    if node.op_type == "Transpose" and quant.axis is not None:
        order = next((list(a.ints) for a in node.attribute if a.name == "perm"), list(range(value.ndim))[::-1])
        return Grid(Quantization(quant.scale, quant.zero_point, order.index(quant.axis)), source.grid.stored)
    return None


_MOVES = frozenset({"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Gather", "Expand", "Tile"})
