"""Lowering of UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.lstm import Gate, Lstm
from ..call import Field, KernelCall, as_c
from ..padding import fours, padded_rows

#: The kernel's names for the gates.
_GATES = ("enter", "forget", "update", "leave")


def lower(_graph: Graph, _node: Node, params: Lstm) -> KernelCall:
    """``bw_lstm_s8``."""
    projection = params.projection
    fields: dict[str, Field] = {
        "batch": params.batch,
        "steps": params.steps,
        "inputs": params.inputs,
        "cells": params.cells,
        "outputs": params.outputs,
        "batch_stride": 1 if params.time_major else params.steps,
        "step_stride": params.batch if params.time_major else 1,
        **{name: _gate(gate) for name, gate in zip(_GATES, params.gates, strict=True)},
        "cell_shift": params.cell_shift,
        "cell_clip": params.cell_clip,
        "hidden_multiplier": params.hidden_multiplier,
        "hidden_shift": params.hidden_shift,
        "hidden_zero_point": params.hidden_zero_point,
        "output_zero_point": params.output_zero_point,
    }
    if projection is not None:
        fields |= {
            "projection_weights": padded_rows(projection.weights),
            "projection_bias": as_c(projection.bias, np.int32),
            "projection_multiplier": projection.multiplier,
            "projection_shift": projection.shift,
            "projection_clip": projection.clip,
        }
    columns = fours(params.inputs) + fours(params.outputs)
    scratch = 8 * params.cells + 2 * columns
    if projection is not None:
        scratch += 2 * fours(params.cells) + params.cells
    sources = ("bw_gates_s16", "bw_rows_column_s8", "bw_rows_s8")
    return KernelCall("bw_lstm_s8", fields, scratch=scratch, sources=sources)


def _gate(gate: Gate | None) -> dict[str, Any]:
    if gate is None:
        return {"input_weights": 0}
    fields: dict[str, Any] = {
        "input_weights": padded_rows(gate.input_weights),
        "recurrent_weights": padded_rows(gate.recurrent_weights),
        "input_bias": as_c(gate.input_bias, np.int32),
        "recurrent_bias": as_c(gate.recurrent_bias, np.int32),
        "input_multiplier": gate.input_multiplier,
        "input_shift": gate.input_shift,
        "recurrent_multiplier": gate.recurrent_multiplier,
        "recurrent_shift": gate.recurrent_shift,
    }
    if gate.norm is not None:
        fields |= {
            "norm_weights": as_c(gate.norm.weights, np.int16),
            "norm_bias": as_c(gate.norm.bias, np.int32),
            "norm_multiplier": gate.norm.multiplier,
            "norm_shift": gate.norm.shift,
            "variance_guard": gate.norm.variance_guard,
        }
    return fields
