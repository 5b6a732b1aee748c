"""Recurrent layers as ONNX and PyTorch share them: one or two directions over a sequence, and their last states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import UnsupportedError
from ..ir import Array
from ..ops.recurrent import GATES
from .emitter import Emitter

#: What nodes whose state comes from elsewhere are told.
INITIAL = "an initial state other than zeros is not served; leave it out, so that every sequence starts from zeros"


@dataclass(frozen=True, eq=False)
class Direction:
    """One direction's parameters by the names of their constants; gates in PyTorch's order."""

    weights: str
    recurrent: str
    bias: str | None
    recurrent_bias: str | None
    reverse: bool

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


def layer(
    call: Emitter, kind: str, source: str, directions: Sequence[Direction], reset_after: bool, what: str = ""
) -> tuple[str, list[str]]:
    """[batch, steps, inputs] through every direction.

    Returns:
        The outputs side by side, [batch, steps, directions * cells], and of each direction the last hidden values,
        [batch, 1, cells].
    """
    sides, lasts = [], []
    for direction in directions:
        label = "backward" if direction.reverse else "forward"
        name = (f"{what}/{label}" if what else label) if len(directions) > 1 else what
        attrs = {"reset_after": reset_after} if kind == "GRU" else {}
        side = call.emit(kind, [source, *direction.operands], name, reverse=direction.reverse, **attrs)
        batch, steps, cells = call.shape_of(side)
        begin = call.indices(f"{name or kind}/begin", [0, 0 if direction.reverse else steps - 1, 0])
        count = call.indices(f"{name or kind}/count", [batch, 1, cells])
        sides.append(side)
        lasts.append(call.emit("SLICE", [side, begin, count], f"{name}/last" if name else "last"))
    if len(sides) == 1:
        return sides[0], lasts
    return call.emit("CONCATENATION", sides, what, axis=2), lasts


def states(call: Emitter, lasts: Sequence[str], what: str = "state") -> str:
    """The last hidden values of all directions and layers, [number, batch, cells]."""
    parts = [batch_first(call, last, f"{what}{index}") for index, last in enumerate(lasts)]
    return parts[0] if len(parts) == 1 else call.emit("CONCATENATION", parts, what, axis=0)


def check_parameters(call: Emitter, kind: str, weights: Array, recurrent: Array, inputs: int) -> None:
    """Raise UnsupportedError unless the weights have the shapes of a layer without projection."""
    cells = recurrent.shape[-1] if recurrent.ndim == 2 else 0
    rows = GATES[kind] * cells
    if weights.shape != (rows, inputs) or recurrent.shape != (rows, cells) or not cells:
        raise _unfit(call, weights, recurrent)


def _unfit(call: Emitter, weights: Array, recurrent: Array) -> UnsupportedError:
    return call.fail(
        f"weights of shapes {list(weights.shape)} and {list(recurrent.shape)} are not served (a projection of the "
        "hidden values is not)"
    )
