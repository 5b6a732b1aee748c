"""ONNX models of a few nodes, and the proof that the frontend reads what ONNX Runtime computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.converter.ir import Graph
from bitwright.converter.simplify import simplify
from floats import close, run_model
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
helper = onnx.helper

Array = NDArray[Any]

few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
OPSET = 21


def node(op: str, inputs: Sequence[str], outputs: Sequence[str] | str = "y", **attributes: Any) -> Any:
    """A node; its name is its first output's."""
    outputs = [outputs] if isinstance(outputs, str) else list(outputs)
    domain = attributes.pop("domain", "")
    return helper.make_node(op, list(inputs), outputs, name=f"node_{outputs[0]}", domain=domain, **attributes)


def model(
    nodes: Sequence[Any],
    shapes: dict[str, Sequence[int | str]],
    constants: dict[str, Array] | None = None,
    outputs: Sequence[str] = ("y",),
    opset: int = OPSET,
    whole: dict[str, tuple[Sequence[int], int]] | None = None,
) -> bytes:
    """A model with float inputs of the given shapes, and ``whole`` ones of shapes and types of TensorProto."""
    graph = helper.make_graph(
        list(nodes),
        "net",
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(shape)) for name, shape in shapes.items()]
        + [helper.make_tensor_value_info(name, kind, list(shape)) for name, (shape, kind) in (whole or {}).items()],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        [onnx.numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    imports = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    built = helper.make_model(graph, opset_imports=imports, ir_version=10)
    data: bytes = built.SerializeToString()
    return data


def run_onnx(data: bytes, inputs: Sequence[Array]) -> list[Array]:
    """ONNX Runtime's outputs, without rewriting the graph."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    results: list[Array] = session.run(None, dict(zip(names, inputs, strict=True)))
    return results


def prove(
    data: bytes,
    seed: int = 0,
    tolerance: float = 1e-5,
    low: float | None = None,
    known: dict[str, Array] | None = None,
) -> Graph:
    """Both the graph as it was read and the simplified one compute what ONNX Runtime computes, on normal values.

    Args:
        low: lower bound of the values, for functions that are not defined below it.
        known: values of some inputs, by name.

    Returns:
        The simplified graph.
    """
    read = read_onnx(data)
    rng = np.random.default_rng(seed)
    inputs = [(2 * rng.standard_normal(read.tensor(name).shape)).astype(np.float32) for name in read.inputs]
    if low is not None:
        inputs = [np.maximum(np.abs(value), np.float32(low)) for value in inputs]
    inputs = [(known or {}).get(name, value) for name, value in zip(read.inputs, inputs, strict=True)]
    expected = run_onnx(data, inputs)
    simple = simplify(read)
    for graph in (read, simple):
        for ours, theirs in zip(run_model(graph, inputs), expected, strict=True):
            close(ours.astype(theirs.dtype), theirs, tolerance)
    return simple


def normal(rng: Any, *shape: int) -> Array:
    """Normal float32 values."""
    values: Array = rng.standard_normal(shape).astype(np.float32)
    return values
