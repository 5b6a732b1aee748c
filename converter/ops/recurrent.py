"""GRU, LSTM and RNN in Bitwright's own integers: int8 or int16 in and out, hidden state int16 in Q0.15, gates in Q3.12.

Inputs: the sequence, weights ``W`` [gates * cells, inputs] and ``R`` [gates * cells, cells], gates in PyTorch's order,
and optionally biases of both, ``b`` and ``d`` [gates * cells], the hidden values and cells to start from, ``batch *
cells`` of each, of an LSTM a projection ``P`` [hidden, cells], with which hidden values are ``hidden`` in the place
of ``cells`` everywhere, and lengths of the sequences (:mod:`bitwright.converter.ops.lengths`). Outputs: the hidden
values of every step and, where they are declared, the last hidden values and the last cells. Per step, with ``s`` the
logistic function (Elman, 1990; Hochreiter and Schmidhuber, 1997, with the forget gate of Gers et al., 2000; Cho et al.,
2014):

    RNN   h' = tanh(W x + b + R h + d), or with the attribute relu max(0, W x + b + R h + d)
    GRU   r, z = s(W x + b + R h + d), n = tanh(W x + b + r (R h + d)), h' = (1 - z) n + z h
          without reset_after: n = tanh(W x + b + R (r h) + d)
    LSTM  i, f, o = s(W x + b + R h + d), g = tanh(W x + b + R h + d), c' = f c + i g, h' = o tanh(c')
          with a projection (Sak et al., 2014): h' = P (o tanh(c'))

Integers: both products accumulate in int32 and are requantized, each row on its own, by the high word of a product, to
units of 2^-12; their sum saturates to int16. The functions are those of :mod:`bitwright.converter.pwl`; products of
values in Q0.15 round half up. The cell is int16 in Q4.11 and saturates at +-16. The output is the hidden state on its
tensor's grid; an int16 output that Bitwright quantizes has the hidden state's own grid. Hidden values and cells that
come in and go out are int16 on the grids that the layer computes with. Projected hidden values are int16 in units of
2^(hidden_shift - 15), an attribute that frontends set from the weights: ``o tanh(c')`` in Q0.15 times ``P`` accumulates
in int32, is requantized like a gate's products, to these units, and saturates. Those of an RNN with relu have such
units, too, from calibration: both products are requantized to them at once, and their sum saturates at 0 and 32767.

With the attribute ``narrow`` the state is int8 from step to step: hidden values in units 256 times coarser, Q0.7 where
they are Q0.15, and cells in Q3.4. A step starts from these and computes as above; then both are rounded half up and
saturate, hidden values after the output has been taken from them. The recurrent weights multiply int8: the hidden
values, and of a GRU without reset_after ``r h``, rounded to their units, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, as_int64, high_multipliers, requantize_high
from ..ir import Array, DType, Graph, Node, Tensor
from ..pwl import logistic, tanh
from .lengths import LENGTHS, check_lengths, has_lengths, within
from .operator import (
    Inputs,
    State,
    bias_values,
    exact_matmul,
    float_operand,
    prove_accumulator,
    require,
    require_types,
    require_weights,
    weight_scales,
)

#: Rows of weights for each cell.
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
#: The scales of hidden state and cells.
STATE_SCALE = 2.0**-15
CELL_SCALE = 2.0**-11
#: Right shifts from them to hidden values and cells of int8.
NARROW = (8, 7)
_GATE_SCALE = 2.0**-12
_LOW, _HIGH = -32768, 32767
#: Where initial hidden values and cells stand among the inputs; the last ones are outputs 1 and 2.
INITIAL = (5, 6)
#: Where an LSTM's projection stands, and the largest magnitude of its attribute ``hidden_shift``.
PROJECTION = 7
_MOST_SHIFT = 15


@dataclass(frozen=True, eq=False)
class Product:
    """A matrix product in units of 2^-12, of a projection and with relu in those of hidden values: weights int8
    [rows, depth]; bias, with the zero point's share, and multiplier int64 [rows]; shifts of :func:`requantize_high`."""

    weights: Array
    bias: Int64
    multiplier: Int64
    left: int
    right: int

    def __call__(self, values: Int64, rows: slice = slice(None)) -> Int64:
        """[..., depth] -> [..., rows]."""
        acc = exact_matmul(values, self.weights[rows].T) + self.bias[rows]
        return requantize_high(acc, self.multiplier[rows], self.left, self.right)


