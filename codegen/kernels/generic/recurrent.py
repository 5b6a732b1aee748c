"""Lowering of GRU, LSTM and RNN."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....converter.ir import DType, Graph, Node
from ....converter.ops.recurrent import Product, Recurrent
from ..call import Field, KernelCall, as_c

#: The kernel's numbers for the kinds, and the vectors of int16 that each needs as scratch.
_KINDS = {"RNN": (0, 1), "GRU": (1, 3), "LSTM": (2, 1)}


def lower(_graph: Graph, _node: Node, params: Recurrent) -> KernelCall:
    """``bw_recurrent_s8`` with a state that is kept, ``bw_recurrent_whole_s8`` with one that starts from zeros."""
    kind, vectors = _KINDS[params.kind]
    fields: dict[str, Field] = {
        "kind": kind,
        "batch": params.batch,
        "steps": params.steps,
        "inputs": params.inputs,
        "cells": params.cells,
        "batch_stride": 1 if params.time_major else params.steps,
        "step_stride": params.batch if params.time_major else 1,
        "reverse": int(params.reverse),
        "reset_after": int(params.reset_after),
        "wide_input": int(params.source is DType.INT16),
        "wide_output": int(params.target is DType.INT16),
        "multiplier": params.multiplier,
        "shift": params.shift,
        "zero_point": params.zero_point,
        "of_input": _product(params.of_input),
        "of_state": _product(params.of_state),
    }
    scratch = 2 * params.cells * vectors
    if params.stateful:
        return KernelCall("bw_recurrent_s8", fields, scratch=scratch, sources=("bw_pwl_s16",))
    scratch += 2 * params.batch * params.parts * params.cells
    return KernelCall("bw_recurrent_whole_s8", fields, scratch=scratch, sources=("bw_recurrent_s8", "bw_pwl_s16"))


def _product(product: Product) -> dict[str, Any]:
    return {
        "weights": product.weights,
        "bias": as_c(product.bias, np.int32),
        "multiplier": as_c(product.multiplier, np.int32),
        "shift": as_c(product.shift, np.int32),
    }
