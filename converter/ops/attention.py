"""ATTENTION: ``softmax(scale * Q K^T + bias) V`` of every head in one operator, without the scores of all rows.

Inputs: queries, keys and values, either [batch, tokens, heads * depth] (each head's elements side by side) or
[batch, heads, tokens, depth], and optionally a constant bias. Attributes:

    heads           of the queries, where tokens come before heads; keys and values may have fewer, each for a group
    scale           of the products; 1 / sqrt(depth) where absent
    before, after   query i sees keys i + offset - before to i + offset + after; all of them where absent
    offset          of queries among the keys, 0 where absent

so that ``after`` 0 is a causal mask and ``before`` a context. The bias is int32 in units of 2^-16, its least value
hides: [heads or 1, queries, keys], or [heads or 1, queries + keys - 1] by ``key - query + queries - 1``.

Integers: :mod:`.attending`. Keys' zero points never matter: they move all scores of a row alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...errors import AccumulatorOverflowError, ModelError
from ..fixedpoint import INT32_MIN, Int64, as_int64
from ..ir import Array, DType, Graph, Node, Tensor
from .attending import REACH, Mean, Weighing, averaged, mean, scored, weighing, weights
from .bounds import centred
from .functions import softmax
from .operator import Inputs, Operator, QuantRule, exact_matmul, float_operand, require, require_types

#: Scale of a bias; its value that hides a key from a query.
BIAS_SCALE = 2.0**-16
HIDDEN = INT32_MIN


@dataclass(frozen=True)
class Form:
    """Sizes: ``group`` heads of queries share one of keys; depth is that of queries and keys."""

    batch: int
    heads: int
    group: int
    queries: int
    keys: int
    depth: int
    value_depth: int
    heads_first: bool

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of the output, in the layout of the inputs."""
        if self.heads_first:
            return self.batch, self.heads, self.queries, self.value_depth
        return self.batch, self.queries, self.heads * self.value_depth


@dataclass(frozen=True, eq=False)
class Attention:
    """Integer constants.

    Attributes:
        form: sizes and layout.
        dtype: of queries, keys, values and output, int8 or int16.
        before, after: keys that a query sees around its place ``offset + i``; as many as there are where unlimited.
        bias: int32 in scores' units, [heads or 1, queries, keys] or [heads or 1, queries + keys - 1]; None without.
        query_zero_point: of the queries; weighing, mean: see :mod:`.attending`.
    """

    form: Form
    dtype: DType
    before: int
    after: int
    offset: int
    bias: Int64 | None
    query_zero_point: int
    weighing: Weighing
    mean: Mean


