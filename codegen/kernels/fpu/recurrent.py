"""Lowering of GRU, LSTM and RNN in float."""

from __future__ import annotations

from ....converter.ir import Graph, Node
from ....converter.ops.floating.recurrent import FloatProduct, FloatRecurrent
from ....converter.ops.recurrent import GATES, INITIAL
from ..call import Field, KernelCall
from .names import SUFFIX

_KINDS = {"RNN": 0, "GRU": 1, "LSTM": 2}


def lower(_graph: Graph, _node: Node, params: FloatRecurrent) -> KernelCall:
    """``bw_recurrent_*`` with a state that is kept, ``bw_recurrent_given_*`` with one that starts from zeros, comes in
    or goes out."""
    fields: dict[str, Field] = {
        "kind": _KINDS[params.kind],
        "relu": int(params.relu),
        "batch": params.batch,
        "steps": params.steps,
        "inputs": params.inputs,
        "cells": params.cells,
        "hidden": params.hidden,
        "batch_stride": 1 if params.time_major else params.steps,
        "step_stride": params.batch if params.time_major else 1,
        "reverse": int(params.reverse),
        "reset_after": int(params.reset_after),
        "of_input": _product(params.of_input),
        "of_state": _product(params.of_state),
    }
    if params.projection is not None:
        fields["projection"] = _product(params.projection)
    suffix = SUFFIX[params.dtype]
    scratch = 2 * 4 * GATES[params.kind] * params.cells + params.dtype.bytes * params.cells
    if params.stateful:
        return KernelCall(f"bw_recurrent_{suffix}", fields, scratch=scratch)
    given: dict[str, Field] = {
        "layer": fields,
        "hidden": int(params.initial[0]),
        "cells": int(params.initial[1]),
        "last": len(params.shapes),
    }
    return KernelCall(
        f"bw_recurrent_given_{suffix}",
        given,
        (0, *(index for index, comes in zip(INITIAL, params.initial, strict=True) if comes)),
        scratch + params.dtype.bytes * params.batch * sum(params.widths),
        gather_operands=True,
        scatter_outputs=True,
    )


def _product(product: FloatProduct) -> dict[str, Field]:
    return {"weights": product.weights, "scale": product.scale, "bias": product.bias}
