"""Streaming state: reference == tflite-runtime == C over many steps, and again after a reset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Node, Tensor, Variable, check
from bitwright.converter.load import from_bytes
from bitwright.converter.ops import OPERATORS
from bitwright.converter.reference import Session, to_interface
from bitwright.converter.writers.tflite import write_tflite
from cbuild import build, call
from oracle import needs_tflite, run_tflite_sequence
from single import activation, constant, offered, same
from unsigned import as_uint8

STEPS = 50


class Stream:
    """Builds a small graph with state, node by node; every tensor has scale 0.05 and zero point 3."""

    def __init__(self, dtype: DType = DType.INT8) -> None:
        self.rng = np.random.default_rng(7)
        self.dtype = dtype
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.variables: dict[str, Variable] = {}
        self.inputs: list[str] = []

    def input(self, name: str, *shape: int) -> str:
        self.tensors[name] = self._activation(name, shape)
        self.inputs.append(name)
        return name

    def variable(self, name: str, *shape: int, random: bool = True) -> str:
        """State that starts with random values, or with zero points."""
        tensor = self._activation(name, shape)
        low, high = tensor.dtype.limits
        initial = self.rng.integers(low, high, shape, endpoint=True) if random else np.full(shape, tensor.zero_point)
        self.variables[name] = Variable(name, initial.astype(tensor.dtype.numpy), tensor.quant)
        return name

    def known(self, *values: Any) -> str:
        """A constant of whole numbers."""
        name = f"constant{len(self.tensors)}"
        self.tensors[name] = constant(name, np.array(values, np.int32))
        return name

    def op(self, op: str, *inputs: str, **attrs: Any) -> str:
        """A node of one output."""
        name = f"t{len(self.tensors)}"
        node = Node(f"n{len(self.nodes)}", op, inputs, (name,), attrs)
        self.tensors[name] = self._activation(name, ())
        (shape,) = OPERATORS[op].shapes(self.finish([]), node)
        self.tensors[name] = self._activation(name, shape)
        self.nodes.append(node)
        return name

    def read(self, variable: str) -> str:
        return self.op("READ_VARIABLE", variable=variable)

    def assign(self, variable: str, value: str) -> None:
        self.nodes.append(Node(f"n{len(self.nodes)}", "ASSIGN_VARIABLE", (value,), (), {"variable": variable}))

    def finish(self, outputs: Sequence[str]) -> Graph:
        return Graph(
            "stream", dict(self.tensors), tuple(self.nodes), tuple(self.inputs), tuple(outputs), self.variables
        )

    def _activation(self, name: str, shape: Sequence[int]) -> Tensor:
        return activation(name, shape, 0.05, 3 if self.dtype is DType.INT8 else 0, self.dtype)


def ring_buffer(s: Stream) -> list[str]:
    """The last four frames, oldest first, and their mean."""
    new = s.input("x", 1, 1, 3)
    old = s.read(s.variable("frames", 1, 4, 3))
    kept = s.op("SLICE", old, s.known(0, 1, 0), s.known(-1, -1, -1))
    frames = s.op("CONCATENATION", kept, new, axis=1, activation="NONE")
    s.assign("frames", frames)
    return [s.op("MEAN", frames, s.known(1), keep_dims=False), frames]


def read_write_order(s: Stream) -> list[str]:
    """A read before, between and after two assignments in one inference."""
    new = s.input("x", 2, 3)
    before = s.read(s.variable("sum", 2, 3))
    s.assign("sum", s.op("ADD", before, new, activation="NONE"))
    between = s.read("sum")
    s.assign("sum", s.op("MAXIMUM", between, new))
    return [before, between, s.read("sum")]


def two_variables(s: Stream) -> list[str]:
    """Two variables that change places, with names that C must tell apart, and of which one starts at zero."""
    new = s.input("x", 1, 5)
    first, second = s.read(s.variable("state/a", 1, 5)), s.read(s.variable("state_a", 1, 5, random=False))
    s.assign("state/a", s.op("ADD", second, new, activation="RELU"))
    s.assign("state_a", first)
    return [first, s.op("ADD", first, second, activation="NONE")]


def delay(s: Stream) -> list[str]:
    """An input that is assigned as it is: the output is the input one step late."""
    new = s.input("x", 1, 4)
    old = s.read(s.variable("last", 1, 4))
    s.assign("last", new)
    return [old]


def echo(s: Stream) -> list[str]:
    """An input through the state at once, while the same input is worked on in place."""
    new = s.input("x", 1, 4)
    s.variable("last", 1, 4)
    s.assign("last", new)
    return [s.op("RELU", new), s.read("last")]


def working_copy(s: Stream) -> list[str]:
    """What is read is a copy: working on it in place leaves the state as it was."""
    new = s.input("x", 1, 6)
    s.variable("kept", 1, 6)
    changed = s.op("RELU", s.op("ADD", s.read("kept"), new, activation="NONE"))
    again = s.op("ADD", s.read("kept"), changed, activation="NONE")
    s.assign("kept", s.op("RESHAPE", s.op("RESHAPE", again, s.known(6)), s.known(1, 6)))
    return [again]


NETWORKS = (ring_buffer, read_write_order, two_variables, delay, echo, working_copy)


@needs_tflite
@pytest.mark.parametrize("dtype", [DType.INT8, DType.INT16, DType.UINT8], ids=lambda dtype: dtype.value)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_state_carries_over(network: Any, dtype: DType) -> None:
    stream = Stream(DType.INT8 if dtype is DType.UINT8 else dtype)
    written = check(stream.finish(network(stream)))
    data = write_tflite(as_uint8(written) if dtype is DType.UINT8 else written)
    graph = from_bytes(data, "model")
    low, high = stream.dtype.limits
    shapes = [graph.tensor(name).shape for name in graph.inputs]
    sequence = [
        [stream.rng.integers(low, high, shape, endpoint=True).astype(stream.dtype.numpy) for shape in shapes]
        for _ in range(STEPS)
    ]
    session = Session(graph)
    expected = [session.trace(values).outputs for values in sequence]
    theirs = run_tflite_sequence(data, [offered(graph, values) for values in sequence])
    same([to_interface(graph, values) for values in expected], theirs, "tflite-runtime")
    model = model_sources(graph, ["generic"], "model")
    library = build(model)
    same(expected, [call(model, library, values) for values in sequence], "C")
    session.reset()
    library.model_reset()
    same(expected[:3], [session.trace(values).outputs for values in sequence[:3]], "the reference after a reset")
    same(expected[:3], [call(model, library, values) for values in sequence[:3]], "C after a reset")
