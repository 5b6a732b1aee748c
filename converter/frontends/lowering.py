"""Pieces of lowerings that ONNX and PyTorch share: windows, groups of channels, normalizations, splits, powers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..ir import Array
from ..ops.normalization import MOST_ELEMENTS
from .emitter import Emitter

Pair = tuple[int, int]

#: Exponents that need no logarithm, as unary operators.
_POWERS = {2: "SQUARE", 0.5: "SQRT", -0.5: "RSQRT"}


def explicit(before: Pair, after: Pair) -> str | tuple[Pair, Pair]:
    """The padding attribute: VALID where there is none."""
    if before == after == (0, 0):
        return "VALID"
    return ((before[0], after[0]), (before[1], after[1]))


def padded(call: Emitter, source: str, before: Pair, after: Pair) -> str:
    """[N, H, W, C] with zeros around."""
    if before == after == (0, 0):
        return source
    margins = [(0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)]
    return call.emit("PAD", [source, call.indices("paddings", margins)], "pad")


def padding_reached(size: int, taps: int, step: int, first: int, last: int, ceil: bool) -> int:
    """Padding after an axis as far as pooling windows reach: more than ``last`` when their number is rounded up.

    Args:
        first, last: padding before and after that the model states.
    """
    room = size + first + last - taps
    count = room // step + 1
    if ceil and room % step:
        count += 1
        if (count - 1) * step >= size + first:  # a window that starts beyond the input is dropped
            count -= 1
    return max(0, (count - 1) * step + taps - size - first)


def spread(kernel: Array, dilation: Pair) -> Array:
    """A kernel [., ., h, w] with ``dilation - 1`` zeros between its taps."""
    if dilation == (1, 1):
        return kernel
    taps = [(k - 1) * d + 1 for k, d in zip(kernel.shape[2:], dilation, strict=True)]
    result = np.zeros((*kernel.shape[:2], *taps), kernel.dtype)
    result[:, :, :: dilation[0], :: dilation[1]] = kernel
    return result


def by_groups(call: Emitter, source: str, groups: int, one: Callable[[int, str, str], str]) -> str:
    """[N, H, W, C] split into groups of channels, each through ``one(index, part, what)``, side by side again."""
    axis = call.indices("axis", np.asarray(3))
    parts = call.emit_all("SPLIT", [axis, source], groups, "split")
    return call.emit("CONCATENATION", [one(i, part, f"group{i}") for i, part in enumerate(parts)], axis=3)


def split(call: Emitter, source: str, axis: int, sizes: Sequence[int]) -> list[str]:
    """The tensor in parts of the given sizes; itself where there is one."""
    if len(sizes) == 1:
        return [source]
    position = call.indices("axis", np.asarray(axis))
    if len(set(sizes)) == 1:
        return call.emit_all("SPLIT", [position, source], len(sizes))
    return call.emit_all("SPLIT_V", [source, call.indices("sizes", sizes), position], len(sizes))


def standardized(call: Emitter, source: str, axes: Sequence[int], epsilon: float, what: str) -> str:
    """``(x - mean) / sqrt(variance + epsilon)``, the variance being that of the population."""
    indices = call.indices("axes", list(axes))
    mean = call.emit("MEAN", [source, indices], "mean", keep_dims=True)
    centred = call.emit("SUB", [source, mean], "centred")
    squares = call.emit("SQUARED_DIFFERENCE", [source, mean], "squares")
    variance = call.emit("MEAN", [squares, indices], "variance", keep_dims=True)
    return divided(call, centred, variance, epsilon, what)


def along_last(
    call: Emitter, op: str, source: str, count: int, epsilon: float, gain: Array | None, bias: Array | None
) -> str | None:
    """LAYER_NORM or RMS_NORM over the last ``count`` dimensions; None where one operator cannot do it.

    Args:
        gain, bias: constants that broadcast to these dimensions; absent ones are None.
    """
    shape = call.shape_of(source)
    last = shape[len(shape) - count :]
    depth = math.prod(last)
    given = [value for value in (gain, bias) if value is not None]
    if not last or not 1 <= depth <= MOST_ELEMENTS or not all(_fits(value.shape, last) for value in given):
        return None
    inputs: list[str | None] = [call.reshape(source, (*shape[: len(shape) - count], depth), "rows")]
    for what, value in (("gain", gain), ("bias", bias)):
        inputs.append(None if value is None else call.number(what, np.broadcast_to(value, last).reshape(-1)))
    while inputs[-1] is None:
        inputs.pop()
    result = call.emit(op, inputs, "" if count == 1 else "normalized", epsilon=epsilon)
    return call.reshape(result, shape)


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether an array of that shape broadcasts to the wanted one."""
    pairs = zip(reversed(shape), reversed(wanted), strict=False)
    return len(shape) <= len(wanted) and all(size in (1, other) for size, other in pairs)


def divided(call: Emitter, source: str, square: str, epsilon: float, what: str) -> str:
    """``source / sqrt(square + epsilon)``."""
    raised = call.emit("ADD", [square, call.number("epsilon", epsilon)], "raised")
    return call.emit("MUL", [source, call.emit("RSQRT", [raised], "inverse")], what)


def powered(call: Emitter, source: str, exponent: float) -> str:
    """The tensor to one of the exponents 1, 2, 3, 4, 0.5 and -0.5. Raises UnsupportedError for another."""
    if exponent == 1:
        return source
    if exponent in (3, 4):
        square = call.emit("SQUARE", [source], "square")
        return call.emit("MUL", [square, source if exponent == 3 else square])
    call.require(exponent in _POWERS, f"exponent {exponent:g} is not served; use 2, 3, 4, 0.5 or -0.5")
    return call.emit(_POWERS[exponent], [source])
