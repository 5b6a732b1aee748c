"""GRU, LSTM and RNN as operators: in float, as they are quantized, and what they are to the converter.

The integers, and what all that stands for, are in :mod:`bitwright.converter.ops.recurrent`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..ir import Array, DType, Graph, Node
from . import functions
from .lengths import LENGTHS, lengths_of, within
from .operator import Inputs, Matrix, Operator, QuantRule, State, float_bias, float_operand
from .recurrent import (
    CELL_SCALE,
    GATES,
    INITIAL,
    PROJECTION,
    STATE_SCALE,
    finest_shift,
    hidden_scale,
    is_projected,
    is_relu,
    kept_states,
    macs,
    parts_of,
    prepare,
    reference,
    shapes,
)

#: The product of hidden values with the recurrent weights, and a step: of the product with the input and the parts of
#: the state, hidden values [batch, hidden] and cells [batch, cells], to the new ones.
FloatGates = Callable[[Array], Array]
FloatStep = Callable[[Array, list[Array], FloatGates], list[Array]]


def _float_rnn(relu: bool) -> FloatStep:
    def step(x: Array, state: list[Array], of_state: FloatGates) -> list[Array]:
        gate: Array = x + of_state(state[0])
        return [np.maximum(gate, 0) if relu else np.tanh(gate)]

    return step


def _float_gru(reset_after: bool) -> FloatStep:
    def step(x: Array, state: list[Array], of_state: FloatGates) -> list[Array]:
        (h,) = state
        cells = h.shape[1]
        both, recurrent = x[:, : 2 * cells], of_state(h)
        reset, update = np.split(functions.logistic({}, both + recurrent[:, : 2 * cells]), 2, axis=1)
        last = reset * recurrent[:, 2 * cells :] if reset_after else of_state(reset * h)[:, 2 * cells :]
        new: Array = np.tanh(x[:, 2 * cells :] + last)
        return [new + update * (h - new)]

    return step


def _float_lstm(projection: Array | None) -> FloatStep:
    def step(x: Array, state: list[Array], of_state: FloatGates) -> list[Array]:
        enter, forget, new, leave = np.split(x + of_state(state[0]), 4, axis=1)
        kept = functions.logistic({}, forget) * state[1]
        cell = kept + functions.logistic({}, enter) * np.tanh(new)
        hidden: Array = functions.logistic({}, leave) * np.tanh(cell)
        return [hidden if projection is None else hidden @ projection.T, cell]

    return step


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The same in float32, from the state that comes in or from zeros."""
    source, weights, recurrent = (float_operand(inputs, index) for index in range(3))
    projection = float_operand(inputs, PROJECTION) if is_projected(node) else None
    bias = float_bias(inputs, 4)
    steps: dict[str, FloatStep] = {
        "RNN": _float_rnn(is_relu(node)),
        "GRU": _float_gru(node.attrs.get("reset_after", True)),
        "LSTM": _float_lstm(projection),
    }
    products = source @ weights.T + float_bias(inputs, 3)
    products = products if node.attrs.get("time_major") else products.swapaxes(0, 1)
    widths = (recurrent.shape[1], recurrent.shape[0] // GATES[node.op])[: parts_of(node.op)]
    state: list[Array] = [np.zeros((products.shape[1], width), np.float32) for width in widths]
    for part, index in zip(range(len(state)), INITIAL, strict=False):
        given = inputs[index] if index < len(inputs) else None
        if given is not None:
            state[part] = np.broadcast_to(given.reshape(-1, widths[part]), state[part].shape)
    out = np.zeros((*products.shape[:2], widths[0]), np.float32)
    valid = within(lengths_of(node, inputs), *products.shape[:2])

    def of_state(h: Array) -> Array:
        result: Array = h @ recurrent.T + bias
        return result

    for step in range(len(out))[:: -1 if node.attrs.get("reverse") else 1]:
        new = steps[node.op](products[step], state, of_state)
        state = [np.where(valid[step], after, before) for after, before in zip(new, state, strict=True)]
        out[step] = np.where(valid[step], state[0], 0)
    state = [np.where(valid.any(axis=0), part, 0) for part in state]
    # A batch may run where a leading 1 is declared.
    last = [graph.output(node, 1 + part).shape[1:] for part in range(len(node.outputs) - 1)]
    return [
        out if node.attrs.get("time_major") else np.ascontiguousarray(out.swapaxes(0, 1)),
        *(state[part].reshape(-1, *shape) for part, shape in enumerate(last)),
    ]


_LIMITS = {
    "RNN": "tanh or relu",
    "GRU": "both places of the reset gate",
    "LSTM": "with or without projection, no peepholes; the cell saturates at 16",
}

#: A wide output is the hidden state itself, which no rounding follows.
_RULE = QuantRule(
    inner=(Matrix(1, 3), Matrix(2, 4, STATE_SCALE)),
    mixed=True,
    fixed={DType.INT16: (STATE_SCALE, 0)},
    states=(State(INITIAL[0], 1, STATE_SCALE), State(INITIAL[1], 2, CELL_SCALE)),
)


def _vary(node: Node, rule: QuantRule) -> QuantRule:
    """The rule of a layer with its states and their units, and of an LSTM with a projection, one more matrix."""
    states = kept_states(node)
    projection = (Matrix(PROJECTION, None, STATE_SCALE),) if is_projected(node) else ()
    return replace(
        rule,
        inner=(Matrix(1, 3), Matrix(2, 4, states[0].scale), *projection),
        fixed={DType.INT16: (hidden_scale(node), 0)},
        states=states,
    )


def _calibrate(graph: Graph, node: Node, reach: Callable[[str], float]) -> Node:
    """An RNN with relu with the unit of its hidden values: the finest for what they are, as far as sums fit int32."""
    if not is_relu(node):
        return node
    given = [str(name) for name in node.inputs[INITIAL[0] : INITIAL[0] + 1] if name is not None]
    hidden = max(reach(name) for name in (node.outputs[0], *given))
    biases = [tensor for index in (3, 4) if (tensor := graph.optional_input(node, index)) is not None]
    weights = np.abs(graph.input(node, 1).value().astype(np.float64)).sum(axis=1).max()
    sums = weights * reach(str(node.inputs[0])) + sum(reach(bias.name) for bias in biases)
    # High words of the products' sums stay within 2^30: far above any sum of the input that is seen.
    return replace(node, attrs={**node.attrs, "hidden_shift": finest_shift(max(hidden, float(sums) / 512))})


RECURRENT_OPERATORS: tuple[Operator, ...] = tuple(
    Operator(
        kind,
        "int8, int16",
        f"state int8 or int16, constant int8 weights; {_LIMITS[kind]}; one direction, forward or reverse; "
        "lengths of run time",
        shapes,
        prepare,
        reference,
        macs,
        float_reference,
        _RULE,
        inputs=(3, 1 + LENGTHS),
        outputs=(1, 3 if kind == "LSTM" else 2),
        states=(0, 1),
        vary=_vary,
        calibrate=_calibrate if kind == "RNN" else None,
    )
    for kind in GATES
)
