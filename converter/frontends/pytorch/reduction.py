"""Reductions over dimensions."""

from __future__ import annotations

import math

from ...ir import DType
from .call import Activation, Call, Lowering


def reduction(op: str) -> Lowering:
    """MEAN, SUM, REDUCE_MAX or REDUCE_MIN over the given dimensions, or all."""

    def lower(call: Call) -> Activation:
        return Activation(_reduced(call, op, call.source(), keep=bool(call.get("keepdim", False))))

    return lower


def _reduced(call: Call, op: str, source: str, keep: bool, what: str = "") -> str:
    rank = len(call.shape_of(source))
    axes = call.axes("dim", rank)
    if not axes:
        return source
    return call.emit(op, [source, call.indices("axes", axes)], what, keep_dims=keep)


def extreme(op: str, index_op: Lowering) -> Lowering:
    """max and min along one dimension: (values, indices); or of everything: one value."""
    values = reduction(op)

    def lower(call: Call) -> Activation | list[Activation | None]:
        if len(call.shapes) == 1:
            return values(call)  # type: ignore[return-value]
        results = [values(call) if 0 in call.used else None, index_op(call) if 1 in call.used else None]
        return results  # type: ignore[return-value]

    return lower


def argmax(call: Call) -> Activation:
    """The index of the first largest value, int32."""
    return _index(call, call.source())


def argmin(call: Call) -> Activation:
    """The index of the first smallest value, int32."""
    return _index(call, call.emit("NEG", [call.source()], "negated"))


def _index(call: Call, source: str) -> Activation:
    shape = call.shape_of(source)
    if call.get("dim") is None:
        source, axis = call.reshape(source, (math.prod(shape),), "flat"), 0
    else:
        axis = call.axis("dim", len(shape))
    what = "index" if call.get("keepdim") else ""
    name = f"{call.name}/{what}" if what else call.name
    axes = call.indices("axis", [axis])
    result = call.graph.node(name, "ARG_MAX", [source, axes], {}, dtype=DType.INT32)
    kept = tuple(1 if call.get("dim") is None or i == axis else size for i, size in enumerate(shape))
    return Activation(call.reshape(result, kept) if call.get("keepdim") else result)


def variance(call: Call) -> Activation:
    """``sum((x - mean)^2) / (n - correction)``; of ``std`` its root."""
    source = call.source()
    shape = call.shape_of(source)
    axes = call.axes("dim", len(shape))
    count = math.prod(shape[axis] for axis in axes)
    given = call.get("correction", None)
    correction = float(call.get("unbiased", True)) if given is None else float(given)
    call.require(count > correction, f"the variance of {count} values with correction {correction}")
    root, keep = call.op == "aten.std", bool(call.get("keepdim", False))
    mean = call.emit("MEAN", [source, call.indices("axes", axes)], "mean", keep_dims=True)
    squares = call.emit("SQUARED_DIFFERENCE", [source, mean], "squares")
    scale = count / (count - correction)
    last = "variance" if root or scale != 1 else ""
    result = call.emit("MEAN", [squares, call.indices("axes", axes)], last, keep_dims=keep)
    if scale != 1:
        result = call.emit("MUL", [result, call.tensor(scale, "correction")], "corrected" if root else "")
    return Activation(call.emit("SQRT", [result]) if root else result)
