"""Graphs of one operator, and the proof that reference, tflite-runtime and generated C agree on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor, check
from bitwright.converter.load import from_bytes
from bitwright.converter.ops import OPERATORS
from bitwright.converter.reference import Session, to_interface
from bitwright.converter.writers.tflite import write_tflite
from cbuild import build, call
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracle import Interpreter, run_tflite_sequence

#: Every example compiles C, so few are drawn; the seeds are fixed, so that a failure comes back.
few = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

#: What a graph is compared with: a .tflite file and a sequence of inputs to the outputs of each.
Peer = Callable[[bytes, Sequence[Sequence[NDArray[Any]]]], list[list[NDArray[Any]]]]

seeds = st.integers(0, 2**32 - 1)
zero_points = st.integers(-128, 127)


def scales(low: float = 0.002, high: float = 0.5) -> st.SearchStrategy[float]:
    """float32 scales, as TFLite stores them."""
    return st.floats(float(np.float32(low)), float(np.float32(high)), width=32)


def activation(
    name: str, shape: Sequence[int], scale: float = 1.0, zero_point: int = 0, dtype: DType = DType.INT8
) -> Tensor:
    """An input or output tensor."""
    return Tensor(name, tuple(shape), dtype, Quantization((float(np.float32(scale)),), (zero_point,)))


def constant(
    name: str, value: NDArray[Any], scale: Sequence[float] = (), zero_point: int = 0, axis: int | None = None
) -> Tensor:
    """A constant; per channel where several scales are given."""
    quant = None
    if scale:
        quant = Quantization(tuple(float(np.float32(s)) for s in scale), (zero_point,) * len(scale), axis)
    return Tensor(name, value.shape, DType(value.dtype.name), quant, value)


def single(
    op: str, inputs: Sequence[Tensor | None], outputs: Sequence[Tensor], attrs: Mapping[str, Any] | None = None
) -> Graph:
    """A graph of one operator; the outputs' shapes are inferred, and constants stay constants."""
    names = tuple(None if tensor is None else tensor.name for tensor in inputs)
    node = Node("node", op, names, tuple(tensor.name for tensor in outputs), dict(attrs or {}))
    tensors = {tensor.name: tensor for tensor in (*inputs, *outputs) if tensor is not None}
    free = tuple(dict.fromkeys(t.name for t in inputs if t is not None and not t.is_constant))
    graph = Graph("model", tensors, (node,), free, node.outputs)
    for tensor, shape in zip(outputs, OPERATORS[op].shapes(graph, node), strict=True):
        tensors[tensor.name] = replace(tensor, shape=shape)
    return check(graph)


def together(graphs: Sequence[Graph]) -> Graph:
    """The graphs side by side as one, so that many operators share one compilation."""
    tensors: dict[str, Tensor] = {}
    nodes: list[Node] = []
    inputs: list[str] = []
    outputs: list[str] = []
    for number, graph in enumerate(graphs):
        names = {name: f"{name}{number}" for name in graph.tensors}
        tensors |= {names[name]: replace(tensor, name=names[name]) for name, tensor in graph.tensors.items()}
        inputs += [names[name] for name in graph.inputs]
        outputs += [names[name] for name in graph.outputs]
        for node in graph.nodes:
            operands = tuple(None if name is None else names[name] for name in node.inputs)
            results = tuple(names[name] for name in node.outputs)
            nodes.append(replace(node, name=f"{node.name}{number}", inputs=operands, outputs=results))
    return check(Graph("model", tensors, tuple(nodes), tuple(inputs), tuple(outputs)))


def vectors(graph: Graph, seed: int, random: int = 3) -> list[list[NDArray[Any]]]:
    """All lowest, all highest, alternating and random values of every input."""
    generator = np.random.default_rng(seed)
    result = []
    for kind in range(3 + random):
        values = []
        for name in graph.inputs:
            tensor = graph.tensor(name)
            low, high = tensor.dtype.limits
            filled = np.full(tensor.elements, (low, high, low)[kind] if kind < 3 else 0, tensor.dtype.numpy)
            if kind == 2:
                filled[1::2] = high
            if kind > 2:
                filled = generator.integers(low, high, tensor.elements, endpoint=True).astype(tensor.dtype.numpy)
            values.append(filled.reshape(tensor.shape))
        result.append(values)
    return result


def offered(graph: Graph, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Integer inputs in the types of the model's interface."""
    return to_interface(replace(graph, outputs=graph.inputs), inputs)


def prove(
    graph: Graph,
    seed: int,
    isas: Sequence[str | Sequence[str]] = ("generic",),
    peer: Peer | None = run_tflite_sequence if Interpreter is not None else None,
    inputs: Sequence[Sequence[NDArray[Any]]] | None = None,
) -> Graph:
    """Write the graph as a .tflite file, read it back, and compare all three on extreme and random inputs.

    Args:
        isas: kernel folders to compare; a chain of them where one needs others than the generic one.
        peer: takes tflite-runtime's place where that refuses or is wrong.
        inputs: integers of every input, per vector, in place of the extreme and random ones.

    Returns:
        The graph as read, for tests that want to say more about it.
    """
    data = write_tflite(graph)
    loaded = from_bytes(data, "model")
    inputs = vectors(loaded, seed) if inputs is None else inputs
    session = Session(loaded)
    expected = [session.trace(values).outputs for values in inputs]
    if peer is not None:
        theirs = peer(data, [offered(loaded, values) for values in inputs])
        same([to_interface(loaded, values) for values in expected], theirs, "peer")
    for isa in isas:
        chain = [isa] if isinstance(isa, str) else list(isa)
        model = model_sources(loaded, chain if chain[-1] == "generic" else [*chain, "generic"], "model")
        library = build(model)
        same(expected, [call(model, library, values) for values in inputs], chain[0])
    return loaded


def same(expected: list[list[NDArray[Any]]], got: list[list[NDArray[Any]]], who: str) -> None:
    """Every integer of every output of every vector is equal."""
    for vector, (ours, theirs) in enumerate(zip(expected, got, strict=True)):
        for number, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert np.array_equal(a, b.reshape(a.shape)), (
                f"vector {vector}, output {number}: reference {a.reshape(-1)[:40]}, {who} {b.reshape(-1)[:40]}"
            )
