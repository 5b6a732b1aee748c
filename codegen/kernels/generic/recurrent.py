"""Lowering of GRU, LSTM and RNN."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.floating.recurrent import FloatRecurrent
from ....converter.ops.lengths import LENGTHS
from ....converter.ops.recurrent import GATES, INITIAL, Product, Recurrent
from ..call import Field, KernelCall, as_c
from ..padding import fours, padded_rows

#: The float kernel's numbers for the kinds.
_KINDS = {"RNN": 0, "GRU": 1, "LSTM": 2}
_CELLS = "bw_recurrent_cells_s8"
#: What all layers need besides their loop and their step.
_SOURCES = ("bw_gate_sums_s16", "bw_recurrent_gates_s8", "bw_recurrent_take_s8", "bw_rows_column_s8", "bw_rows_s8")


def lower(_graph: Graph, _node: Node, params: Recurrent) -> KernelCall:
    """``bw_recurrent_s8`` with a state that is kept, ``bw_recurrent_whole_s8`` with one that starts from zeros,
    ``bw_recurrent_given_s8`` with one that comes in or goes out, or with lengths."""
    step, functions = _step(params)
    loop = f"bw_recurrent_{'lengths' if params.lengths or params.narrow else 'steps'}_s8"
    fields: dict[str, Field] = {
        "step": step,
        "loop": loop,
        "gates": GATES[params.kind],
        **_sizes(params),
        "kept_cells": params.cells if params.kind == "LSTM" else 0,
        "wide_input": int(params.source is DType.INT16),
        "wide_output": int(params.target is DType.INT16),
        "narrow_state": int(params.narrow),
        "multiplier": params.multiplier,
        "left": params.left,
        "right": params.right,
        "zero_point": params.zero_point,
        "of_input": _product(params.of_input),
        "of_state": _product(params.of_state),
    }
    column = params.hidden
    if params.projection is not None:
        fields["projection"] = _product(params.projection)
        column = max(params.hidden, params.cells)
    gates = GATES[params.kind] * params.cells
    scratch = 2 * (fours(gates) + fours(params.inputs) + fours(column))
    if params.narrow:
        scratch += 2 * fours(sum(params.widths))
    sources = (loop, step, *functions, *_SOURCES)
    if params.stateful:
        return KernelCall("bw_recurrent_s8", fields, scratch=scratch, sources=sources)
    scratch += fours(params.batch * sum(params.widths) * params.state.bytes)
    if not any(params.initial) and not params.shapes and not params.lengths:
        return KernelCall("bw_recurrent_whole_s8", fields, scratch=scratch, sources=sources)
    return given("bw_recurrent_given_s8", params, fields, scratch, sources)


def _step(params: Recurrent) -> tuple[str, tuple[str, ...]]:
    """The function of a step, and what it calls."""
    if params.kind == "LSTM":
        step = "lstm" if params.projection is None else "projected"
        functions: tuple[str, ...] = (_CELLS, "bw_pwl_run_s16", "bw_pwl_s16")
    elif params.relu:
        step, functions = "relu", ()
    else:
        step, functions = params.kind.lower(), ("bw_pwl_run_s16", "bw_pwl_s16")
    return f"bw_recurrent_{step}_s8", functions


def shared_fields(params: Recurrent | FloatRecurrent) -> dict[str, Field]:
    """The fields of the float kernel that say what is computed over which rows."""
    return {"kind": _KINDS[params.kind], "relu": int(params.relu), **_sizes(params)}


def _sizes(params: Recurrent | FloatRecurrent) -> dict[str, Field]:
    """The fields that both kinds of kernels have."""
    return {
        "batch": params.batch,
        "steps": params.steps,
        "inputs": params.inputs,
        "cells": params.cells,
        "hidden": params.hidden,
        "batch_stride": 1 if params.time_major else params.steps,
        "step_stride": params.batch if params.time_major else 1,
        "reverse": int(params.reverse),
        "reset_after": int(params.reset_after),
    }


def given(
    function: str,
    params: Recurrent | FloatRecurrent,
    layer: dict[str, Field],
    scratch: int,
    sources: tuple[str, ...] = (),
) -> KernelCall:
    """The call of a layer whose states start from zeros, come in or go out, or whose sequences have lengths."""
    fields: dict[str, Field] = {
        "layer": layer,
        "hidden": int(params.initial[0]),
        "cells": int(params.initial[1]),
        "lengths": int(params.lengths),
        "last": len(params.shapes),
    }
    comes = zip((*INITIAL, LENGTHS), (*params.initial, params.lengths), strict=True)
    operands = (0, *(index for index, is_there in comes if is_there))
    return KernelCall(function, fields, operands, scratch, sources=sources, gather_operands=True, scatter_outputs=True)


def _product(product: Product) -> dict[str, Any]:
    return {
        "weights": padded_rows(product.weights),
        "bias": as_c(product.bias, np.int32),
        "scale": {"multiplier": as_c(product.multiplier, np.int32), "left": product.left, "right": product.right},
    }
