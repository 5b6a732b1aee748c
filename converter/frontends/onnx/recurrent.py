"""RNN, GRU and LSTM in one or both directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...ir import Array
from ...ops.recurrent import GATES
from .. import recurrent
from .call import Activation, Call, Constant, Lowering, Value

#: Which of ONNX' gates stands where in the operator: ONNX writes update, reset, new and input, output, forget, new.
_ORDER: Mapping[str, tuple[int, ...]] = {"RNN": (0,), "GRU": (1, 0, 2), "LSTM": (0, 2, 3, 1)}
_FUNCTIONS = {"RNN": ["tanh"], "GRU": ["sigmoid", "tanh"], "LSTM": ["sigmoid", "tanh", "tanh"]}
_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}


def layer(kind: str) -> Lowering:
    """Outputs, last hidden values and an LSTM's last cells."""

    def lower(call: Call) -> Sequence[Value | None]:
        source, batched = call.source(), bool(call.get("layout", 0))
        call.require(len(call.shape_of(source)) == 3, f"an input of shape {list(call.shape_of(source))} is no sequence")
        sides = _DIRECTIONS.get(call.get("direction", "forward"))
        if sides is None:
            raise call.fail(f"direction '{call.get('direction')}' is not served")
        steps, batch = call.shape_of(source)[:2][:: -1 if batched else 1]
        relus = _relus(call, kind, len(sides))
        _check(call)
        if not batched:
            source = recurrent.batch_first(call, source, "batch_first")
        length, lengths = _lengths(call, batch, steps)
        if length < steps:
            source = _cut(call, source, length)
        directions = [
            replace(_direction(call, kind, source, place, reverse), relu=relus[place])
            for place, reverse in enumerate(sides)
        ]
        given = _given(call, len(sides), 1 if batched else 0)
        reset_after = bool(call.get("linear_before_reset", 0))
        result, lasts = recurrent.layer(
            call, kind, source, directions, reset_after, "", given, 2 in call.used, lengths, bool(call.used & {1, 2})
        )
        if length < steps:
            margins = call.indices("paddings", [[0, 0], [0, steps - length], [0, 0]])
            result = call.emit("PAD", [result, margins], "padded")
        outputs: list[Value | None] = [Activation(_steps(call, result, len(sides), batched))]
        for place, what in enumerate(("state", "cells"), start=1):
            if place in call.used:
                parts = [last.hidden if place == 1 else last.cells for last in lasts]
                outputs.append(Activation(recurrent.states(call, parts, 1 if batched else 0, what)))
            else:
                outputs.append(None)
        return outputs[: call.outputs]

    return lower


def _steps(call: Call, result: str, sides: int, batched: bool) -> str:
    """[batch, steps, directions * cells] as ONNX has it: [steps, directions, batch, cells] or [batch, steps, ...]."""
    batch, steps, values = call.shape_of(result)
    if batched:
        return call.reshape(result, (batch, steps, sides, values // sides), "outputs")
    if batch == 1:
        return call.reshape(result, (steps, sides, 1, values // sides), "outputs")
    split = call.reshape(result, (batch, steps, sides, values // sides), "split")
    return call.transpose(split, (1, 2, 0, 3), "outputs")


def _relus(call: Call, kind: str, sides: int) -> list[bool]:
    """Whether each direction of an RNN has relu in the place of tanh. Raises UnsupportedError for other functions."""
    functions = [str(part.decode() if isinstance(part, bytes) else part) for part in call.get("activations", [])]
    found = [name.lower() for name in functions] or _FUNCTIONS[kind] * sides
    relus = [kind == "RNN" and name == "relu" for name in found]
    plain = ["tanh" if relu else name for name, relu in zip(found, relus, strict=True)]
    wanted = ", ".join(_FUNCTIONS[kind]) + (" or relu" if kind == "RNN" else "")
    served = plain == _FUNCTIONS[kind] * sides
    call.require(served, f"activations {', '.join(functions)} are not served; use {wanted}")
    return relus


def _lengths(call: Call, batch: int, steps: int) -> tuple[int, str | None]:
    """How many of the steps are computed, and the sequences' lengths where they are not all the same constant."""
    given = call.given(4)
    if given is None:
        return steps, None
    if isinstance(given, Activation):
        return steps, recurrent.lengths(call, given.tensor, batch, steps, 0)
    lengths = given.value
    if lengths.size == 0 or np.any(lengths != lengths.flat[0]):
        return steps, recurrent.lengths(call, lengths, batch, steps, 0)
    length = int(lengths.flat[0])
    call.require(1 <= length <= steps, f"sequences of {length} steps from {steps} are not served")
    return length, None


def _cut(call: Call, source: str, length: int) -> str:
    """The first steps of [batch, steps, inputs]."""
    batch, _, inputs = call.shape_of(source)
    operands = [source, call.indices("cut/begin", [0, 0, 0]), call.indices("cut/size", [batch, length, inputs])]
    return call.emit("SLICE", operands, "cut")


def _check(call: Call) -> None:
    """Raise UnsupportedError for what the operator has not."""
    call.require(not call.get("clip"), "clipped gates are not served")
    call.require(not call.get("input_forget", 0), "coupled input and forget gates are not served")
    peepholes = call.array(7, "peephole weights")
    call.require(peepholes is None or not np.any(peepholes), "peepholes are not served")


def _given(call: Call, sides: int, axis: int) -> list[recurrent.State]:
    """The initial state of each direction."""
    columns = []
    for index, what in ((5, "hidden"), (6, "cells")):
        value = call.given(index)
        zeros = value is None or (isinstance(value, Constant) and not np.any(value.value))
        columns.append(recurrent.initial(call, None if zeros else call.source(index), sides, axis, what))
    return [recurrent.State(*parts) for parts in zip(*columns, strict=True)]


def _direction(call: Call, kind: str, source: str, place: int, reverse: bool) -> recurrent.Direction:
    """The parameters of one direction, gates rearranged."""
    weights, matrix, bias = (_parameter(call, index) for index in (1, 2, 3))
    if weights is None or matrix is None:
        raise call.fail("its weights are missing")
    first, second = _ordered(kind, weights.value[place]), _ordered(kind, matrix.value[place])
    recurrent.check_parameters(call, kind, first, second, call.shape_of(source)[2])
    names: list[str | None] = [call.constant(weights.name, first), call.constant(matrix.name, second), None, None]
    if bias is not None:
        halves = np.split(bias.value[place].reshape(-1), 2)
        for index, half in enumerate(halves):
            call.require(half.size == first.shape[0], f"a bias of {half.size} values for {first.shape[0]} rows")
            names[2 + index] = call.constant(f"{bias.name}/{('input', 'state')[index]}", _ordered(kind, half))
    return recurrent.Direction(str(names[0]), str(names[1]), names[2], names[3], reverse)


def _parameter(call: Call, index: int) -> Constant | None:
    value = call.given(index)
    if isinstance(value, Activation):
        raise call.fail(f"input {index} is computed at run time; only constant weights are served")
    call.require(
        value is None or value.grid is None, "quantized recurrent layers are not served; quantize the float network"
    )
    return value


def _ordered(kind: str, values: Array) -> Array:
    """The gates along the first dimension in the operator's order."""
    gates = np.split(values.astype(np.float32), GATES[kind])
    return np.concatenate([gates[index] for index in _ORDER[kind]])
