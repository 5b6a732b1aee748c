"""Graphs of one layer in float between its bridges, and the proof that every tensor has the same bits in C."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import FLOAT_PREFIX, DType, Graph, Node, Tensor, Variable, check
from bitwright.converter.ops import OPERATORS
from bitwright.converter.reference import Session
from bitwright.converter.serve import check_served
from cbuild import build, call
from single import activation, constant, vectors

FLOATS = (DType.FLOAT32, DType.FLOAT16)


def layer(
    op: str,
    inputs: Sequence[Tensor | None],
    dtype: DType,
    attrs: Mapping[str, Any] | None = None,
    output: Tensor | None = None,
    variables: Sequence[Variable] = (),
    outputs: int = 1,
) -> Graph:
    """Integer inputs that become float, the operator on them and on the constants, and its result as an integer.

    Args:
        inputs: activations are integers; constants and whole numbers (without a grid) are taken as they are.
        output: the integer grid on which results leave; int16 in steps of 2^-12 when absent.
        outputs: how many the operator has.
    """
    tensors = {tensor.name: tensor for tensor in inputs if tensor is not None}
    nodes, operands = [], list[str | None]()
    for tensor in inputs:
        if tensor is None or tensor.is_constant or tensor.quant is None:
            operands.append(None if tensor is None else tensor.name)
            continue
        real = Tensor(f"{tensor.name}/real", tensor.shape, dtype)
        tensors[real.name] = real
        nodes.append(Node(f"in {tensor.name}", "FLOAT_DEQUANTIZE", (tensor.name,), (real.name,)))
        operands.append(real.name)
    attrs = {**(attrs or {}), **({"states": tuple(v.name for v in variables)} if variables else {})}
    results = tuple(f"result{number}" for number in range(outputs))
    node = Node("node", FLOAT_PREFIX + op, tuple(operands), results, attrs)
    leaving = activation("out", (), 2.0**-12, 0, DType.INT16) if output is None else output
    free = tuple(tensor.name for tensor in inputs if tensor is not None and not tensor.is_constant)
    state = {variable.name: variable for variable in variables}
    tensors |= {name: Tensor(name, (), dtype) for name in results}
    graph = Graph("model", tensors, tuple(nodes), free, results, state)
    for name, shape in zip(results, OPERATORS[node.op].shapes(graph, node), strict=True):
        tensors[name] = replace(tensors[name], shape=shape)
        tensors[f"{name}/out"] = replace(leaving, name=f"{name}/out", shape=shape)
    out = [Node(f"out {name}", "FLOAT_QUANTIZE", (name,), (f"{name}/out",)) for name in results]
    graph = replace(graph, outputs=tuple(f"{name}/out" for name in results))
    return check_served(check(graph.with_nodes((*nodes, node, *out))))


_TRACE = """#include <string.h>
#include "bw_trace.h"
unsigned char traced[1 << 20];
unsigned traced_bytes;
void bw_trace(int point, const void *data, unsigned bytes) {
    (void)point;
    memcpy(traced + traced_bytes, data, bytes);
    traced_bytes += bytes;
}
"""


def prove(graphs: Sequence[Graph], seed: int = 0, count: int = 3) -> None:
    """Every tensor of every layer has the same bits in C, on the host, as in the reference."""
    for graph in graphs:
        model = model_sources(graph, ["generic", "fpu"], "model")
        traced = {"src/bw_trace.h": "void bw_trace(int point, const void *data, unsigned bytes);\n", "src/t.c": _TRACE}
        library = build(replace(model, files={**model.files, **traced}), defines=("-DBW_TRACE",), further=("t.c",))
        session, length = Session(graph), ctypes.c_uint.in_dll(library, "traced_bytes")
        for values in vectors(graph, seed, count):
            trace = session.trace(values)
            length.value = 0
            call(model, library, values)
            found = (ctypes.c_char * length.value).in_dll(library, "traced").raw
            for place, (layer, name) in enumerate(model.program.points):
                expected = trace.tensors[name].tobytes()
                assert found.startswith(expected), (place, layer.node.op, trace.tensors[name].reshape(-1)[:20])
                found = found[len(expected) :]


def weights(generator: np.random.Generator, name: str, shape: Sequence[int], scale: float = 0.02) -> Tensor:
    """Symmetric int8 weights with a scale for each row."""
    values = generator.integers(-127, 127, tuple(shape), np.int8, endpoint=True)
    return constant(name, values, (scale * generator.uniform(0.5, 1.5, shape[0])).tolist(), axis=0)


def real(name: str, value: Any, dtype: DType = DType.FLOAT32) -> Tensor:
    """A constant of real numbers."""
    array = np.asarray(value, dtype.numpy)
    return Tensor(name, array.shape, dtype, data=array)
