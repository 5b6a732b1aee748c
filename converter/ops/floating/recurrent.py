"""GRU, LSTM and RNN in float: int8 weights, hidden values and cells in the layer's type, all gates in float32.

The definitions of :mod:`bitwright.converter.ops.recurrent`. Each of the two products of a gate is the sum of
its weights' products in their order, times the row's scale, plus the bias; then, in this order of operations,

    RNN   h' = tanh(x + a), or max(0, x + a)      with x of the input, a of the hidden values
    GRU   r, z = s(x + a),  n = tanh(x + r * a),  h' = n + z * (h - n)
          without reset_after: the third product is of the values r * h, rounded to the layer's type
    LSTM  c' = s(xf + af) * c + s(xi + ai) * tanh(xg + ag),  h' = s(xo + ao) * tanh(c')

With a projection ``o * tanh(c')`` is rounded to the layer's type, and h' is its product with the weights, times their
scales. h' and c' are rounded to the layer's type as they are written, c' before it is read (the mixed FP16-INT8 form of
Rusci et al., 2022, where hidden values are float16 beside int8 weights). States that come in or go out have that type.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....errors import ModelError
from ...ir import Array, DType, Graph, Node
from .. import recurrent as integer
from ..lengths import LENGTHS, check_lengths, within
from ..operator import Inputs, Operator, require
from .arithmetic import Real, logistic, rounded, tanh
from .common import finished, float_operator, float_type, parameter, real_operand, summed_weights, times_weights


@dataclass(frozen=True, eq=False)
class FloatProduct:
    """``(x @ weights^T) * scale + bias``: weights int8 [rows, depth], scale and bias float32 [rows]."""

    dtype: DType
    weights: Array
    scale: Real
    bias: Real

    def __call__(self, x: Real, rows: slice = slice(None)) -> Real:
        """[batch, depth] -> [batch, rows]."""
        result: Real = times_weights(x, self.weights[rows], self.dtype) * self.scale[rows] + self.bias[rows]
        return result


@dataclass(frozen=True, eq=False)
class FloatRecurrent:
    """Constants; the names are those of :class:`bitwright.converter.ops.recurrent.Recurrent`."""

    dtype: DType
    kind: str
    relu: bool
    batch: int
    steps: int
    inputs: int
    cells: int
    hidden: int
    time_major: bool
    reverse: bool
    reset_after: bool
    stateful: bool
    initial: tuple[bool, bool]
    shapes: tuple[tuple[int, ...], ...]
    lengths: bool
    of_input: FloatProduct
    of_state: FloatProduct
    projection: FloatProduct | None

    @property
    def widths(self) -> tuple[int, ...]:
        """Of the vectors in the state: hidden values, and of an LSTM its cells."""
        return (self.hidden, self.cells)[: integer.parts_of(self.kind)]

    def round(self, x: Real) -> Real:
        """Values as the layer's type holds them."""
        return rounded(x, self.dtype).astype(np.float32)


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The input's, with the hidden values in place of the inputs; last values have the initial ones' shape, if any."""
    return integer.shapes(graph, node.plain)


def macs(graph: Graph, node: Node) -> int:
    """The matrix products of every step."""
    return integer.macs(graph, node.plain)


def _product(graph: Graph, node: Node, dtype: DType, place: int) -> FloatProduct:
    weights, scale = summed_weights(graph, node, dtype, index=place)
    return FloatProduct(dtype, weights, scale, parameter(graph, node, place + 2, (len(scale),), 0.0))


def prepare(graph: Graph, node: Node) -> FloatRecurrent:
    """Constants of the node."""
    plain = node.plain
    given = tuple(graph.optional_input(node, index) is not None for index in integer.INITIAL)
    dtype = float_type(
        graph, node, (0, *(index for index, is_given in zip(integer.INITIAL, given, strict=True) if is_given))
    )
    batch, steps, inputs, cells = integer.sizes(graph, plain)
    integer.require_states(graph, plain)
    stateful, reverse = bool(node.states), bool(node.attrs.get("reverse"))
    if stateful:
        shape = (batch, sum(integer.state_widths(graph, plain)))
        states = [graph.variables[name].initial for name in node.states]
        if len(states) != 1 or states[0].shape != shape or states[0].dtype != dtype.numpy:
            raise ModelError(f"{node.name} ({node.op}): its state must be one variable, {dtype.value} {list(shape)}")
        require(bool(np.all(np.isfinite(states[0]))), node, "an initial state that is not finite is not served")
        require(not reverse, node, "a state that is kept needs the steps in their order")
    of_input, of_state = (_product(graph, node, dtype, place) for place in (1, 2))
    projection = _product(graph, node, dtype, integer.PROJECTION) if integer.is_projected(plain) else None
    return FloatRecurrent(
        dtype, plain.op, integer.is_relu(plain), batch, steps, inputs, cells, graph.input(node, 2).shape[1],
        bool(node.attrs.get("time_major")), reverse, bool(node.attrs.get("reset_after", True)), stateful,
        (given[0], given[1]),
        tuple(graph.output(node, index).shape for index in range(1, len(node.outputs))),
        check_lengths(graph, node, batch), of_input, of_state, projection,
    )  # fmt: skip


def _rnn(params: FloatRecurrent, x: Real, state: Real) -> Real:
    gate = x + params.of_state(state)
    return params.round(np.where(gate > 0, gate, np.float32(0)) if params.relu else tanh(gate))


def _gru(params: FloatRecurrent, x: Real, h: Real) -> Real:
    cells = params.cells
    both, last = slice(2 * cells), slice(2 * cells, None)
    reset, update = np.split(logistic(x[:, both] + params.of_state(h, both)), 2, axis=1)
    if params.reset_after:
        recurrent = reset * params.of_state(h, last)
    else:
        recurrent = params.of_state(params.round(reset * h), last)
    new = tanh(x[:, last] + recurrent)
    return params.round(new + update * (h - new))


def _lstm(params: FloatRecurrent, x: Real, state: Real) -> Real:
    enter, forget, new, leave = np.split(x + params.of_state(state[:, : params.hidden]), 4, axis=1)
    cell = params.round(logistic(forget) * state[:, params.hidden :] + logistic(enter) * tanh(new))
    hidden = params.round(logistic(leave) * tanh(cell))
    if params.projection is not None:
        matrix = params.projection
        sums = times_weights(hidden, matrix.weights, matrix.dtype)
        hidden = finished(sums, matrix.scale, matrix.bias, matrix.dtype).astype(np.float32)
    return np.concatenate([hidden, cell], axis=1)


_STEPS = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}


def reference(params: FloatRecurrent, inputs: Inputs) -> list[Array]:
    """All outputs, then the new state where it is kept."""
    source = real_operand(inputs, 0)
    source = source if params.time_major else source.swapaxes(0, 1)
    x = params.of_input(source.reshape(-1, params.inputs)).reshape(params.steps, params.batch, -1)
    state = np.zeros((params.batch, sum(params.widths)), np.float32)
    if params.stateful:
        state = real_operand(inputs, len(inputs) - 1)
    parts = (slice(params.hidden), slice(params.hidden, None))
    for part, index, comes in zip(parts, integer.INITIAL, params.initial, strict=True):
        if comes:
            state[:, part] = real_operand(inputs, index).reshape(params.batch, -1)
    out = np.zeros((params.steps, params.batch, params.hidden), params.dtype.numpy)
    valid = within(inputs[LENGTHS] if params.lengths else None, params.steps, params.batch)
    for step in range(params.steps)[:: -1 if params.reverse else 1]:
        state = np.where(valid[step], _STEPS[params.kind](params, x[step], state), state)
        out[step] = np.where(valid[step], state[:, : params.hidden], 0)
    result = np.ascontiguousarray(out if params.time_major else out.swapaxes(0, 1))
    kept = np.where(valid.any(axis=0), state, 0).astype(params.dtype.numpy)
    if params.stateful:
        return [result, kept]
    return [result, *(kept[:, part].reshape(shape) for part, shape in zip(parts, params.shapes, strict=False))]


FLOAT_RECURRENT: tuple[Operator, ...] = tuple(
    float_operator(
        kind,
        "constant int8 weights; states in the layer's type; one direction, forward or reverse; lengths of run time",
        shapes,
        prepare,
        reference,
        macs,
        inputs=(3, 1 + LENGTHS),
        outputs=(1, 3 if kind == "LSTM" else 2),
        states=(0, 1),
    )
    for kind in integer.GATES
)
