"""Recurrent layers as ONNX and PyTorch share them: one or two directions over a sequence, and their last states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..ir import Array, DType
from ..ops.recurrent import GATES, hidden_shift
from .emitter import Emitter


@dataclass(frozen=True, eq=False)
class Direction:
    """One direction's parameters by the names of their constants; gates in PyTorch's order."""

    weights: str
    recurrent: str
    bias: str | None
    recurrent_bias: str | None
    reverse: bool
    projection: str | None = None
    relu: bool = False

    @property
    def operands(self) -> list[str | None]:
        """As the operator takes them after the sequence."""
        return [self.weights, self.recurrent, self.bias, self.recurrent_bias]


def batch_first(call: Emitter, source: str, what: str) -> str:
    """[steps, batch, values] to [batch, steps, values] or back.

    Nothing is moved where one of them is 1; what the model itself moved just before is taken as it was.
    """
    writer = call.graph.writer(source)
    order = None if writer is None or writer.op != "TRANSPOSE" else call.graph.value(writer.inputs[1])
    if writer is not None and order is not None and order.tolist() == [1, 0, 2]:
        return str(writer.inputs[0])
    first, second, values = call.shape_of(source)
    if 1 in (first, second):
        return call.reshape(source, (second, first, values), what)
    return call.transpose(source, (1, 0, 2), what)


def initial(call: Emitter, value: str | None, count: int, axis: int, what: str) -> list[str | None]:
    """The initial state of each layer and direction, which are side by side along an axis; None: zeros."""
    if value is None or count == 1:
        return [value] * count
    size = [1 if i == axis else n for i, n in enumerate(call.shape_of(value))]
    parts: list[str | None] = []
    for number in range(count):
        begin = call.indices(f"{what}{number}/begin", [number if i == axis else 0 for i in range(len(size))])
        parts.append(call.emit("SLICE", [value, begin, call.indices(f"{what}/size", size)], f"{what}{number}"))
    return parts


def lengths(call: Emitter, given: str | Array, batch: int, steps: int, least: int) -> str:
    """The operand of one length for each sequence: an input of the graph, or constants from ``least`` to the steps.

    Raises UnsupportedError for others.
    """
    if isinstance(given, str):
        call.require(call.graph.writer(given) is None, "lengths that the network computes are not served")
        fits = call.graph.dtype(given) is DType.INT32 and call.shape_of(given) == (batch,)
        call.require(fits, f"lengths of run time must be whole numbers [{batch}]")
        return given
    fits = given.dtype.kind in "iu" and given.size == batch
    call.require(fits, f"lengths of shape {list(given.shape)} for a batch of {batch} are not served")
    inside = least <= int(given.min()) and int(given.max()) <= steps
    call.require(inside, f"sequences of {sorted(set(given.reshape(-1).tolist()))} steps from {steps} are not served")
    return call.indices("lengths", given.reshape(-1))


@dataclass(frozen=True)
class State:
    """Hidden values and cells of one layer in one direction; None: zeros, or not wanted."""

    hidden: str | None = None
    cells: str | None = None


def layer(
    call: Emitter,
    kind: str,
    source: str,
    directions: Sequence[Direction],
    reset_after: bool,
    what: str = "",
    given: Sequence[State] = (State(), State()),
    cells: bool = False,
    lengths: str | None = None,
    lasts: bool = True,
) -> tuple[str, list[State]]:
    """[batch, steps, inputs] through every direction.

    Args:
        given: the state that each direction starts from; lengths: of the sequences, where they have some.
        lasts: whether last states are wanted; cells: whether an LSTM's cells are among them.

    Returns:
        The outputs side by side, [batch, steps, directions * hidden values], and the last state of each direction: as
        the layer itself keeps it where a state is given, cells are wanted or there are lengths, else the hidden values
        as they are in the outputs.
    """
    sides, ends = [], []
    for direction, state in zip(directions, given, strict=False):
        label = "backward" if direction.reverse else "forward"
        name = (f"{what}/{label}" if what else label) if len(directions) > 1 else what
        attrs: dict[str, int] = {"reset_after": reset_after} if kind == "GRU" else {}
        operands = [source, *direction.operands, state.hidden, state.cells, direction.projection, lengths]
        if direction.relu:
            attrs["relu"] = True
        if direction.projection is not None:
            attrs["hidden_shift"] = hidden_shift(call.graph.tensor(direction.projection).value())
        while operands[-1] is None:
            operands.pop()
        kept = (2 if kind == "LSTM" else 1) * (cells or state != State()) or int(lengths is not None and lasts)
        side, *last = call.emit_all(kind, operands, 1 + kept, name, reverse=direction.reverse, **attrs)
        sides.append(side)
        if last or not lasts:
            ends.append(State(*last))
            continue
        batch, steps, width = call.shape_of(side)
        begin = call.indices(f"{name or kind}/begin", [0, 0 if direction.reverse else steps - 1, 0])
        size = call.indices(f"{name or kind}/count", [batch, 1, width])
        ends.append(State(call.emit("SLICE", [side, begin, size], f"{name}/last" if name else "last")))
    if len(sides) == 1:
        return sides[0], ends
    return call.emit("CONCATENATION", sides, what, axis=2), ends


def states(call: Emitter, lasts: Sequence[str | None], axis: int, what: str = "state") -> str:
    """The last values of all directions and layers side by side, [number, batch, cells] or [batch, number, cells]."""
    parts = []
    for index, last in enumerate(lasts):
        assert last is not None
        *batch, width = call.shape_of(last)
        shape = (1, math.prod(batch), width) if axis == 0 else (math.prod(batch), 1, width)
        parts.append(call.reshape(last, shape, f"{what}{index}"))
    return parts[0] if len(parts) == 1 else call.emit("CONCATENATION", parts, what, axis=axis)


def check_parameters(
    call: Emitter, kind: str, weights: Array, recurrent: Array, inputs: int, projection: Array | None = None
) -> None:
    """Raise UnsupportedError unless the weights have the shapes of a layer with that projection, or without."""
    cells = hidden = recurrent.shape[-1] if recurrent.ndim == 2 else 0
    if projection is not None:
        cells = projection.shape[-1] if projection.ndim == 2 and projection.shape[0] == hidden else 0
    rows = GATES[kind] * cells
    if weights.shape != (rows, inputs) or recurrent.shape != (rows, hidden) or not cells:
        shapes = [list(array.shape) for array in (weights, recurrent, projection) if array is not None]
        raise call.fail(f"weights of shapes {' and '.join(map(str, shapes))} are not served")
