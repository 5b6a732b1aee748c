"""Lowering of GRU, LSTM and RNN in float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.recurrent import FloatProduct, FloatRecurrent
from ....converter.ops.recurrent import GATES
from ..call import Field, KernelCall
from ..generic.recurrent import given, shared_fields
from .names import SUFFIX


def lower(_graph: Graph, _node: Node, params: FloatRecurrent) -> KernelCall:
    """``bw_recurrent_*`` with a state that is kept, ``bw_recurrent_given_*`` with one that starts from zeros, comes in
    or goes out."""
    fields: dict[str, Field] = {
        **shared_fields(params),
        "of_input": _product(params.of_input),
        "of_state": _product(params.of_state),
    }
    if params.projection is not None:
        fields["projection"] = _product(params.projection)
    suffix = SUFFIX[params.dtype]
    scratch = 2 * 4 * GATES[params.kind] * params.cells + params.dtype.bytes * params.cells
    if params.stateful:
        return KernelCall(f"bw_recurrent_{suffix}", fields, scratch=scratch)
    scratch += params.dtype.bytes * params.batch * sum(params.widths)
    return given(f"bw_recurrent_given_{suffix}", params, fields, scratch)


def _product(product: FloatProduct) -> dict[str, Field]:
    return {"weights": product.weights, "scale": product.scale, "bias": product.bias}