@dataclass(frozen=True, eq=False)
class Recurrent:
    """Integer constants.

    Attributes:
        kind: RNN, GRU or LSTM; relu: of an RNN, in the place of tanh.
        batch, steps, inputs, cells, hidden: sizes; time_major: input [steps, batch, inputs], else [batch, steps,
        inputs].
        reverse: from the last step to the first; reset_after: of a GRU, see above.
        stateful: the state outlives the inference; else every sequence starts from zeros, or from what comes in:
        initial: which of hidden values and cells come in; shapes: of those that go out; lengths: whether these come in.
        state: type of hidden values and cells between the steps, int8 or int16.
        of_input, of_state, projection: the products with the input, with the hidden state and, if any, to it.
        source, target: types of inputs and outputs, int8 or int16.
        multiplier, left, right, zero_point: from the hidden state to the outputs.
    """

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
    state: DType
    of_input: Product
    of_state: Product
    projection: Product | None
    source: DType
    target: DType
    multiplier: int
    left: int
    right: int
    zero_point: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Of the vectors in the state: hidden values, and of an LSTM its cells."""
        return (self.hidden, self.cells)[: parts_of(self.kind)]

    @property
    def narrow(self) -> bool:
        """Whether the state is int8."""
        return self.state is DType.INT8

    @property
    def shifts(self) -> Int64:
        """Of every value in the state, from the units in which a step computes to those in which it is kept."""
        return np.repeat(NARROW[: len(self.widths)] if self.narrow else (0,) * len(self.widths), self.widths)


def parts_of(kind: str) -> int:
    """Vectors in the state: hidden values, and of an LSTM its cells."""
    return 2 if kind == "LSTM" else 1


def is_projected(node: Node) -> bool:
    """Whether an LSTM projects its hidden values."""
    return node.op == "LSTM" and len(node.inputs) > PROJECTION and node.inputs[PROJECTION] is not None


def is_relu(node: Node) -> bool:
    """Whether an RNN has relu in the place of tanh."""
    return node.op == "RNN" and bool(node.attrs.get("relu"))


def hidden_scale(node: Node) -> float:
    """The unit of hidden values."""
    own = is_projected(node) or is_relu(node)
    return STATE_SCALE * 2.0 ** int(node.attrs.get("hidden_shift", 0)) if own else STATE_SCALE


def is_narrow(node: Node) -> bool:
    """Whether hidden values and cells are int8 between the steps."""
    return bool(node.attrs.get("narrow"))


def kept_states(node: Node) -> tuple[State, State]:
    """The hidden values and cells that a layer takes and gives."""
    scales = (hidden_scale(node), CELL_SCALE)
    if not is_narrow(node):
        return State(INITIAL[0], 1, scales[0]), State(INITIAL[1], 2, scales[1])
    hidden, cells = (scale * 2.0**shift for scale, shift in zip(scales, NARROW, strict=True))
    return State(INITIAL[0], 1, hidden, DType.INT8), State(INITIAL[1], 2, cells, DType.INT8)


def hidden_shift(projection: Array) -> int:
    """The finest unit in which no hidden value saturates, for real weights [hidden, cells] that become int8.

    Row sums bound what they make of outputs below 1, and half a step for each weight what rounding adds.
    """
    size = np.abs(projection.astype(np.float64))
    return finest_shift(float((size.sum(axis=1) + size.shape[1] * size.max(axis=1) / 254).max()))


def finest_shift(bound: float) -> int:
    """The ``hidden_shift`` of the finest unit in which values up to a bound do not saturate."""
    if not np.isfinite(bound) or bound <= 0:
        return 0  # NaN is refused by name later
    return int(np.clip(np.ceil(np.log2(bound * 32768 / 32767)), -_MOST_SHIFT, _MOST_SHIFT))


def state_widths(graph: Graph, node: Node) -> tuple[int, ...]:
    """Sizes of the vectors in the state, [batch, their sum]."""
    return (graph.input(node, 2).shape[-1], sizes(graph, node)[3])[: parts_of(node.op)]


def sizes(graph: Graph, node: Node) -> tuple[int, int, int, int]:
    """Batch, steps, inputs, cells. Raises ModelError when the weights do not fit."""
    source, weights, recurrent = (graph.input(node, index) for index in range(3))
    if len(source.shape) != 3 or 0 in source.shape:
        raise ModelError(f"{node.name} ({node.op}): an input of shape {list(source.shape)} is no sequence")
    hidden = cells = recurrent.shape[-1] if recurrent.shape else 0
    if is_projected(node):
        cells = _projected(node, graph.input(node, PROJECTION), hidden)
    if is_projected(node) or is_relu(node):
        _check_shift(node)
    rows = GATES[node.op] * cells
    if not cells or weights.shape != (rows, source.shape[2]) or recurrent.shape != (rows, hidden):
        raise ModelError(
            f"{node.name} ({node.op}): weights of shapes {list(weights.shape)} and {list(recurrent.shape)} do not fit "
            f"an input of {list(source.shape)}; they must be [{GATES[node.op]} * cells, inputs] and "
            f"[{GATES[node.op]} * cells, {'hidden' if is_projected(node) else 'cells'}]"
        )
    steps, batch = source.shape[:2] if node.attrs.get("time_major") else source.shape[1::-1]
    return batch, steps, source.shape[2], cells


def _projected(node: Node, projection: Tensor, hidden: int) -> int:
    """The cells before a projection. Raises ModelError when it does not fit so many hidden values."""
    cells = projection.shape[-1] if projection.shape else 0
    if not cells or projection.shape != (hidden, cells):
        raise ModelError(
            f"{node.name} ({node.op}): a projection of shape {list(projection.shape)} does not fit; with these "
            f"recurrent weights it must be [{hidden}, cells]"
        )
    return cells


def _check_shift(node: Node) -> None:
    shift = node.attrs.get("hidden_shift", 0)
    if not isinstance(shift, int) or abs(shift) > _MOST_SHIFT:
        raise ModelError(
            f"{node.name} ({node.op}): hidden_shift is {shift!r}; it must be {-_MOST_SHIFT} to {_MOST_SHIFT}"
        )


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The input's, with the hidden values in place of the inputs; last values have the initial ones' shape, if any."""
    batch, widths = sizes(graph, node)[0], state_widths(graph, node)
    check_lengths(graph, node, batch)
    result = [(*graph.input(node, 0).shape[:2], widths[0])]
    for index, width in zip(INITIAL[: len(node.outputs) - 1], widths, strict=False):
        given = graph.optional_input(node, index)
        result.append((batch, width) if given is None else given.shape)
    for index, width in zip(INITIAL, widths, strict=False):
        given = graph.optional_input(node, index)
        if given is not None and [size for size in given.shape if size > 1] != [n for n in (batch, width) if n > 1]:
            raise ModelError(
                f"{node.name} ({node.op}): an initial state of shape {list(given.shape)} is not [{batch}, {width}]"
            )
    return result


