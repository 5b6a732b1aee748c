"""CACHED_ATTENTION: causal attention to the present token and a ring of the ``context`` before it, kept in few bits.

Inputs: queries, keys and values [1, tokens, heads * depth]. Attributes:

    heads, scale    as of ATTENTION
    context         tokens that the ring holds
    slopes          what a head's scores lose with every token of age (ALiBi); empty where age does not count
    bits            of the ring's elements: 16 (int16 inputs alone: as they are), 8 or 4
    past_only       the present token's keys and values are not rounded to the ring; else they are read from it

Without states a sequence starts from an empty ring; with states the ring outlives the inference, and one token at a
time gives the same bits as many. States: keys int8 [context, heads * depth] (4 bits: two in a byte, the first in the
low half; 16 bits: int16), values likewise, scales int16 [context, 2, heads] (16 bits: [1], unused), and position int32
[2]: where the next token goes, and how many there are.

Integers: inputs less their zero points; of the keys, and of the values, of each head of a token a mantissa
``m = ceil(largest * 2^S / (L + 1/2))``, L = 127 or 7, and elements ``q = round(x * 2^S / m)`` of at most L, so that
``x`` is within half a mantissa of ``q m 2^-S`` with S constant. Scores are sums of products times m, the present
token's times 2^S; the rest is :mod:`.attending`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import Int64, as_int64, quantize_multiplier
from ..ir import Array, DType, Graph, Node
from .attending import MOST_KEYS, Mean, Weighing, averaged, scored, weighing, weights
from .attention import score_scale
from .bounds import Bounds, centred, requantized
from .functions import softmax
from .operator import Inputs, Operator, QuantRule, exact_matmul, float_operand, require, require_types

#: Largest magnitude of a ring's elements by their bits; 16: as they are.
_LEVELS = {4: 7, 8: 127, 16: 1}
_MOST_MANTISSA = 32767


@dataclass(frozen=True, eq=False)
class CachedAttention:
    """Integer constants.

    Attributes:
        dtype: of inputs and output, int8 or int16.
        tokens: of an inference; heads, depth, value_depth: sizes; context: tokens of the ring.
        bits, past_only: see above; step: S.
        stateful: the ring outlives the inference.
        bias: int32 in scores' units by head and age, [heads, context + 1]; None without slopes.
        zero_points: of queries, keys and values.
    """

    dtype: DType
    tokens: int
    heads: int
    depth: int
    value_depth: int
    context: int
    bits: int
    past_only: bool
    step: int
    stateful: bool
    bias: Int64 | None
    zero_points: tuple[int, int, int]
    weighing: Weighing
    mean: Mean

    @property
    def states(self) -> tuple[tuple[DType, tuple[int, ...]], ...]:
        """Type and shape of the four states."""
        return state_forms(self.context, self.heads, self.depth, self.value_depth, self.bits)


def state_forms(
    context: int, heads: int, depth: int, value_depth: int, bits: int
) -> tuple[tuple[DType, tuple[int, ...]], ...]:
    """Type and shape of keys, values, scales and position."""
    kind, share = (DType.INT16, 1) if bits == 16 else (DType.INT8, 8 // bits)
    scales = (1,) if bits == 16 else (context, 2, heads)
    widths = heads * depth // share, heads * value_depth // share
    return (
        (kind, (context, widths[0])), (kind, (context, widths[1])), (DType.INT16, scales), (DType.INT32, (2,)),
    )  # fmt: skip


def sizes(graph: Graph, node: Node) -> tuple[int, int, int, int]:
    """Tokens, heads, depth of queries and keys, and of values. Raises ModelError or UnsupportedError."""
    query, key, value = (graph.input(node, index).shape for index in range(3))
    heads = node.attrs.get("heads", 1)
    require(isinstance(heads, int) and heads >= 1, node, f"{heads!r} heads are not served")
    fits = len(query) == len(value) == 3 and key == query and value[:2] == query[:2]
    if not fits or query[2] % heads or value[2] % heads or 0 in (*query, *value):
        raise ModelError(
            f"{node.name} ({node.op}): queries {list(query)}, keys {list(key)} and values {list(value)} must be "
            f"[batch, tokens, heads * depth], with {heads} heads"
        )
    return query[1], heads, query[2] // heads, value[2] // heads


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """That of the values."""
    sizes(graph, node)
    return [graph.input(node, 2).shape]


def attributes(node: Node, heads: int, wide: bool) -> tuple[int, tuple[float, ...], int]:
    """Context, slopes and bits. Raises UnsupportedError."""
    context, bits = node.attrs.get("context"), node.attrs.get("bits", 8)
    known = isinstance(context, int) and 1 <= context < MOST_KEYS
    require(known, node, f"a context of {context!r} tokens is not served; 1 to {MOST_KEYS - 1} are")
    require(
        bits in (4, 8) or (bits == 16 and wide),
        node,
        f"a cache of {bits!r} bits is not served; 4 and 8 are, of int16 inputs 16, too",
    )
    slopes = tuple(node.attrs.get("slopes", ()))
    fine = all(isinstance(s, (int, float)) and 0 <= s * MOST_KEYS < 32768 for s in slopes)
    require(len(slopes) in (0, heads) and fine, node, f"slopes {list(slopes)} do not fit {heads} heads")
    assert context is not None
    return int(context), slopes, int(bits)


def prepare(graph: Graph, node: Node) -> CachedAttention:
    """Integer constants, with the proof that products fit int32 and their sums int64."""
    query, key, value = (graph.input(node, index) for index in range(3))
    target = graph.output(node)
    dtype = require_types(graph, node, [query, key, value, target], [DType.INT8, DType.INT16])
    wide = dtype is DType.INT16
    require(not wide or not any(t.zero_point for t in (query, key, value, target)), node, "int16 zero points must be 0")
    tokens, heads, depth, value_depth = sizes(graph, node)
    require(query.shape[0] == 1, node, "a batch is not served; a ring is that of one sequence")
    context, slopes, bits = attributes(node, heads, wide)
    require(bits != 4 or not (depth % 2 or value_depth % 2), node, "heads of odd depth do not pack into 4 bits")
    require(depth <= 256, node, f"heads of a depth of {depth} are not served; up to 256 are")
    # Of int8 less a zero point: up to 255.
    largest = 32768 if wide else 255
    step = 0 if bits == 16 else int(math.log2(_MOST_MANTISSA * _LEVELS[bits] / largest))
    reach = depth * max(-centred(query).low, centred(query).high) * (largest << step) * 2
    unit = query.scale * key.scale * score_scale(node, depth) * 2.0**-step
    constants = weighing(node, unit, reach, max(slopes) * context if slopes else None, context + 1, DType.INT16)
    bias = None
    if slopes:
        age = np.arange(context + 1)
        bias = as_int64(np.rint(-np.outer(slopes, age) * math.log2(math.e) / constants.unit))
    average = ring_mean(node, value.scale, target.scale, target.zero_point, largest << step, step, context + 1, dtype)
    result = CachedAttention(
        dtype, tokens, heads, depth, value_depth, context, bits, bool(node.attrs.get("past_only", True)), step,
        bool(node.states), bias, (query.zero_point, key.zero_point, value.zero_point), constants, average,
    )  # fmt: skip
    if node.states:
        require_ring(graph, node, result.states)
    return result


def ring_mean(
    node: Node, source: float, target: float, zero_point: int, reach: int, step: int, keys: int, dtype: DType
) -> Mean:
    """The constants of the mean of centred values, up to ``reach`` in units of ``2^-step``."""
    bits = reach.bit_length() + 1  # rounding to the ring may add half a mantissa
    fraction, reduce = 29 - bits, max(0, (32767 * keys << bits).bit_length() - 31)
    multiplier, shift = quantize_multiplier(source / target * 2.0 ** -(fraction + step))
    # One more for what the reciprocal and the sums' reduction round up.
    most = (1 << bits) + 1 << fraction
    requantized(node, Bounds(-most, most), multiplier, shift, zero_point)
    return Mean(dtype, reduce, fraction, 0, multiplier, shift, zero_point)


def require_ring(graph: Graph, node: Node, wanted: tuple[tuple[DType, tuple[int, ...]], ...]) -> None:
    """Variables of these types and shapes, which start empty. Raises ModelError."""
    found = [graph.variables[name].initial for name in node.states]
    forms = [(DType(value.dtype.name), value.shape) for value in found]
    if tuple(forms) != wanted or any(np.any(value) for value in found):
        shown = ", ".join(f"{dtype.value} {list(shape)}" for dtype, shape in wanted)
        raise ModelError(f"{node.name} ({node.op}): its states must be zeros, {shown}")


def _divided(x: Int64, by: Int64) -> Int64:
    """``x / by`` to nearest, ties away from zero."""
    return as_int64(np.sign(x) * ((np.abs(x) + (by >> 1)) // by))


def rounded(params: CachedAttention, values: Int64) -> tuple[Int64, Int64]:
    """Elements [heads, depth] for the ring, and each head's mantissa."""
    if params.bits == 16:
        return values, np.ones(len(values), np.int64)
    levels = _LEVELS[params.bits]
    largest = np.abs(values).max(axis=1) << params.step
    mantissa = np.maximum((2 * largest + 2 * levels) // (2 * levels + 1), 1)
    elements = np.clip(_divided(values << params.step, mantissa[:, None]), -levels, levels)
    return as_int64(elements), as_int64(mantissa)


def packed(bits: int, values: Int64) -> Array:
    """A row [elements] as the ring stores it."""
    if bits != 4:
        return values.astype(np.int16 if bits == 16 else np.int8)
    pairs = values.reshape(-1, 2)
    return ((pairs[:, 0] & 15) | (pairs[:, 1] << 4)).astype(np.uint8).view(np.int8)


def unpacked(bits: int, rows: Array) -> Int64:
    """Rows of the ring as integers."""
    if bits != 4:
        return as_int64(rows)
    wide = as_int64(rows)
    halves = np.stack([((wide & 15) ^ 8) - 8, wide >> 4], axis=-1)
    return as_int64(halves.reshape(*rows.shape[:-1], 2 * rows.shape[-1]))


def reference(params: CachedAttention, inputs: Inputs) -> list[Array]:
    """The output of every token, then the states where they are kept."""
    rows = []
    for index, zero_point in enumerate(params.zero_points):
        values = as_int64(float_operand(inputs, index))[0] - zero_point
        rows.append(values.reshape(params.tokens, params.heads, -1))
    states = [np.zeros(shape, dtype.numpy) for dtype, shape in params.states]
    if params.stateful:
        states = [float_operand(inputs, index).copy() for index in range(len(inputs) - 4, len(inputs))]
    out = [_token(params, rows[0][i], rows[1][i], rows[2][i], states) for i in range(params.tokens)]
    result = np.stack(out).reshape(1, params.tokens, -1)
    return [result, *states] if params.stateful else [result]


def _token(params: CachedAttention, query: Int64, key: Int64, value: Int64, states: list[Array]) -> Array:
    """One token's output [heads, value_depth]; the states are changed in place."""
    keys, values, scales, position = states
    count = int(position[1])
    age = (int(position[0]) - np.arange(count) - 1) % params.context + 1
    parts = [rounded(params, part) for part in (key, value)]
    own = [(part << params.step, 1) for part in (key, value)]
    if not params.past_only:
        own = [(elements * mantissa[:, None], 1) for elements, mantissa in parts]
    past = [
        unpacked(params.bits, ring[:count]).reshape(count, params.heads, width) * _mantissas(params, scales, count, i)
        for i, (ring, width) in enumerate(((keys, params.depth), (values, params.value_depth)))
    ]
    both = [np.concatenate([ring, now[None]]).swapaxes(0, 1) for ring, (now, _) in zip(past, own, strict=True)]
    scores = scored(params.weighing, exact_matmul(both[0], query[:, :, None])[..., 0])
    if params.bias is not None:
        scores = scores + params.bias[:, np.append(age, 0)]
    weight = weights(params.weighing, scores, np.ones(scores.shape, bool))
    sums = exact_matmul(weight[:, None], both[1])[:, 0]
    place = int(position[0])
    for ring, (elements, _) in zip((keys, values), parts, strict=True):
        ring[place] = packed(params.bits, elements.reshape(-1))
    if params.bits != 16:
        scales[place] = [mantissa for _, mantissa in parts]
    position[:] = (place + 1) % params.context, min(count + 1, params.context)
    return averaged(params.mean, sums, weight.sum(axis=-1))


def _mantissas(params: CachedAttention, scales: Array, count: int, index: int) -> Int64:
    """Of every token and head [tokens, heads, 1]."""
    if params.bits == 16:
        return np.ones((count, 1, 1), np.int64)
    return as_int64(scales[:count, index, :, None])


def float_reference(_graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The same in float32 from an empty ring, nothing rounded."""
    heads, context = node.attrs.get("heads", 1), node.attrs["context"]
    query, key, value = (
        float_operand(inputs, i).reshape(*float_operand(inputs, i).shape[:2], heads, -1).swapaxes(1, 2)
        for i in range(3)
    )
    tokens, depth = query.shape[2:]
    age = np.arange(tokens)[:, None] - np.arange(tokens)[None]
    scores = np.matmul(query, key.swapaxes(-1, -2)) * np.float32(score_scale(node, depth))
    slopes = node.attrs.get("slopes", ())
    if slopes:
        scores = scores - np.asarray(slopes, np.float32)[:, None, None] * age
    scores = np.where((age >= 0) & (age <= context), scores, -np.inf)
    mixed = np.matmul(softmax(scores), value).swapaxes(1, 2)
    return [mixed.reshape(*mixed.shape[:2], -1).astype(np.float32)]


def macs(graph: Graph, node: Node) -> int:
    """Products with a full ring and the present token."""
    tokens, heads, depth, value_depth = sizes(graph, node)
    return tokens * heads * (int(node.attrs["context"]) + 1) * (depth + value_depth)


CACHED_ATTENTION = Operator(
    name="CACHED_ATTENTION",
    types="int8, int16",
    limits="batch of one; a ring of 4, 8 or (int16) 16 bits, up to 4095 tokens; heads up to 256 deep",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(),
    inputs=(3, 3),
    states=(0, 4),
)
