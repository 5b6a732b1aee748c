"""Reductions over dimensions."""

from __future__ import annotations

from ...ir import DType
from .call import Activation, Call, Lowering, Value


def reduction(op: str) -> Lowering:
    """MEAN, SUM, REDUCE_MAX or REDUCE_MIN over the given dimensions, or all."""

    def lower(call: Call) -> Value:
        return _reduced(call, op, call.source(), "")

    return lower


def _reduced(call: Call, op: str, source: str, what: str) -> Activation:
    rank = len(call.shape_of(source))
    given = call.integers(1, "axes")
    if not given and call.get("noop_with_empty_axes", 0):
        return Activation(source)
    axes = sorted({call.axis(axis, rank) for axis in given}) if given else list(range(rank))
    keep = bool(call.get("keepdims", 1))
    return Activation(call.emit(op, [source, call.indices("axes", axes)], what, keep_dims=keep))


def sum_of_squares(call: Call) -> Activation:
    """ReduceSumSquare."""
    return _reduced(call, "SUM", call.emit("SQUARE", [call.source()], "squares"), "")


def norm(call: Call) -> Activation:
    """ReduceL2."""
    total = _reduced(call, "SUM", call.emit("SQUARE", [call.source()], "squares"), "sum")
    return Activation(call.emit("SQRT", [total.tensor]))


def index(op: str) -> Lowering:
    """The index of the first largest (ArgMax) or smallest (ArgMin) value, int32."""

    def lower(call: Call) -> Activation:
        call.require(not call.get("select_last_index", 0), "the last index among equals is not served")
        source = call.source()
        if op == "ArgMin":
            source = call.emit("NEG", [source], "negated")
        shape = call.shape_of(source)
        axis, keep = call.axis(int(call.get("axis", 0)), len(shape)), bool(call.get("keepdims", 1))
        name = f"{call.name}/index" if keep else call.name
        result = call.graph.node(name, "ARG_MAX", [source, call.indices("axis", [axis])], {}, dtype=DType.INT32)
        kept = tuple(1 if i == axis else size for i, size in enumerate(shape))
        return Activation(call.reshape(result, kept) if keep else result)

    return lower