def form_of(graph: Graph, node: Node) -> Form:
    """Sizes. Raises ModelError where they do not fit each other."""
    query, key, value = (graph.input(node, index).shape for index in range(3))
    problem = ModelError(
        f"{node.name} ({node.op}): queries {list(query)}, keys {list(key)} and values {list(value)} do not fit: they "
        "must be [batch, tokens, heads * depth] or [batch, heads, tokens, depth]"
    )
    if len(query) == len(key) == len(value) == 4:
        heads, first = query[1], True
        batch, queries, depth, keys, key_heads, value_depth = query[0], query[2], query[3], key[2], key[1], value[3]
        fits = key == (batch, key_heads, keys, depth) and value == (batch, key_heads, keys, value_depth)
    elif len(query) == len(key) == len(value) == 3:
        heads, first = node.attrs.get("heads", 1), False
        require(isinstance(heads, int) and heads >= 1, node, f"{heads!r} heads are not served")
        batch, queries, depth, keys = query[0], query[1], query[2] // heads, key[1]
        key_heads = key[2] // depth if depth else 0
        value_depth = value[2] // key_heads if key_heads else 0
        fits = query[2] == heads * depth and key == (batch, keys, key_heads * depth)
        fits = fits and value == (batch, keys, key_heads * value_depth)
    else:
        raise problem
    if not fits or not key_heads or not value_depth or heads % key_heads:
        raise problem
    return Form(batch, heads, heads // key_heads, queries, keys, depth, value_depth, first)


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """One row of values per query, in the layout of the inputs."""
    return [form_of(graph, node).output_shape]


def score_scale(node: Node, depth: int) -> float:
    """What products are multiplied with. Raises UnsupportedError."""
    scale = node.attrs.get("scale", 1 / math.sqrt(depth))
    known = isinstance(scale, (int, float)) and not isinstance(scale, bool)
    require(known and math.isfinite(scale) and scale > 0, node, f"a scale of {scale!r} is not served")
    return float(scale)


def _span(node: Node, name: str, absent: int) -> int:
    value = node.attrs.get(name, absent)
    require(isinstance(value, int) and abs(value) < 2**30, node, f"attribute '{name}' of {value!r} is not served")
    return int(value)


def _spans(node: Node, form: Form) -> tuple[int, int, int]:
    """Keys before and after its place that a query sees, and the offset. Raises UnsupportedError."""
    most = form.keys + form.queries
    return _span(node, "before", most), _span(node, "after", most), _span(node, "offset", 0)


def distances(queries: int, keys: int) -> Array:
    """From every query to every key, [queries, keys]."""
    result: Array = np.arange(keys)[None] - np.arange(queries)[:, None]
    return result


def visible(form: Form, before: int, after: int, offset: int) -> Array:
    """Which keys a query sees by its distance alone: bool [queries, keys]."""
    distance = distances(form.queries, form.keys) - offset
    result: Array = (distance >= -before) & (distance <= after)
    return result


def bias_rows(bias: Array, form: Form) -> Array:
    """A bias in either form as [heads or 1, queries, keys]."""
    if bias.ndim == 3:
        return bias
    rows: Array = bias[:, distances(form.queries, form.keys) + form.queries - 1]
    return rows


def bias_levels(values: Array) -> Array:
    """A real bias, -inf where it hides, as the operator takes it. Raises ValueError: a value beyond +-32767."""
    seen = np.isfinite(values)
    if np.any(values[~seen] != -np.inf) or np.any(np.abs(values[seen]) > 32767):
        raise ValueError("a bias must be within 32767, or -inf where it hides")
    return np.where(seen, np.rint(np.where(seen, values, 0) / BIAS_SCALE), HIDDEN).astype(np.int32)


def _bias(graph: Graph, node: Node, form: Form) -> Array | None:
    """The constant bias, checked. Raises UnsupportedError or ModelError."""
    tensor = graph.optional_input(node, 3)
    if tensor is None:
        return None
    require(tensor.is_constant, node, "a bias or mask that is computed at run time is not served; it must be constant")
    require(tensor.dtype is DType.INT32, node, "a bias must be int32, in units of 2^-16")
    sizes = {(form.queries, form.keys), (form.queries + form.keys - 1,)}
    if tensor.shape[:1] not in ((1,), (form.heads,)) or tensor.shape[1:] not in sizes:
        raise ModelError(
            f"{node.name} ({node.op}): a bias of {list(tensor.shape)} does not fit {form.heads} heads, {form.queries} "
            f"queries and {form.keys} keys"
        )
    return tensor.value()


def view(graph: Graph, node: Node, form: Form) -> tuple[int, int, int, Array | None]:
    """Keys before and after its place that a query sees, the offset, and the bias, int32. Raises UnsupportedError, or
    ModelError where a query sees no key."""
    before, after, offset = _spans(node, form)
    bias = _bias(graph, node, form)
    shown = visible(form, before, after, offset)[None]
    if bias is not None:
        shown = shown & (bias_rows(bias, form) != HIDDEN)
    if not np.all(shown.any(axis=-1)):
        row = int(np.argwhere(~shown.any(axis=-1))[0, 1])
        raise ModelError(f"{node.name} ({node.op}): query {row} sees no key")
    return before, after, offset, bias


def prepare(graph: Graph, node: Node) -> Attention:
    """Integer constants, with the proof that no sum leaves int32 (int8) or int64 (int16)."""
    tensors = [graph.input(node, index) for index in range(3)]
    query, key, value = tensors
    target = graph.output(node)
    dtype = require_types(graph, node, [*tensors, target], [DType.INT8, DType.INT16])
    wide = dtype is DType.INT16
    require(not wide or not any(t.zero_point for t in (*tensors, target)), node, "int16 zero points must be 0")
    form = form_of(graph, node)
    reach = sum_reach(node, query, form.depth)
    before, after, offset, bias = view(graph, node, form)
    factor = query.scale * key.scale * score_scale(node, form.depth)
    largest = (
        None if bias is None else float(np.abs(np.where(bias == HIDDEN, 0, bias.astype(float))).max()) * BIAS_SCALE
    )
    constants = weighing(node, factor, reach, largest, form.keys, dtype)
    most = constants.largest * form.keys
    return Attention(
        form, dtype, before, after, offset, None if bias is None else scaled_bias(constants, bias), query.zero_point,
        constants, mean(node, value, target, most),
    )  # fmt: skip


def sum_reach(node: Node, query: Tensor, depth: int) -> int:
    """Largest magnitude of a sum of products of centred queries with keys. Raises AccumulatorOverflowError."""
    bounds, least = centred(query), -query.dtype.limits[0]
    reach = depth * max(-bounds.low, bounds.high) * least
    bits = 31 if query.dtype is DType.INT8 else 62
    if reach >= 1 << bits:
        raise AccumulatorOverflowError(
            f"{node.name} ({node.op}): a sum of {depth} products can reach {reach}, beyond int{bits + 1}"
        )
    return reach


def scaled_bias(constants: Weighing, bias: Array) -> Int64:
    """A bias in units of 2^-16 in units of the scores."""
    levels = np.rint(bias * (BIAS_SCALE * math.log2(math.e) / constants.unit))
    assert np.abs(levels[bias != HIDDEN]).max(initial=0) <= REACH + 1
    return as_int64(np.where(bias == HIDDEN, HIDDEN, levels))


def by_head(form: Form, values: Array, heads: int) -> Array:
    """[batch, heads of the queries, tokens, depth] from either layout of ``heads`` heads."""
    if not form.heads_first:
        values = values.reshape(*values.shape[:2], heads, -1).swapaxes(1, 2)
    return np.repeat(values, form.heads // heads, axis=1)


def in_layout(form: Form, values: Array) -> Array:
    """The inverse for outputs."""
    if not form.heads_first:
        values = values.swapaxes(1, 2).reshape(len(values), form.queries, -1)
    return np.ascontiguousarray(values)


def reference(params: Attention, inputs: Inputs) -> list[Array]:
    """Exact result."""
    query, key, value = (as_int64(float_operand(inputs, index)) for index in range(3))
    form = params.form
    fewer = form.heads // form.group
    query = by_head(form, query - params.query_zero_point, form.heads)
    key, value = by_head(form, key, fewer), by_head(form, value, fewer)
    scores = scored(params.weighing, exact_matmul(query, key.swapaxes(-1, -2)))
    shown = np.broadcast_to(visible(form, params.before, params.after, params.offset), scores.shape)
    if params.bias is not None:
        bias = bias_rows(params.bias, form)
        shown = shown & (bias != HIDDEN)
        scores = scores + np.where(bias == HIDDEN, 0, bias)
    weight = weights(params.weighing, scores, shown)
    result = averaged(params.mean, exact_matmul(weight, value), weight.sum(axis=-1))
    return [in_layout(form, result)]


def float_reference(graph: Graph, node: Node, inputs: Inputs) -> list[Array]:
    """The same in float32; any leading dimension."""
    query, key, value = (float_operand(inputs, index) for index in range(3))
    form = form_of(graph, node)
    fewer = form.heads // form.group
    query, key, value = (by_head(form, v, n) for v, n in ((query, form.heads), (key, fewer), (value, fewer)))
    scores = np.matmul(query, key.swapaxes(-1, -2)) * np.float32(score_scale(node, form.depth))
    shown = visible(form, *_spans(node, form))
    bias = inputs[3] if len(inputs) > 3 else None
    if bias is not None:
        rows = bias_rows(bias, form)
        shown = shown & (rows != HIDDEN)
        scores = scores + (rows * BIAS_SCALE).astype(np.float32)
    scores = np.where(shown, scores, -np.inf)
    result = np.matmul(softmax(scores), value)
    return [in_layout(form, result.astype(np.float32))]


def macs(graph: Graph, node: Node) -> int:
    """Products with keys and values of all pairs that distances leave visible."""
    form = form_of(graph, node)
    pairs = int(visible(form, *_spans(node, form)).sum())
    return form.batch * form.heads * pairs * (form.depth + form.value_depth)


ATTENTION = Operator(
    name="ATTENTION",
    types="int8, int16",
    limits="constant bias or mask, up to 4096 keys",
    shapes=shapes,
    prepare=prepare,
    reference=reference,
    macs=macs,
    float_reference=float_reference,
    rule=QuantRule(),
    inputs=(3, 4),
)