def _product(
    graph: Graph,
    node: Node,
    place: int,
    scale: float,
    limits: tuple[int, int] = (_LOW, _HIGH),
    zero_point: int = 0,
    target: float = _GATE_SCALE,
) -> Product:
    """The product with the weights at ``place`` of values at ``scale`` within ``limits``, proven to fit int32."""
    weights: Tensor = graph.input(node, place)
    require_weights(node, weights, DType.INT8)
    require(weights.quant is None or not any(weights.quant.zero_point), node, "weights with a zero point")
    values, rows = weights.value(), weights.shape[0]
    bias = bias_values(graph, node, place + 2, rows)
    folded = bias - zero_point * values.astype(np.int64).sum(axis=1)
    # The kernel sums products of the values as they are, from the folded bias on.
    bound = prove_accumulator(node, values, folded, *limits)
    scales = np.asarray(weight_scales(weights, rows, 0), np.float64)
    multiplier, left, right = high_multipliers(scales * scale / target, int(bound.max()))
    # High words stay within 2^30, so that two of them are added in int32.
    require(right >= 1, node, "a gate's or a projection's sum does not fit int32")
    return Product(values, folded, multiplier, left, right)


def prepare(graph: Graph, node: Node) -> Recurrent:
    """Integer constants, with the proof that no accumulator leaves int32."""
    source, target = graph.input(node, 0), graph.output(node)
    for tensor in (source, target):
        require_types(graph, node, [tensor], [DType.INT8, DType.INT16])
    batch, steps, inputs, cells = sizes(graph, node)
    unit = hidden_scale(node)
    gate = unit if is_relu(node) else _GATE_SCALE
    multiplier, left, right = high_multipliers([unit / target.scale], -_LOW)
    require(right >= 1, node, f"hidden values on an output scale of {target.scale:g} do not fit int32")
    stateful = bool(node.states)
    reverse = bool(node.attrs.get("reverse"))
    kept = kept_states(node)[0]
    if stateful:
        shape = (batch, sum(state_widths(graph, node)))
        states = [graph.variables[name].initial for name in node.states]
        if len(states) != 1 or states[0].shape != shape or states[0].dtype != kept.dtype.numpy:
            what = f"{kept.dtype.value} {list(shape)}"
            raise ModelError(f"{node.name} ({node.op}): its state must be one variable, {what}")
        require(not reverse, node, "a state that is kept needs the steps in their order")
    projection = _product(graph, node, PROJECTION, STATE_SCALE, target=unit) if is_projected(node) else None
    return Recurrent(
        node.op, is_relu(node), batch, steps, inputs, cells, graph.input(node, 2).shape[1],
        bool(node.attrs.get("time_major")), reverse, bool(node.attrs.get("reset_after", True)), stateful,
        _initial(graph, node), tuple(graph.output(node, index).shape for index in range(1, len(node.outputs))),
        check_lengths(graph, node, batch), kept.dtype,
        _product(graph, node, 1, source.scale, source.dtype.limits, source.zero_point, gate),
        _product(graph, node, 2, kept.scale, kept.dtype.limits, target=gate), projection, source.dtype, target.dtype,
        int(multiplier[0]), left, right, target.zero_point,
    )  # fmt: skip


