"""The order in which the Helium kernels consume weights and the constants of channels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..call import Field
from ..narrow import NarrowChannels

LANES = 4  # channels that are requantized together


def block_fields(narrow: NarrowChannels, together: int = LANES) -> dict[str, Field]:
    """The C struct ``bw_block_s8_mve``; ``together``: channels whose constants follow one another."""
    channels, depth = narrow.weights.shape
    missing = -channels % LANES
    return {
        "weights": np.pad(narrow.weights, ((0, missing), (0, 0))),
        "channels": channel_constants(narrow, together),
        "depth": depth,
        "out_c": channels,
        **clamp_fields(narrow),
    }


def clamp_fields(narrow: NarrowChannels) -> dict[str, Field]:
    """Zero point, clamp, and whether the rounding of negative ties can be seen."""
    zero_point, low = narrow.fields["output_zero_point"], narrow.fields["low"]
    assert isinstance(zero_point, int) and isinstance(low, int)
    return {
        "output_zero_point": zero_point,
        "low": low,
        "high": narrow.fields["high"],
        "signed_ties": int(low < zero_point),
    }


def channel_constants(narrow: NarrowChannels, together: int = LANES) -> NDArray[Any]:
    """Per two or four channels: biases, multipliers, and one word of left shifts of a byte each."""
    words = [column(narrow, name, LANES).astype("<i4").reshape(-1, together) for name in ("bias", "multiplier")]
    shifts = column(narrow, "left", LANES).astype(np.int8).reshape(-1, together)
    shifts = np.ascontiguousarray(np.pad(shifts, ((0, 0), (0, 4 - together)))).view("<i4")
    return np.ascontiguousarray(np.concatenate([*words, shifts], axis=1), np.int32)


def column(narrow: NarrowChannels, name: str, lanes: int) -> NDArray[Any]:
    """Biases, multipliers or left shifts of all channels, to whole vectors; what is added needs no bounds."""
    values = narrow.fields["right" if name == "left" else name]
    assert isinstance(values, np.ndarray)
    channels = narrow.weights.shape[0]
    values = np.pad(values[:channels], (0, -channels % lanes), constant_values=1 if name == "left" else 0)
    return -values if name == "left" else values
