"""Lowering of LAYER_NORM, RMS_NORM and MAD_NORM."""

from __future__ import annotations

import math

import numpy as np

from ....converter.fixedpoint import Int64
from ....converter.ir import DType, Graph, Node
from ....converter.ops.mad_norm import MadNorm
from ....converter.ops.normalization import Normalization
from ..call import Field, KernelCall, as_c

#: Bits by which factors are shifted left, so that the high word of their product is that product shifted right by 22.
_LEFT = 10
_MOST_ELEMENTS, _NORMAL_BITS = 4096, 22
_ROOT = "bw_reciprocal_root"


def lower(_graph: Graph, _node: Node, params: Normalization) -> KernelCall:
    """``bw_layer_norm_s8`` or ``bw_layer_norm_s16``, which may run in place."""
    fields = _fields(params, params.gain, params.bias)
    return KernelCall(f"bw_layer_norm_{_suffix(params)}", fields, distance={0: 0}, sources=(_ROOT,))


def lower_words(_graph: Graph, _node: Node, params: Normalization) -> KernelCall | None:
    """``bw_layer_norm_words_s8`` or ``bw_layer_norm_words_s16``, which may run in place, where their ranges hold."""
    # The largest radicand leaves the fewest leading zeros, and the largest shift (bw_layer_norm.h).
    reach = -params.dtype.limits[0] + abs(params.input_zero_point)
    radicand = ((params.depth * reach) ** 2 << 2 * params.half) + params.epsilon
    shift = 39 - (62 - radicand.bit_length()) // 2 - params.half
    normal = math.isqrt(params.depth << 2 * _NORMAL_BITS) + 2
    up = min(31 - normal.bit_length(), _LEFT)
    gain = params.gain << _LEFT - up
    bias = _finished_bias(params)
    most = _reach(params, math.isqrt(params.depth) + 2, bias)
    fits = shift <= 31 and params.depth <= _MOST_ELEMENTS
    if not fits or int(np.abs(gain).max()) >= 2**31 or most >= 2**31:
        return None
    fields: dict[str, Field] = {"norm": _fields(params, gain, bias), "up": up}
    stem = _suffix(params)
    return KernelCall(f"bw_layer_norm_words_{stem}", fields, distance={0: 0}, sources=(f"bw_norm_run_{stem}", _ROOT))


def lower_mad(_graph: Graph, _node: Node, params: MadNorm) -> KernelCall:
    """``bw_mad_norm_s8`` or ``bw_mad_norm_s16``, which may run in place."""
    fields = _mad_fields(params, params.gain, params.bias)
    return KernelCall(f"bw_mad_norm_{_suffix(params)}", fields, distance={0: 0})


def lower_mad_words(_graph: Graph, _node: Node, params: MadNorm) -> KernelCall | None:
    """``bw_mad_norm_words_s8`` or ``bw_mad_norm_words_s16``, which may run in place, where their ranges hold."""
    low, high = params.dtype.limits
    # At worst, half of a row is at either end.
    deviation = params.depth**2 * (high - low) // 2
    gain, bias = params.gain << 1, _finished_bias(params)
    if deviation >= 2**31 or int(np.abs(gain).max()) >= 2**31 or _reach(params, 0.5, bias) >= 2**31:
        return None
    stem = _suffix(params)
    sources = (f"bw_mad_sums_{stem}", f"bw_norm_run_{stem}")
    return KernelCall(f"bw_mad_norm_words_{stem}", _mad_fields(params, gain, bias), distance={0: 0}, sources=sources)


def _finished_bias(params: Normalization | MadNorm) -> Int64:
    """The bias with half a step and the output's zero point."""
    return params.bias + (1 << params.fraction - 1) + (params.output_zero_point << params.fraction)


def _reach(params: Normalization | MadNorm, most: float, bias: Int64) -> int:
    """What values that are multiplied with the gain, of such a magnitude, can reach with the bias."""
    return int(most * int(np.abs(params.gain).max())) + 1 + int(np.abs(bias).max())


def _mad_fields(params: MadNorm, gain: Int64, bias: Int64) -> dict[str, Field]:
    """``bw_mad_norm_params``."""
    return {
        "rows": params.rows,
        "depth": params.depth,
        "input_zero_point": params.input_zero_point,
        "gain": as_c(gain, np.int32),
        "bias": as_c(bias, np.int32),
        "fraction": params.fraction,
        "output_zero_point": params.output_zero_point,
    }


def _suffix(params: Normalization | MadNorm) -> str:
    return "s8" if params.dtype is DType.INT8 else "s16"


def _fields(params: Normalization, gain: Int64, bias: Int64) -> dict[str, Field]:
    """``bw_layer_norm_params``."""
    return {
        "rows": params.rows,
        "depth": params.depth,
        "centre": int(params.centre),
        "input_zero_point": params.input_zero_point,
        "epsilon": np.array([params.epsilon], np.int64),
        "half": params.half,
        "gain": as_c(gain, np.int32),
        "bias": as_c(bias, np.int32),
        "fraction": params.fraction,
        "output_zero_point": params.output_zero_point,
    }
