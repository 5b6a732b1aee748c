"""Normalizations: by running statistics (batch), or by the input's own (layer, group, instance, RMS)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...ir import Array
from ..builder import TO_CHANNELS_FIRST, TO_CHANNELS_LAST
from ..lowering import along_last, divided, standardized
from .call import Activation, Call

_TRAINING = "it uses the statistics of its batch; export the module in eval mode (module.eval())"


def batch_norm(call: Call) -> list[Activation | None]:
    """By running statistics, whatever the spelling; the outputs beside the first are statistics of training."""
    if call.array("running_mean") is None:
        return [_instance(call), None, None]
    call.require(not call.get("training", False), _TRAINING)
    source = call.source("input")
    spatial, channels = len(call.shape_of(source)) - 2, call.shape_of(source)[1]

    def vector(key: str, otherwise: float) -> str:
        """One value per channel; the neutral one where the layer has none."""
        return call.parameter(key) or call.constant(f"{call.name}.{key}", np.full(channels, otherwise, np.float32))

    vectors = [vector("weight", 1.0), vector("bias", 0.0), vector("running_mean", 0.0), vector("running_var", 1.0)]
    last = _channels_last(call, source)
    result = call.emit("BATCH_NORM", [last, *vectors], epsilon=_epsilon(call))
    return [_channels_first(call, result, spatial), *[None] * (len(call.shapes) - 1)]


def batch_norm_whole(call: Call) -> Activation:
    """The spelling with one output."""
    result = batch_norm(call)[0]
    assert result is not None
    return result


def instance_norm(call: Call) -> Activation:
    """Every channel of a sample by its own statistics."""
    if not call.get("use_input_stats", True):
        return batch_norm_whole(call)
    call.require(call.given("running_mean") is None, _TRAINING)
    return _instance(call)


def _instance(call: Call) -> Activation:
    shape = call.shape_of(call.source("input"))
    call.require(shape[0] == 1 or call.op == "aten.instance_norm", _TRAINING)
    source = _channels_last(call, call.source("input"))
    axes = tuple(range(1, len(shape) - 1))
    result = _normalized(call, source, axes, call.array("weight"), call.array("bias"))
    return _channels_first(call, result, len(shape) - 2)


def group_norm(call: Call) -> Activation:
    """Every group of channels of a sample by its own statistics."""
    source = call.source("input")
    shape = call.shape_of(source)
    groups = int(call.get("num_groups") or call.get("group"))
    last = _channels_last(call, source)
    inner = call.shape_of(last)
    grouped = call.reshape(last, (shape[0], math.prod(shape[2:]), groups, shape[1] // groups), "groups")
    weight, bias = call.array("weight"), call.array("bias")
    scaled = standardized(call, grouped, (1, 3), _epsilon(call), _before(weight, bias))
    result = _affine(call, call.reshape(scaled, inner, "channels"), weight, bias)
    return _channels_first(call, result, len(shape) - 2)


def native_group_norm(call: Call) -> list[Activation | None]:
    """The spelling that also returns the statistics."""
    return [group_norm(call), None, None]


def layer_norm(call: Call) -> Activation:
    """Every sample by the statistics of its last dimensions."""
    source = call.source("input")
    axes = _last_axes(call, source)
    weight, bias = call.array("weight"), call.array("bias")
    result = along_last(call, "LAYER_NORM", source, len(axes), _epsilon(call), weight, bias)
    return Activation(_normalized(call, source, axes, weight, bias) if result is None else result)


def native_layer_norm(call: Call) -> list[Activation | None]:
    """The spelling that also returns the statistics."""
    return [layer_norm(call), None, None]


def mad_norm(call: Call) -> Activation:
    """bitwright.mad_norm, of :mod:`bitwright.nn.recurrent`."""
    parameters = [call.parameter(key) for key in ("weight", "bias")]
    return Activation(call.emit("MAD_NORM", [call.source("x"), *parameters]))


def rms_norm(call: Call) -> Activation:
    """``x / sqrt(mean(x^2) + eps) * weight`` over the last dimensions."""
    source = call.source("input")
    axes, weight, epsilon = _last_axes(call, source), call.array("weight"), call.get("eps")
    epsilon = float(np.finfo(np.float32).eps if epsilon is None else epsilon)
    result = along_last(call, "RMS_NORM", source, len(axes), epsilon, weight, None)
    if result is not None:
        return Activation(result)
    squares = call.emit("SQUARE", [source], "squares")
    mean = call.emit("MEAN", [squares, call.indices("axes", axes)], "mean_square", keep_dims=True)
    return Activation(_affine(call, divided(call, source, mean, epsilon, _before(weight, None)), weight, None))


def _last_axes(call: Call, source: str) -> tuple[int, ...]:
    rank = len(call.shape_of(source))
    return tuple(range(rank - len(call.get("normalized_shape")), rank))


def _channels_last(call: Call, source: str) -> str:
    rank = len(call.shape_of(source))
    call.require(rank <= 4, f"{rank} dimensions are not served")
    return source if rank < 3 else call.transpose(source, TO_CHANNELS_LAST[rank], "channels_last")


def _channels_first(call: Call, result: str, spatial: int) -> Activation:
    if spatial < 1:
        return Activation(result)
    return Activation(call.transpose(result, TO_CHANNELS_FIRST[spatial + 2], "channels_first"))


def _normalized(call: Call, source: str, axes: Sequence[int], weight: Array | None, bias: Array | None) -> str:
    return _affine(call, standardized(call, source, axes, _epsilon(call), _before(weight, bias)), weight, bias)


def _before(weight: Array | None, bias: Array | None) -> str:
    """What to call the node before scale and shift; the last node has the call's own name."""
    return "" if weight is None and bias is None else "normalized"


def _epsilon(call: Call) -> float:
    return float(call.get("eps", 1e-5))


def _affine(call: Call, source: str, weight: Array | None, bias: Array | None) -> str:
    """``source * weight + bias`` along the last dimensions."""
    if weight is not None:
        source = call.emit("MUL", [source, call.parameter("weight") or ""], "scaled" if bias is not None else "")
    if bias is not None:
        source = call.emit("ADD", [source, call.parameter("bias") or ""])
    return source
