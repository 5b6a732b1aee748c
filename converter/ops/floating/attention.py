"""ATTENTION in float, one row of scores at a time: :mod:`.attending`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...ir import Array, DType, Graph, Node
from .. import attention as integer
from ..operator import Inputs, Operator
from .arithmetic import Real, rounded
from .attending import mixed, scores
from .common import float_operator, float_type, real_operand

#: What stands in a bias for a key that is hidden; others are within 32767.
HIDDEN = np.float32(-1e30)


@dataclass(frozen=True, eq=False)
class FloatAttention:
    """Constants; the names are those of :class:`bitwright.converter.ops.attention.Attention`. ``bias`` is float32."""

    form: integer.Form
    dtype: DType
    before: int
    after: int
    offset: int
    scale: np.float32
    bias: Real | None


def prepare(graph: Graph, node: Node) -> FloatAttention:
    """Constants of the node."""
    dtype, form = float_type(graph, node, (0, 1, 2)), integer.form_of(graph, node)
    before, after, offset, bias = integer.view(graph, node, form)
    real = None
    if bias is not None:
        levels = bias.astype(np.float32) * np.float32(integer.BIAS_SCALE)
        real = np.where(bias == integer.HIDDEN, HIDDEN, levels)
    return FloatAttention(form, dtype, before, after, offset, np.float32(integer.score_scale(node, form.depth)), real)


def reference(params: FloatAttention, inputs: Inputs) -> list[Array]:
    """Exact result."""
    form, fewer = params.form, params.form.heads // params.form.group
    query, key, value = (
        integer.by_head(form, real_operand(inputs, index), heads)
        for index, heads in enumerate((form.heads, fewer, fewer))
    )
    score = scores(query, key, params.scale, params.dtype)
    shown = np.broadcast_to(integer.visible(form, params.before, params.after, params.offset), score.shape)
    if params.bias is not None:
        bias = integer.bias_rows(params.bias, form)
        shown, score = shown & (bias != HIDDEN), score + bias
    return [integer.in_layout(form, rounded(mixed(score, shown, value, params.dtype), params.dtype))]


FLOAT_ATTENTION: Operator = float_operator(
    "ATTENTION", "constant bias or mask", integer.shapes, prepare, reference, integer.macs, inputs=(3, 4)
)
