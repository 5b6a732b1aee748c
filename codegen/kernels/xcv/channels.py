"""What the kernels of XCV take of a layer's channels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....converter.fixedpoint import Int64
from ..call import as_c
from ..narrow import NarrowChannels
from .linear import linear

#: Accumulators below this magnitude, times four, fit int32.
_LIMIT = 2**29
_RECTIFIED, _INT8, _CLAMPED = range(3)  # BW_TILE_RECTIFIED and its neighbours


@dataclass(frozen=True, eq=False)
class Channels:
    """Channels within the ranges of bw_requantize_xcv (bw_xcv.h); ``shift`` is the right shift plus one."""

    weights: NDArray[Any]
    bias: Int64
    multiplier: Int64
    shift: Int64
    output_zero_point: int
    low: int
    high: int


def channels_of(narrow: NarrowChannels | None) -> Channels | None:
    """The same channels, or None where one is outside the ranges."""
    if narrow is None:
        return None
    count = narrow.weights.shape[0]
    bias, multiplier, right = (
        np.asarray(narrow.fields[name])[:count].astype(np.int64) for name in ("bias", "multiplier", "right")
    )
    reach = np.abs(narrow.weights.astype(np.int64)).sum(axis=1) * 128
    if np.any(np.abs(bias) + reach >= _LIMIT) or np.any(multiplier < 2**30) or np.any(right > 30):
        return None
    point, low, high = (int(narrow.fields[name]) for name in ("output_zero_point", "low", "high"))  # type: ignore[arg-type]
    return Channels(narrow.weights, bias, multiplier, right + 1, point, low, high)


def tile_fields(channels: Channels, compact: bool = False) -> dict[str, Any]:
    """The fields of bw_tile_channels_xcv (bw_tile_s8_xcv.h), without ``count``.

    Weights are [channels, bytes], a multiple of four bytes. Channels beyond the last group of four follow the groups,
    unpacked, with bias, multiplier and shift each.

    Args:
        compact: the smaller table, which is the slower one where everything below zero is clamped.
    """
    packed = len(channels.bias) // 4 * 4
    rest = np.stack([channels.bias, channels.multiplier, channels.shift], axis=1)[packed:]
    groups = None if compact else _rectified_groups(channels, packed)
    mode = _RECTIFIED
    if groups is None:
        groups = _groups(channels, packed)
        mode = _INT8 if (channels.low, channels.high) == (-128, 127) else _CLAMPED
    return {
        "weights": _interleaved(channels.weights, packed),
        "table": as_c(np.concatenate([groups.reshape(-1), rest.reshape(-1)]), np.int32),
        "output_zero_point": channels.output_zero_point,
        "low": channels.low,
        "high": channels.high,
        "mode": mode,
    }


def rectified(channels: Channels, limit: int = _LIMIT) -> Channels | None:
    """The channels for bw_requantize_linear_xcv, with offsets below a limit in the shifts' place; None where everything
    below zero is not clamped, or a line does not serve."""
    if (channels.output_zero_point, channels.low, channels.high) != (-128, -128, 127):
        return None
    line = linear(channels.multiplier, channels.shift - 1, -128)
    if line is None or np.any(np.abs(channels.bias + line[0]) >= _LIMIT) or np.any(np.abs(line[1]) >= limit):
        return None
    unsigned = (2 * channels.multiplier + 2**31) % 2**32 - 2**31  # the multiplier is read as unsigned
    return replace(channels, bias=channels.bias + line[0], multiplier=unsigned, shift=line[1])


def _rectified_groups(channels: Channels, packed: int) -> Int64 | None:
    """Biases, and multiplier and offset of each, for four channels a row."""
    lined = rectified(channels)
    if lined is None:
        return None
    pairs = np.stack([lined.multiplier, lined.shift], axis=1)
    rows: Int64 = np.concatenate([lined.bias[:packed].reshape(-1, 4), pairs[:packed].reshape(-1, 8)], axis=1)
    return rows


def _groups(channels: Channels, packed: int) -> Int64:
    """Biases, shifts as one word, and multipliers of four channels a row."""
    bias, multiplier, shift = (v[:packed].reshape(-1, 4) for v in (channels.bias, channels.multiplier, channels.shift))
    word = (shift << np.array([0, 8, 16, 24])).sum(axis=1)
    return np.concatenate([bias, word[:, None], multiplier], axis=1)


def _interleaved(weights: NDArray[Any], packed: int) -> NDArray[Any]:
    """[groups, words, 4 channels, 4], then the other channels as they are."""
    depth = weights.shape[1]
    groups = weights[:packed].reshape(-1, 4, depth // 4, 4).transpose(0, 2, 1, 3)
    return np.concatenate([groups.reshape(-1, depth), weights[packed:]])


def tile_instructions(depth: int, channels: int, pixels: int, mode: int, rows: int = 1) -> int:
    """Of one tile of bw_tile_4x4_s8_xcv (four pixels) or bw_tile_4x1_s8_xcv (one)."""
    group = 6 * depth + 97 if pixels == 4 else 9 * depth // 4 + 39
    more = {_RECTIFIED: (0, 0), _INT8: (60, 20), _CLAMPED: (75, 23)}[mode][pixels == 1]
    return (group + more + 6 * rows) * (channels // 4) + 26 + 4 * rows


def unit_instructions(depth: int, units: int, mode: int) -> int:
    """Of all groups of four units, two at a time."""
    more = {_RECTIFIED: 0, _INT8: 20, _CLAMPED: 23}[mode]
    return (17 * depth // 8 + 34 + more) * (units // 4) + 60
