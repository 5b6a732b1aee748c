"""Lowering of convolutions, pooling and MEAN in float."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ....converter.ir import DType, Graph, Node
from ....converter.ops.floating.sliding import FloatConv, FloatMean, FloatPool
from ..call import Field, KernelCall
from . import fully_connected
from .names import SUFFIX


def lower_conv(_graph: Graph, _node: Node, params: FloatConv) -> KernelCall:
    """``bw_conv_f32`` or ``_f16``; where a window is a pixel of the input, ``bw_fully_connected_f16``."""
    window = params.window
    if params.dtype is not DType.FLOAT16:
        return _convolution("bw_conv", params)
    if window.kernel == (1, 1) and window.output == window.input and not any(window.before):
        rows = params.batch * math.prod(window.output)
        return fully_connected.call(params, rows, params.weights.reshape(len(params.scale), -1))
    return replace(_convolution("bw_conv", params), scratch=params.dtype.bytes * params.weights[0].size)


def lower_depthwise(_graph: Graph, _node: Node, params: FloatConv) -> KernelCall:
    """``bw_depthwise_f32`` or ``_f16``."""
    return _convolution("bw_depthwise", params)


def _convolution(stem: str, params: FloatConv) -> KernelCall:
    fields: dict[str, Field] = {"window": _window(params), "units": len(params.scale)}
    fields |= {name: getattr(params, name) for name in ("weights", "scale", "bias", "low", "high")}
    return KernelCall(f"{stem}_{SUFFIX[params.dtype]}", fields)


def lower_pool(_graph: Graph, _node: Node, params: FloatPool) -> KernelCall:
    """``bw_pool_f32`` or ``_f16``."""
    fields: dict[str, Field] = {"window": _window(params), "largest": int(params.largest)}
    return KernelCall(f"bw_pool_{SUFFIX[params.dtype]}", fields | {"low": params.low, "high": params.high})


def lower_mean(_graph: Graph, _node: Node, params: FloatMean) -> KernelCall:
    """``bw_mean_f32`` or ``_f16``."""
    fields: dict[str, Field] = {name: getattr(params, name) for name in ("outer", "size", "inner", "share")}
    return KernelCall(f"bw_mean_{SUFFIX[params.dtype]}", fields)


def _window(params: FloatConv | FloatPool) -> dict[str, Any]:
    names = ("input", "kernel", "stride", "dilation", "before", "output")
    sizes = {name: getattr(params.window, name) for name in names}
    return {"batch": params.batch, "channels": params.channels, **sizes}
