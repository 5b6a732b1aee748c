"""GRU, LSTM and RNN in float: int8 weights, hidden values and cells in the layer's type, all gates in float32.

The definitions of :mod:`bitwright.converter.ops.recurrent`. Each of the two products of a gate is the sum of
its weights' products in their order, times the row's scale, plus the bias; then, in this order of operations,

    RNN   h' = tanh(x + a)                        with x of the input, a of the hidden values
    GRU   r, z = s(x + a),  n = tanh(x + r * a),  h' = n + z * (h - n)
          without reset_after: the third product is of the values r * h, rounded to the layer's type
    LSTM  c' = s(xf + af) * c + s(xi + ai) * tanh(xg + ag),  h' = s(xo + ao) * tanh(c')

h' and c' are rounded to the layer's type as they are written, c' before it is read (the mixed FP16-INT8 form of Rusci
et al., 2022, where hidden values are float16 beside int8 weights).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ....errors import ModelError
from ...ir import FLOAT_PREFIX, Array, DType, Graph, Node
from .. import recurrent as integer
from ..operator import Inputs, Operator, require
from .arithmetic import Real, logistic, rounded, tanh
from .common import float_operator, float_type, float_weights, parameter, real_operand, times_weights


@dataclass(frozen=True, eq=False)
class FloatProduct:
    """``(x @ weights^T) * scale + bias``: weights int8 [rows, depth], scale and bias float32 [rows]."""

    weights: Array
    scale: Real
    bias: Real

    def __call__(self, x: Real, rows: slice = slice(None)) -> Real:
        """[batch, depth] -> [batch, rows]."""
        result: Real = times_weights(x, self.weights[rows]) * self.scale[rows] + self.bias[rows]
        return result


@dataclass(frozen=True, eq=False)
class FloatRecurrent:
    """Constants; the names are those of :class:`bitwright.converter.ops.recurrent.Recurrent`."""

    dtype: DType
    kind: str
    batch: int
    steps: int
    inputs: int
    cells: int
    time_major: bool
    reverse: bool
    reset_after: bool
    stateful: bool
    of_input: FloatProduct
    of_state: FloatProduct

    @property
    def parts(self) -> int:
        """Vectors in the state: hidden values, and of an LSTM its cells."""
        return integer.parts_of(self.kind)

    def round(self, x: Real) -> Real:
        """Values as the layer's type holds them."""
        return rounded(x, self.dtype).astype(np.float32)


def _of_integers(node: Node) -> Node:
    return replace(node, op=node.op.removeprefix(FLOAT_PREFIX))


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The input's, with the cells in place of the inputs."""
    return integer.shapes(graph, _of_integers(node))


def macs(graph: Graph, node: Node) -> int:
    """The matrix products of every step."""
    return integer.macs(graph, _of_integers(node))


def _product(graph: Graph, node: Node, place: int) -> FloatProduct:
    weights, scale = float_weights(graph, node, place)
    return FloatProduct(weights, scale, parameter(graph, node, place + 2, (len(scale),), 0.0))


def prepare(graph: Graph, node: Node) -> FloatRecurrent:
    """Constants of the node."""
    dtype, plain = float_type(graph, node), _of_integers(node)
    batch, steps, inputs, cells = integer.sizes(graph, plain)
    stateful, reverse = bool(node.states), bool(node.attrs.get("reverse"))
    if stateful:
        shape = (batch, integer.parts_of(plain.op), cells)
        states = [graph.variables[name].initial for name in node.states]
        if len(states) != 1 or states[0].shape != shape or states[0].dtype != dtype.numpy:
            raise ModelError(f"{node.name} ({node.op}): its state must be one variable, {dtype.value} {list(shape)}")
        require(bool(np.all(np.isfinite(states[0]))), node, "an initial state that is not finite is not served")
        require(not reverse, node, "a state that is kept needs the steps in their order")
    return FloatRecurrent(
        dtype, plain.op, batch, steps, inputs, cells, bool(node.attrs.get("time_major")), reverse,
        bool(node.attrs.get("reset_after", True)), stateful, _product(graph, node, 1), _product(graph, node, 2),
    )  # fmt: skip


def _rnn(params: FloatRecurrent, x: Real, state: Real) -> Real:
    return params.round(tanh(x + params.of_state(state[:, 0])))[:, None]


def _gru(params: FloatRecurrent, x: Real, state: Real) -> Real:
    h, cells = state[:, 0], params.cells
    both, last = slice(2 * cells), slice(2 * cells, None)
    reset, update = np.split(logistic(x[:, both] + params.of_state(h, both)), 2, axis=1)
    if params.reset_after:
        recurrent = reset * params.of_state(h, last)
    else:
        recurrent = params.of_state(params.round(reset * h), last)
    new = tanh(x[:, last] + recurrent)
    return params.round(new + update * (h - new))[:, None]


def _lstm(params: FloatRecurrent, x: Real, state: Real) -> Real:
    enter, forget, new, leave = np.split(x + params.of_state(state[:, 0]), 4, axis=1)
    cell = params.round(logistic(forget) * state[:, 1] + logistic(enter) * tanh(new))
    return np.stack([params.round(logistic(leave) * tanh(cell)), cell], axis=1)


_STEPS = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}


def reference(params: FloatRecurrent, inputs: Inputs) -> list[Array]:
    """All outputs, then the new state where it is kept."""
    source = real_operand(inputs, 0)
    source = source if params.time_major else source.swapaxes(0, 1)
    x = params.of_input(source.reshape(-1, params.inputs)).reshape(params.steps, params.batch, -1)
    state = np.zeros((params.batch, params.parts, params.cells), np.float32)
    if params.stateful:
        state = real_operand(inputs, len(inputs) - 1)
    out = np.zeros((params.steps, params.batch, params.cells), params.dtype.numpy)
    for step in range(params.steps)[:: -1 if params.reverse else 1]:
        state = _STEPS[params.kind](params, x[step], state)
        out[step] = state[:, 0]
    result = np.ascontiguousarray(out if params.time_major else out.swapaxes(0, 1))
    return [result, state.astype(params.dtype.numpy)] if params.stateful else [result]


FLOAT_RECURRENT: tuple[Operator, ...] = tuple(
    float_operator(
        kind,
        "constant int8 weights; one direction, forward or reverse",
        shapes,
        prepare,
        reference,
        macs,
        inputs=(3, 5),
        states=(0, 1),
    )
    for kind in integer.GATES
)
