"""Normalizations: by stored statistics (batch), or by the input's own (layer, group, instance)."""

from __future__ import annotations

import math

import numpy as np

from ...ir import Array
from ..builder import TO_CHANNELS_FIRST, TO_CHANNELS_LAST
from ..lowering import along_last, standardized
from .call import Activation, Call

_TRAINING = "it uses the statistics of its batch; export the network for inference"


def batch_normalization(call: Call) -> list[Activation | None]:
    """By stored statistics over dimension 1; the outputs beside the first are of training."""
    call.require(not call.get("training_mode", 0) and call.used <= {0}, _TRAINING)
    call.require(call.get("spatial", 1) == 1, "statistics per pixel are not served")
    source = call.source()
    vectors = [call.parameter(index) for index in range(1, 5)]
    last = _channels_last(call, source)
    result = call.emit("BATCH_NORM", [last, *vectors], epsilon=_epsilon(call))
    return [_channels_first(call, result), *[None] * (call.outputs - 1)]


def instance_normalization(call: Call) -> Activation:
    """Every channel of a sample by its own statistics."""
    last = _channels_last(call, call.source())
    axes = range(1, len(call.shape_of(last)) - 1)
    scale, bias = call.array(1, "scale"), call.array(2, "bias")
    return _channels_first(call, _affine(call, standardized(call, last, axes, _epsilon(call), "normal"), scale, bias))


def group_normalization(call: Call) -> Activation:
    """Every group of channels of a sample by its own statistics; before opset 21 scale and bias are per group."""
    last = _channels_last(call, call.source())
    shape, groups = call.shape_of(last), int(call.get("num_groups", 0))
    call.require(groups > 0 and shape[-1] % groups == 0, f"{shape[-1]} channels in {groups} groups")
    scale, bias = call.array(1, "scale"), call.array(2, "bias")
    if call.version < 21:
        scale, bias = (None if v is None else np.repeat(v, shape[-1] // groups) for v in (scale, bias))
    grouped = call.reshape(last, (shape[0], math.prod(shape[1:-1]), groups, shape[-1] // groups), "groups")
    normal = call.reshape(standardized(call, grouped, (1, 3), _epsilon(call), "normal"), shape, "channels")
    return _channels_first(call, _affine(call, normal, scale, bias))


def layer_normalization(call: Call) -> list[Activation | None]:
    """Every sample by the statistics of its dimensions from ``axis`` on; the other outputs are the statistics."""
    call.require(call.used <= {0}, "its mean and inverse deviation as outputs are not served")
    source = call.source()
    rank = len(call.shape_of(source))
    axes = range(call.axis(int(call.get("axis", -1)), rank), rank)
    scale, bias = call.array(1, "scale"), call.array(2, "bias")
    result = along_last(call, "LAYER_NORM", source, len(axes), _epsilon(call), scale, bias)
    if result is None:
        result = _affine(call, standardized(call, source, axes, _epsilon(call), "normal"), scale, bias)
    return [Activation(result), *[None] * (call.outputs - 1)]


def _channels_last(call: Call, source: str) -> str:
    rank = len(call.shape_of(source))
    call.require(2 <= rank <= 4, f"{rank} dimensions are not served")
    return source if rank == 2 else call.transpose(source, TO_CHANNELS_LAST[rank], "channels_last")


def _channels_first(call: Call, result: str) -> Activation:
    rank = len(call.shape_of(result))
    return Activation(result if rank == 2 else call.transpose(result, TO_CHANNELS_FIRST[rank], "channels_first"))


def _epsilon(call: Call) -> float:
    return float(call.get("epsilon", 1e-5))


def _affine(call: Call, source: str, scale: Array | None, bias: Array | None) -> str:
    """``source * scale + bias`` along the last dimensions; the last node has the call's own name."""
    if scale is not None:
        source = call.emit("MUL", [source, call.number("scale", scale)], "" if bias is None else "scaled")
    if bias is not None:
        source = call.emit("ADD", [source, call.number("bias", bias)])
    return source
