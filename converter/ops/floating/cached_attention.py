"""CACHED_ATTENTION in float: the ring holds keys and values in the layer's type, whatever the attribute ``bits`` says.

Scores and mean are those of :mod:`.attending`, over the ring from its first place to its last, and then the present
token; a score loses ``slope * age`` behind its scale. States: keys and values [context, heads * depth], and position
int32 [2]: where the next token goes, and how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import cached_attention as integer
from ..attention import score_scale
from ..operator import Inputs, Operator, require
from .arithmetic import Real, rounded
from .attending import mixed, scores
from .common import float_operator, float_type, real_operand


@dataclass(frozen=True, eq=False)
class FloatCachedAttention:
    """Constants; the names are those of :class:`bitwright.converter.ops.cached_attention.CachedAttention`.

    ``slopes`` float32 [heads]; None where age does not count.
    """

    dtype: DType
    tokens: int
    heads: int
    depth: int
    value_depth: int
    context: int
    scale: np.float32
    slopes: Real | None
    stateful: bool


def state_forms(
    dtype: DType, context: int, key_width: int, value_width: int
) -> dict[str, tuple[DType, tuple[int, ...]]]:
    """Type and shape of the states by what they are."""
    return {
        "keys": (dtype, (context, key_width)),
        "values": (dtype, (context, value_width)),
        "position": (DType.INT32, (2,)),
    }


def prepare(graph: Graph, node: Node) -> FloatCachedAttention:
    """Constants of the node."""
    dtype = float_type(graph, node, (0, 1, 2))
    tokens, heads, depth, value_depth = integer.sizes(graph, node)
    require(graph.input(node, 0).shape[0] == 1, node, "a batch is not served; a ring is that of one sequence")
    context, slopes, _ = integer.attributes(node, heads, wide=True)
    forms = state_forms(dtype, context, heads * depth, heads * value_depth)
    if node.states:
        integer.require_ring(graph, node, tuple(forms.values()))
    real = np.asarray(slopes, np.float32) if slopes else None
    scale = np.float32(score_scale(node, depth))
    return FloatCachedAttention(dtype, tokens, heads, depth, value_depth, context, scale, real, bool(node.states))


def reference(params: FloatCachedAttention, inputs: Inputs) -> list[Array]:
    """The output of every token, then the states where they are kept."""
    rows = [real_operand(inputs, index)[0].reshape(params.tokens, params.heads, -1) for index in range(3)]
    widths = params.heads * params.depth, params.heads * params.value_depth
    states = [
        np.zeros(shape, kind.numpy) for kind, shape in state_forms(params.dtype, params.context, *widths).values()
    ]
    if params.stateful:
        states = [value.copy() for value in inputs[-3:] if value is not None]
    out = [_token(params, rows[0][i], rows[1][i], rows[2][i], states) for i in range(params.tokens)]
    result = rounded(np.stack(out).reshape(1, params.tokens, -1), params.dtype)
    return [result, *states] if params.stateful else [result]


def _token(params: FloatCachedAttention, query: Real, key: Real, value: Real, states: list[Array]) -> Real:
    """One token's output [heads, value_depth]; the states are changed in place."""
    position = states[2]
    place, count = int(position[0]), int(position[1])
    both = []
    for ring, own in zip(states, (key, value), strict=False):
        past = ring[:count].astype(np.float32).reshape(count, *own.shape)
        both.append(np.concatenate([past, own[None]]).swapaxes(0, 1))
        ring[place] = own.reshape(-1)
    score = scores(query[:, None], both[0], params.scale, params.dtype)
    if params.slopes is not None:
        age = np.append((place - np.arange(count) - 1) % params.context + 1, 0).astype(np.float32)
        score = score - params.slopes[:, None, None] * age
    position[:] = (place + 1) % params.context, min(count + 1, params.context)
    return mixed(score, np.ones(score.shape, bool), both[1], params.dtype)[:, 0]


FLOAT_CACHED_ATTENTION: Operator = float_operator(
    "CACHED_ATTENTION",
    "batch of one; a ring in the layer's type, up to 4095 tokens",
    integer.shapes,
    prepare,
    reference,
    integer.macs,
    inputs=(3, 3),
    states=(0, 3),
)
