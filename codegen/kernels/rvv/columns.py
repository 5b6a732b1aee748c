"""What the kernels over channels in lanes take, and what they cost."""

from __future__ import annotations

import numpy as np

from ....converter.ops.window import Window
from ..call import Field, as_c
from ..narrow import NarrowChannels
from ..overlap import first_reads

COLUMNS = 3  # computed together
LANES = 32  # channels of a vector, at a VLEN of 128


def columns_fields(narrow: NarrowChannels, rows: int, run: int, step: int) -> dict[str, Field]:
    """The C struct ``bw_columns_s8_rvv_params``."""
    return {
        "weights": np.ascontiguousarray(narrow.weights.T),
        "requantize": requantize_fields(narrow),
        "out_c": narrow.weights.shape[0],
        "rows": rows,
        "run": run,
        "step": step,
    }


def requantize_fields(narrow: NarrowChannels) -> dict[str, Field]:
    """The C struct ``bw_requantize_rvv``."""
    channels, fields = narrow.weights.shape[0], narrow.fields
    point, low = fields["output_zero_point"], fields["low"]
    assert isinstance(point, int) and isinstance(low, int)
    return {
        "bias": as_c(np.asarray(fields["bias"])[:channels], np.int32),
        "multiplier": as_c(np.asarray(fields["multiplier"])[:channels], np.int32),
        "right": as_c(np.asarray(fields["right"])[:channels], np.int8),
        "output_zero_point": point,
        "low": low,
        "high": fields["high"],
        "signed_ties": int(low < point),
    }


def columns_instructions(channels: int, rows: int, run: int, columns: int) -> int:
    """Of as many columns, as measured at a VLEN of 128: eight bytes of each at a time, then one."""
    alone = columns % COLUMNS == 1
    vectors = -(-channels // LANES)
    three = 40 + vectors * (90 + rows * (9 + 81 * (run // 8) + 14 * (run % 8)))
    one = 40 + vectors * (50 + rows * (9 + 44 * (run // 8) + 8 * (run % 8)))
    return (-(-columns // COLUMNS) - alone) * three + alone * one


def group_distance(window: Window, batch: int, input_pixel: int, output_pixel: int, together: int) -> int:
    """The smallest safe distance where pixels of a row that are computed together are read while they are written."""
    reads = first_reads(window, batch, input_pixel).reshape(-1, window.output[1])
    # Groups may begin anywhere: each is taken to be as long as the longest.
    ends = np.minimum(np.arange(window.output[1]) + together, window.output[1])
    ends = np.arange(len(reads))[:, None] * window.output[1] + ends
    return int((ends * output_pixel - reads).max())


def inner_columns(window: Window) -> tuple[int, int]:
    """Output columns whose windows do not leave the input at the sides."""
    starts = np.arange(window.output[1]) * window.stride[1] - window.before[1]
    reach = (window.kernel[1] - 1) * window.dilation[1] + 1
    inner = np.flatnonzero((starts >= 0) & (starts + reach <= window.input[1]))
    return (int(inner[0]), int(inner[-1]) + 1) if inner.size else (0, 0)
