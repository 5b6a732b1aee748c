"""SVDF: a filter factored into one over features and one over time, with the last activations as its state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import INT32_MAX, INT32_MIN, Int64, as_int64, quantize_multiplier, requantize_double, wrap32
from ..ir import Array, DType, Graph, Node
from .bounds import Bounds, requantized
from .operator import Inputs, Operator, bias_values, prove_accumulator, require, require_types


@dataclass(frozen=True, eq=False)
class Svdf:
    """Integer constants.

    Attributes:
        batch, features, units, rank, memory: sizes; there are ``units * rank`` filters.
        feature_weights: int8 [filters, features]; time_weights: int16 (or int8) [filters, memory].
        bias: int64 [units].
        state_dtype: int16, or int8 as in TensorFlow Lite Micro.
        state_multiplier, state_shift: from the feature accumulator to the state.
        multiplier, shift: from the time accumulator to the output.
        input_zero_point, output_zero_point: of the activations.
    """

    batch: int
    features: int
    units: int
    rank: int
    memory: int
    feature_weights: Array
    time_weights: Array
    bias: Int64
    state_dtype: DType
    state_multiplier: int
    state_shift: int
    multiplier: int
    shift: int
    input_zero_point: int
    output_zero_point: int


def _sizes(graph: Graph, node: Node) -> tuple[int, int, int, int, int]:
    source, weights, time = (graph.input(node, i) for i in range(3))
    rank = node.attrs["rank"]
    if len(source.shape) != 2 or len(weights.shape) != 2 or len(time.shape) != 2:
        raise ModelError(f"{node.name} ({node.op}): inputs of {source.shape}, {weights.shape} and {time.shape}")
    filters = weights.shape[0]
    if weights.shape[1] != source.shape[1] or time.shape[0] != filters or rank < 1 or filters % rank:
        raise ModelError(
            f"{node.name} ({node.op}): weights of {weights.shape} and {time.shape} and rank {rank} do not fit "
            f"an input of {source.shape}"
        )
    return source.shape[0], source.shape[1], filters // rank, rank, time.shape[1]


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """[batch, units]."""
    batch, _, units, _, _ = _sizes(graph, node)
    return [(batch, units)]


def prepare(graph: Graph, node: Node) -> Svdf:
    """Integer constants (TFLite's Prepare of SVDF), with the proof that no accumulator over features leaves int32."""
    source, weights, time, target = *(graph.input(node, i) for i in range(3)), graph.output(node)
    require_types(graph, node, [source, target, weights], [DType.INT8])
    require(weights.is_constant and time.is_constant, node, "weights that are not constant are not served")
    batch, features, units, rank, memory = _sizes(graph, node)
    (name,) = node.attrs["states"]
    state = graph.variables[name]
    kind = require_types(graph, node, [time], [DType.INT16, DType.INT8])
    if state.initial.size != batch * units * rank * memory or state.initial.dtype != kind.numpy or state.quant is None:
        raise ModelError(f"{node.name} ({node.op}): its state does not fit weights over time of {time.shape}")
    scale = state.quant.scale[0]
    first = quantize_multiplier(
        float(np.float32(np.float32(source.scale) * np.float32(weights.scale)) / np.float32(scale))
    )
    second = quantize_multiplier(
        float(np.float32(np.float32(scale) * np.float32(time.scale)) / np.float32(target.scale))
    )
    taps, bias = weights.value(), bias_values(graph, node, 3, units)
    low, high = (limit - source.zero_point for limit in source.dtype.limits)
    bound = int(prove_accumulator(node, taps, np.zeros(len(taps), np.int64), low, high).max(initial=0))
    requantized(node, Bounds(-bound, bound), *first, 0)
    # A sum over time of int16 products is not bounded by int32; it wraps, as TFLite's does.
    requantized(node, Bounds(INT32_MIN, INT32_MAX), *second, 0)
    return Svdf(
        batch, features, units, rank, memory, taps, time.value(), bias, kind, *first, *second, source.zero_point,
        target.zero_point,
    )  # fmt: skip


def reference(params: Svdf, inputs: Inputs) -> list[Array]:
    """Output and new state; the state stands last among the inputs, [batch, filters, memory]."""
    source, state = inputs[0], inputs[-1]
    assert source is not None and state is not None
    filters = params.units * params.rank
    low, high = params.state_dtype.limits
    acc = (source.astype(np.int64) - params.input_zero_point) @ params.feature_weights.astype(np.int64).T
    newest = np.clip(requantize_double(acc, params.state_multiplier, params.state_shift), low, high)
    before = state.reshape(params.batch, filters, params.memory)
    after = np.concatenate([before[:, :, 1:], newest[:, :, None].astype(state.dtype)], axis=2)
    over_time = (after.astype(np.int64) * params.time_weights.astype(np.int64)).sum(axis=2)
    total = wrap32(as_int64(over_time.reshape(params.batch, params.units, params.rank).sum(axis=2)) + params.bias)
    values = requantize_double(total, params.multiplier, params.shift) + params.output_zero_point
    return [np.clip(values, -128, 127).astype(np.int8), after.reshape(state.shape)]


def macs(graph: Graph, node: Node) -> int:
    """Both filters."""
    batch, features, units, rank, memory = _sizes(graph, node)
    return batch * units * rank * (features + memory)


SVDF = Operator(
    "SVDF",
    "int8, state int16 or int8",
    "constant weights; any fused activation is left to the output's range, as TFLite does",
    shapes,
    prepare,
    reference,
    macs,
    inputs=(3, 4),
)
