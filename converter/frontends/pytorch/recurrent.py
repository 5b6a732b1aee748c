"""nn.RNN, nn.GRU and nn.LSTM: stacked, in one or both directions, from a state of zeros."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import recurrent
from .call import Activation, Call, Constant, Lowering, Value


def layers(kind: str) -> Lowering:
    """Of aten.rnn_tanh, aten.gru and aten.lstm: outputs and last hidden values; an LSTM's last cells are not served."""

    def lower(call: Call) -> Sequence[Value | None]:
        call.require(call.get("batch_sizes") is None, "packed sequences are not served; give sequences of one length")
        dropped = call.get("train") and call.get("dropout")
        call.require(not dropped, "dropout is active; export the module in eval mode")
        _check_initial(call)
        source, turned = call.source("input"), not call.get("batch_first")
        if turned:
            source = recurrent.batch_first(call, source, "batch_first")
        lasts: list[str] = []
        count, sides = int(call.get("num_layers")), 2 if call.get("bidirectional") else 1
        for number in range(count):
            directions = [_direction(call, kind, source, sides * number + side, bool(side)) for side in range(sides)]
            what = f"layer{number}" if count > 1 else ""
            source, ends = recurrent.layer(call, kind, source, directions, True, what)
            lasts += ends
        if turned:
            source = recurrent.batch_first(call, source, "steps_first")
        return [Activation(source), Activation(recurrent.states(call, lasts)), *[None] * (len(call.shapes) - 2)]

    return lower


def _check_initial(call: Call) -> None:
    given = call.get("hx")
    for value in given if isinstance(given, list | tuple) else [given]:
        call.require(isinstance(value, Constant) and not np.any(value.value), recurrent.INITIAL)


def _direction(call: Call, kind: str, source: str, place: int, reverse: bool) -> recurrent.Direction:
    """The parameters of one direction of one layer: two matrices and, with biases, two vectors."""
    biased = bool(call.get("has_biases"))
    each = 4 if biased else 2
    values = call.get("params")
    count = int(call.get("num_layers")) * (2 if call.get("bidirectional") else 1) * each
    call.require(len(values) == count, "a projection of the hidden values is not served")
    parts = values[place * each : (place + 1) * each]
    for part in parts:
        call.require(isinstance(part, Constant), "weights computed at run time are not served")
    recurrent.check_parameters(call, kind, parts[0].value, parts[1].value, call.shape_of(source)[2])
    names = [call.constant(part.name, part.value) for part in parts]
    bias, recurrent_bias = names[2:] if biased else (None, None)
    return recurrent.Direction(names[0], names[1], bias, recurrent_bias, reverse)