def require_states(graph: Graph, node: Node) -> None:
    """Raise UnsupportedError unless the states that are given, read and kept are those of such a layer."""
    given = [graph.optional_input(node, index) is not None for index in INITIAL]
    last = len(node.outputs) - 1
    require(node.op == "LSTM" or (not given[1] and last < 2), node, "only an LSTM has cells")
    require(not node.states or not (any(given) or last), node, "a state that is kept is neither given nor read")
    require(not node.states or not has_lengths(node), node, "a state that is kept needs all steps of every sequence")
    projected = graph.optional_input(node, PROJECTION) is not None
    require(node.op == "LSTM" or not projected, node, "only an LSTM has a projection")


def _initial(graph: Graph, node: Node) -> tuple[bool, bool]:
    """Whether initial hidden values and cells are given, all states being on their grids."""
    given = [graph.optional_input(node, index) for index in INITIAL]
    last = [graph.output(node, index) for index in range(1, len(node.outputs))]
    require_states(graph, node)
    for tensors in (given, last):
        for tensor, state in zip(tensors, kept_states(node), strict=False):
            if tensor is not None:
                require_types(graph, node, [tensor], [state.dtype])
                fits = tensor.scale == state.scale and tensor.zero_point == 0
                require(fits, node, f"'{tensor.name}' must count in 2^{int(np.log2(state.scale))} with zero point 0")
    return given[0] is not None, given[1] is not None


def _saturate(x: Int64) -> Int64:
    return np.clip(x, _LOW, _HIGH)


def _times(a: Int64, b: Int64) -> Int64:
    """``a * b`` with ``a`` in Q0.15, rounded half up."""
    return as_int64((a * b + (1 << 14)) >> 15)


