"""Lowering of SQUASH, CAPSULE_ROUTING and CAPSULE_LENGTH in both arithmetics."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.capsule_affine import COUPLING_BITS, Factor, Length, Routing, Squash, couplings
from ....converter.ops.capsule_q7 import LengthQ7, RoutingQ7, SquashQ7
from ..call import Field, KernelCall, as_c
from ..kernel import Lowering
from ..overlap import row_distance

_ROOTS = ("bw_capsule", "bw_reciprocal_root")


def _step(multiplier: int, shift: int) -> dict[str, Field]:
    return {"multiplier": multiplier, "shift": shift}


def _factor(one: Factor) -> dict[str, Field]:
    step = _step(one.multiplier, one.shift)
    return {"one": np.array([one.one], np.int64), "half": one.half, "step": step}


def lower_squash(_graph: Graph, _node: Node, params: Squash | SquashQ7) -> KernelCall:
    """``bw_squash_s8`` or ``bw_squash_q7``, which may run in place."""
    sizes: dict[str, Field] = {"rows": params.rows, "dim": params.depth}
    if isinstance(params, SquashQ7):
        formats: dict[str, Field] = {"input": params.formats.input, "output": params.formats.output}
        return KernelCall("bw_squash_q7", {**sizes, "formats": formats}, distance={0: 0})
    fields = {
        **sizes,
        "input_zero_point": params.input_zero_point,
        **_factor(params.factor),
        "output_zero_point": params.output_zero_point,
    }
    return KernelCall("bw_squash_s8", fields, distance={0: 0}, sources=_ROOTS)


def lower_length(_graph: Graph, _node: Node, params: Length | LengthQ7) -> KernelCall:
    """``bw_capsule_length_s8`` or ``bw_capsule_length_q7``."""
    distance = {0: row_distance(params.rows, params.depth, 1, buffered=True)}
    sizes: dict[str, Field] = {"rows": params.rows, "dim": params.depth}
    if isinstance(params, LengthQ7):
        return KernelCall("bw_capsule_length_q7", sizes, distance=distance)
    fields = {
        **sizes,
        "input_zero_point": params.input_zero_point,
        "half": params.half,
        "step": _step(params.multiplier, params.shift),
        "output_zero_point": params.output_zero_point,
    }
    return KernelCall("bw_capsule_length_s8", fields, distance=distance, sources=_ROOTS)


def routing(kept: bool) -> Lowering:
    """The lowering of a whole layer of capsules.

    Neither way estimates its instructions, so that the first in the table is taken, which needs little scratch; `tune`
    measures both.

    Args:
        kept: whether all predictions stay in scratch, or those of one input capsule at a time are computed anew in
            every iteration; the bits are the same.
    """

    def lower(_graph: Graph, _node: Node, params: Routing | RoutingQ7) -> KernelCall:
        return _routing_q7(params, kept) if isinstance(params, RoutingQ7) else _routing_s8(params, kept)

    return lower


def _sizes(params: Routing | RoutingQ7, kept: bool) -> dict[str, Field]:
    return {
        "batch": params.batch,
        "inputs": params.inputs,
        "depth": params.depth,
        "capsules": params.capsules,
        "dim": params.dim,
        "kept": int(kept),
        "weights": np.ascontiguousarray(params.weights.transpose(1, 0, 2, 3)),
        "prediction_shift": params.prediction_shift,
    }


def _distance(params: Routing | RoutingQ7) -> dict[int, int]:
    rows = params.capsules * params.dim
    return {0: row_distance(params.batch, params.inputs * params.depth, rows, buffered=True)}


def _routing_s8(params: Routing, kept: bool) -> KernelCall:
    rows = params.capsules * params.dim
    uniform = couplings(np.zeros(params.capsules, np.int64), params.octave_bits)
    assert uniform[0] <= 1 << COUPLING_BITS
    fields: dict[str, Field] = {
        **_sizes(params, kept),
        "iterations": params.iterations,
        "input_zero_point": params.input_zero_point,
        "uniform": int(uniform[0]),
        "octaves": as_c(params.octaves, np.int32),
        "octave_shift": as_c(params.octave_shift, np.int8),
        "octave_bits": params.octave_bits,
        "sum_shift": params.sum_shift,
        "sum_start": params.sum_start,
        "one": np.array([factor.one for factor in params.inner], np.int64),
        "half": np.array([factor.half for factor in params.inner], np.int8),
        "inner": _step(params.inner[0].multiplier, params.inner[0].shift),
        "outer": _step(params.outer[0].multiplier, params.outer[0].shift),
        "output_zero_point": params.output_zero_point,
    }
    held = params.inputs if kept else 1
    return KernelCall(
        "bw_capsule_routing_s8",
        fields,
        scratch=4 * (rows + params.capsules) + 2 * (held * rows + rows + params.depth),
        distance=_distance(params),
        sources=("bw_capsule_rows_s8", *_ROOTS),
    )


def _routing_q7(params: RoutingQ7, kept: bool) -> KernelCall:
    rows, steps = params.capsules * params.dim, params.steps
    shifts = np.array(
        [
            (s.sums, s.squash.input, s.squash.output, s.agreement, s.align_agreement, s.align_logits, s.logits)
            for s in steps
        ],
        np.int8,
    )
    fields: dict[str, Field] = {**_sizes(params, kept), "iterations": len(steps), "shifts": shifts.reshape(-1)}
    held = params.inputs if kept else 1
    return KernelCall(
        "bw_capsule_routing_q7",
        fields,
        scratch=4 * (rows + params.capsules) + (params.inputs + 1) * params.capsules + rows + held * rows,
        distance=_distance(params),
        sources=("bw_capsule_rows_q7",),
    )
