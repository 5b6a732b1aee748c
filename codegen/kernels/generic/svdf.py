"""Lowering of SVDF."""

from __future__ import annotations

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.svdf import Svdf
from ..call import Field, KernelCall, as_c
from ..padding import fours, padded_rows


def lower(_graph: Graph, _node: Node, params: Svdf) -> KernelCall:
    """``bw_svdf_s8`` with a state of int16, ``bw_svdf_s8_state_s8`` with one of int8."""
    wide = params.state_dtype is DType.INT16
    # The input's zero point is taken out of the feature accumulator beforehand.
    offsets = -params.input_zero_point * params.feature_weights.astype(np.int64).sum(axis=1)
    fields: dict[str, Field] = {
        "batch": params.batch,
        "features": params.features,
        "units": params.units,
        "rank": params.rank,
        "memory": params.memory,
        "feature_weights": padded_rows(params.feature_weights),
        "feature_offsets": as_c(offsets, np.int32),
        "time_weights": params.time_weights,
        "bias": as_c(params.bias, np.int32),
        "state_multiplier": params.state_multiplier,
        "state_shift": params.state_shift,
        "multiplier": params.multiplier,
        "shift": params.shift,
        "output_zero_point": params.output_zero_point,
    }
    scratch = 2 * fours(params.features)
    sources = ("bw_rows_column_s8", "bw_rows_s8")
    return KernelCall("bw_svdf_s8" if wide else "bw_svdf_s8_state_s8", fields, scratch=scratch, sources=sources)