def _gates(params: Recurrent, x: Int64, h: Int64, first: int, count: int) -> list[Int64]:
    """``count`` gates from the ``first`` on before their functions, each [batch, cells] in Q3.12."""
    rows = slice(first * params.cells, (first + count) * params.cells)
    return np.split(_saturate(x[:, rows] + params.of_state(h, rows)), count, axis=1)


def _rnn(params: Recurrent, x: Int64, h: Int64) -> Int64:
    (gate,) = _gates(params, x, h, 0, 1)
    return np.maximum(gate, 0) if params.relu else tanh(gate, 3)


def _gru(params: Recurrent, x: Int64, h: Int64) -> Int64:
    reset, update = (logistic(gate, 3) for gate in _gates(params, x, h, 0, 2))
    rows = slice(2 * params.cells, None)
    if params.reset_after:
        recurrent = _times(reset, params.of_state(h, rows))
    else:
        recurrent = params.of_state(_times(reset, h), rows)
    new = tanh(_saturate(x[:, rows] + recurrent), 3)
    return as_int64(new + _times(update, (h << params.shifts) - new))


def _lstm(params: Recurrent, x: Int64, state: Int64) -> Int64:
    enter, forget, new, leave = _gates(params, x, state[:, : params.hidden], 0, 4)
    enter, forget, new, leave = logistic(enter, 3), logistic(forget, 3), tanh(new, 3), logistic(leave, 3)
    # Products of 2^-26 and 2^-30, rounded once.
    before = (state << params.shifts)[:, params.hidden :]
    cell = _saturate((16 * forget * before + enter * new + (1 << 18)) >> 19)
    hidden = _times(leave, tanh(cell, 4))
    return np.concatenate([hidden if params.projection is None else _saturate(params.projection(hidden)), cell], axis=1)


#: Of products with the input and the state as it is kept to the new one in the units of 16 bits.
_STEPS = {"RNN": _rnn, "GRU": _gru, "LSTM": _lstm}


def _kept(params: Recurrent, state: Int64) -> Int64:
    """The state as it is kept for the next step."""
    if not params.narrow:
        return state
    return np.clip((state + (1 << (params.shifts - 1))) >> params.shifts, *DType.INT8.limits)


def reference(params: Recurrent, inputs: Inputs) -> list[Array]:
    """All outputs, then the new state where it is kept."""
    source = inputs[0]
    assert source is not None
    x = params.of_input(source.astype(np.int64))
    x = x if params.time_major else x.swapaxes(0, 1)
    state = np.zeros((params.batch, sum(params.widths)), np.int64)
    if params.stateful:
        state = as_int64(float_operand(inputs, -1))
    parts = (slice(params.hidden), slice(params.hidden, None))
    for part, index, comes in zip(parts, INITIAL, params.initial, strict=True):
        if comes:
            state[:, part] = as_int64(float_operand(inputs, index)).reshape(params.batch, -1)
    out = np.full((params.steps, params.batch, params.hidden), params.zero_point, params.target.numpy)
    valid = within(inputs[LENGTHS] if params.lengths else None, params.steps, params.batch)
    for step in range(params.steps)[:: -1 if params.reverse else 1]:
        fine = _STEPS[params.kind](params, x[step], state)
        state = np.where(valid[step], _kept(params, fine), state)
        values = requantize_high(fine[:, : params.hidden], params.multiplier, params.left, params.right)
        values = np.clip(values + params.zero_point, *params.target.limits)
        np.copyto(out[step], values, "unsafe", where=valid[step])
    result = np.ascontiguousarray(out if params.time_major else out.swapaxes(0, 1))
    state = np.where(valid.any(axis=0), state, 0).astype(params.state.numpy)
    if params.stateful:
        return [result, state]
    return [result, *(state[:, part].reshape(shape) for part, shape in zip(parts, params.shapes, strict=False))]


def macs(graph: Graph, node: Node) -> int:
    """The matrix products of every step."""
    batch, steps, inputs, cells = sizes(graph, node)
    hidden = graph.input(node, 2).shape[1]
    products = GATES[node.op] * cells * (inputs + hidden) + (hidden * cells if is_projected(node) else 0)
    return batch * steps * products
