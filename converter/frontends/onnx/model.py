"""Opens an ONNX file: the protobuf, its operator sets, its initializers and its inputs' fixed shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ....errors import ModelError, ToolError, UnsupportedError
from ...ir import Array
from ...limits import MOST_CONSTANTS, MOST_DIMENSIONS, MOST_ELEMENTS, MOST_OPERATORS, MOST_TENSORS

#: Operator sets that are read. The newest ones add operators and types to those of 21, but change none that is served.
OLDEST, NEWEST = 7, 24
_FLOATS = ("float32", "float16", "float64", "bfloat16")


def first_line(error: Exception) -> str:
    """What an error of a package says, in one line."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def is_onnx(data: bytes) -> bool:
    """Whether a file starts as ONNX models do: with the first field of the protobuf, the version of the format."""
    return data[:1] == b"\x08" and data[4:8] != b"TFL3"


def open_model(data: bytes, name: str) -> Any:
    """The model of a file's content.

    Raises:
        ToolError: the package onnx is not installed.
        ModelError: the file is damaged, too large, or keeps its weights elsewhere.
        UnsupportedError: its operator set is not served.
    """
    try:
        import onnx
    except ImportError as error:
        raise ToolError("ONNX models need onnx: pip install 'bitwright[onnx]'") from error
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf raises DecodeError, onnx others
        raise ModelError(f"'{name}' is no ONNX model, or damaged: {first_line(error)}") from error
    graph = model.graph
    if not graph.node or not graph.output:
        raise ModelError(f"'{name}' is no ONNX model, or damaged: it has no operators or no outputs")
    if len(graph.node) > MOST_OPERATORS or len(graph.initializer) > MOST_TENSORS:
        raise ModelError(f"the network has {len(graph.node)} operators; up to {MOST_OPERATORS} are served")
    _check_names(graph)
    version = versions(model)[""]
    if not OLDEST <= version <= NEWEST:
        raise UnsupportedError(
            name, f"opset {version}", f"{OLDEST} to {NEWEST} are served; export with opset_version=21"
        )
    return model


def _check_names(graph: Any) -> None:
    """Raise ModelError where a name is no printable text: protobuf gives bytes for what is not UTF-8."""
    values = (*graph.input, *graph.output, *graph.initializer)
    names = [value.name for value in values]
    for node in graph.node:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
        names += [attribute.name for attribute in node.attribute]
    for name in names:
        if not isinstance(name, str) or not (name.isprintable() or not name):
            raise ModelError(f"the file is damaged: {name!r} is no name")


def versions(model: Any) -> Mapping[str, int]:
    """The version of every domain's operator set; ONNX's own is the empty one."""
    found = {("" if opset.domain == "ai.onnx" else opset.domain): int(opset.version) for opset in model.opset_import}
    return {"": 1, **found}


def initializers(model: Any) -> dict[str, Array]:
    """The stored constants by name. Raises ModelError or UnsupportedError."""
    values: dict[str, Array] = {}
    if model.graph.sparse_initializer:
        raise UnsupportedError(model.graph.name, "initializer", "sparse constants are not served")
    left = MOST_CONSTANTS
    for tensor in model.graph.initializer:
        values[tensor.name] = array(tensor)
        left -= values[tensor.name].nbytes
        if left < 0:
            raise ModelError(f"the constants hold more than {MOST_CONSTANTS} bytes, the most that is read")
    return values


def array(tensor: Any) -> Array:
    """The value of a stored tensor. Raises ModelError or UnsupportedError."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL:
        raise ModelError(
            f"tensor '{tensor.name}' lies in another file; save the model as one: "
            "onnx.save(onnx.load('model.onnx'), 'one.onnx')"
        )
    count = 1
    for size in tensor.dims:
        count *= size
    if (
        len(tensor.dims) > MOST_DIMENSIONS
        or not 0 <= 4 * count <= 8 * MOST_CONSTANTS
        or min(tensor.dims, default=0) < 0
    ):
        raise ModelError(f"tensor '{tensor.name}': shape {list(tensor.dims)} is not served")
    try:
        value = np.asarray(numpy_helper.to_array(tensor))
    except Exception as error:
        raise ModelError(f"tensor '{tensor.name}' is damaged: {first_line(error)}") from error
    kind = value.dtype.name
    if kind in _FLOATS:
        return value.astype(np.float32)
    if value.dtype.kind not in "iub":
        raise UnsupportedError(tensor.name, "initializer", f"constants of type {kind} are not served")
    return value


def input_shape(value: Any, batch: frozenset[str]) -> tuple[int, ...]:
    """The fixed shape of a graph input; a symbolic batch becomes 1.

    Raises:
        UnsupportedError: another dimension is dynamic; names it and the way out.
        ModelError: no shape, or one that is too large.
    """
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        raise ModelError(f"input '{value.name}' has no shape; export with example inputs of a fixed shape")
    shape = []
    for axis, dim in enumerate(tensor.shape.dim):
        if dim.HasField("dim_value") and dim.dim_value > 0:
            shape.append(int(dim.dim_value))
        elif axis == 0 or dim.dim_param in batch:
            shape.append(1)
        else:
            raise UnsupportedError(
                value.name,
                "input",
                f"dimension {axis} ('{dim.dim_param}') is dynamic; fix it: python -m onnxruntime.tools."
                f"make_dynamic_shape_fixed --dim_param {dim.dim_param or 'NAME'} --dim_value N model.onnx fixed.onnx",
            )
    if len(shape) > MOST_DIMENSIONS or np.prod(shape, dtype=object) > MOST_ELEMENTS:
        raise ModelError(f"input '{value.name}': shape {shape} is not served")
    return tuple(shape)


def batch_names(inputs: list[Any]) -> frozenset[str]:
    """The names of leading dimensions, which are the batch wherever they occur."""
    leading = (value.type.tensor_type.shape.dim[:1] for value in inputs)
    return frozenset(dim.dim_param for dims in leading for dim in dims if dim.dim_param)
