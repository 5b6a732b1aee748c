"""nn.RNN, nn.GRU and nn.LSTM, stacked and in one or both directions, and their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .. import recurrent
from .call import Activation, Call, Constant, Lowering, Value


def layers(kind: str, relu: bool = False) -> Lowering:
    """Of aten.rnn_tanh, aten.rnn_relu, aten.gru and aten.lstm, and of the same over packed sequences (``packing``):
    outputs, last hidden values and an LSTM's last cells."""

    def lower(call: Call) -> Sequence[Value | None]:
        packed = call.get("batch_sizes") is not None
        call.require(not packed, "packed sequences are served in modules, not in programs that torch.export has traced")
        dropped = call.get("train") and call.get("dropout")
        call.require(not dropped, "dropout is active; export the module in eval mode")
        source, turned = call.source("input"), not call.get("batch_first")
        if turned:
            source = recurrent.batch_first(call, source, "batch_first")
        count, sides = int(call.get("num_layers")), 2 if call.get("bidirectional") else 1
        given, lasts = _given(call, count * sides), list[recurrent.State]()
        lengths = _lengths(call, source)
        for number in range(count):
            directions = [_direction(call, kind, source, sides * number + side, bool(side)) for side in range(sides)]
            directions = [replace(direction, relu=relu) for direction in directions]
            what = f"layer{number}" if count > 1 else ""
            own = given[sides * number : sides * (number + 1)]
            source, ends = recurrent.layer(
                call, kind, source, directions, True, what, own, 2 in call.used, lengths, bool(call.used & {1, 2})
            )
            lasts += ends
        if turned:
            source = recurrent.batch_first(call, source, "steps_first")
        results: list[Value | None] = [Activation(source)]
        for place in range(1, len(call.shapes)):
            if place not in call.used:
                results.append(None)
                continue
            parts = [last.hidden if place == 1 else last.cells for last in lasts]
            results.append(Activation(recurrent.states(call, parts, 0, "state" if place == 1 else "cells")))
        return results

    return lower


def cell(kind: str, relu: bool = False) -> Lowering:
    """Of aten.rnn_tanh_cell, aten.rnn_relu_cell, aten.gru_cell and aten.lstm_cell: one step, whose state comes in and
    goes out."""

    def lower(call: Call) -> Value | Sequence[Value | None]:
        source = call.source("input")
        batch, inputs = call.shape_of(source)
        weights = [call.get(key) for key in ("w_ih", "w_hh", "b_ih", "b_hh")]
        direction = replace(_parameters(call, kind, weights, inputs, False), relu=relu)
        sequence = call.reshape(source, (batch, 1, inputs), "step")
        states = call.get("hx") if kind == "LSTM" else [call.get("hx")]
        given = recurrent.State(
            *(_state(call, value, "hidden" if i == 0 else "cells") for i, value in enumerate(states))
        )
        _, (last,) = recurrent.layer(call, kind, sequence, [direction], True, "", [given], cells=kind == "LSTM")
        if last.cells is not None:
            return [Activation(str(last.hidden)), Activation(last.cells)]
        return Activation(call.reshape(str(last.hidden), call.shape, "hidden"))

    return lower


def _lengths(call: Call, source: str) -> str | None:
    """The lengths of packed sequences [batch, steps, inputs]."""
    lengths = call.given("lengths")
    if lengths is None:
        return None
    batch, steps, _ = call.shape_of(source)
    given = lengths.tensor if isinstance(lengths, Activation) else lengths.value
    return recurrent.lengths(call, given, batch, steps, 1)


def _given(call: Call, count: int) -> list[recurrent.State]:
    """The initial state of every layer and direction."""
    given = call.get("hx")
    values = given if isinstance(given, list | tuple) else [given]
    columns = [
        recurrent.initial(call, _state(call, value, what), count, 0, what)
        for value, what in zip(values, ("hidden", "cells"), strict=False)
    ]
    return [recurrent.State(*parts) for parts in zip(*columns, strict=True)]


def _state(call: Call, value: Value | None, what: str) -> str | None:
    """A state as a tensor of the graph; None where it is of zeros or not given."""
    zeros = isinstance(value, Constant) and not np.any(value.value)
    return None if value is None or zeros else call.tensor(value, what)


def _direction(call: Call, kind: str, source: str, place: int, reverse: bool) -> recurrent.Direction:
    """The parameters of one direction of one layer: two matrices, with biases two vectors, and an LSTM's projection."""
    values = call.get("params")
    each, rest = divmod(len(values), int(call.get("num_layers")) * (2 if call.get("bidirectional") else 1))
    known = (4, 5) if call.get("has_biases") else (2, 3)
    call.require(not rest and each in known[: 1 + (kind == "LSTM")], f"{len(values)} parameters are not served")
    parts = values[place * each : (place + 1) * each]
    return _parameters(call, kind, parts, call.shape_of(source)[2], reverse)


def _parameters(
    call: Call, kind: str, parts: Sequence[Value | None], inputs: int, reverse: bool
) -> recurrent.Direction:
    """Two matrices, with biases two vectors, and if their number is odd, a projection."""
    given = [part for part in parts if part is not None]
    for part in given:
        call.require(isinstance(part, Constant), "weights computed at run time are not served")
    known = [part for part in given if isinstance(part, Constant)]
    projection = known[-1].value if len(known) % 2 else None
    recurrent.check_parameters(call, kind, known[0].value, known[1].value, inputs, projection)
    names = [call.constant(part.name, part.value) for part in known]
    bias, recurrent_bias = names[2:4] if len(names) >= 4 else (None, None)
    return recurrent.Direction(names[0], names[1], bias, recurrent_bias, reverse, names[-1] if len(names) % 2 else None)
