"""UNIDIRECTIONAL_SEQUENCE_LSTM in TensorFlow Lite's integer form: int8 weights and activations, int16 cell.

Per step, with gates in Q3.12 and the cell in int16 of a power-of-two scale (Hochreiter and Schmidhuber, 1997; forget
gates by Gers et al., 2000):

    i, f, o = logistic(W x + R h + b), g = tanh(W x + R h + b), each optionally after layer normalization
    c = f c + i g (i = 1 - f where the input gate is coupled), h = o tanh(c), optionally projected

The integers are those of tflite-runtime 2.14's reference kernel (``lstm_eval.cc``, ``portable_tensor_utils.cc``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ModelError
from ..fixedpoint import (
    INT32_MAX,
    Int64,
    as_int64,
    power_of_two,
    quantize_multiplier,
    requantize_double,
    rounding_divide_by_pot,
    wrap32,
)
from ..gemmlowp import inverse_sqrt
from ..gemmlowp16 import logistic, tanh
from ..ir import Array, DType, Graph, Node, Tensor, Variable
from .bounds import Bounds, requantized
from .operator import Inputs, Operator, prove_accumulator, require, require_types

#: Places among the inputs, the two states taken out: input, recurrent, peephole, bias, projection, normalization.
_INPUT, _RECURRENT, _PEEPHOLE, _BIAS, _PROJECTION, _PROJECTION_BIAS, _NORM = 1, 5, 9, 12, 16, 17, 18
GATES = ("input", "forget", "cell", "output")
_LOW, _HIGH = -32768, 32767


@dataclass(frozen=True, eq=False)
class Norm:
    """Integer layer normalization of a gate: weights int16 and bias int32, [cells]."""

    weights: Int64
    bias: Int64
    multiplier: int
    shift: int
    variance_guard: int


@dataclass(frozen=True, eq=False)
class Gate:
    """One gate: weights int8 [cells, inputs] and [cells, outputs], biases with the zero points' share [cells]."""

    input_weights: Array
    recurrent_weights: Array
    input_bias: Int64
    recurrent_bias: Int64
    input_multiplier: int
    input_shift: int
    recurrent_multiplier: int
    recurrent_shift: int
    norm: Norm | None


@dataclass(frozen=True, eq=False)
class Projection:
    """From hidden values to outputs: int8 [outputs, cells], the hidden zero point's share in the bias."""

    weights: Array
    bias: Int64
    multiplier: int
    shift: int
    clip: int


@dataclass(frozen=True, eq=False)
class Lstm:
    """Integer constants.

    Attributes:
        batch, steps, inputs, cells, outputs: sizes; time_major: input [steps, batch, inputs], else [batch, steps, ...].
        gates: in the order of GATES; the first is None where it is coupled to the forget gate.
        cell_shift: the cell's scale is ``2^cell_shift``; cell_clip: 0 for none.
        hidden_multiplier, hidden_shift, hidden_zero_point: from ``o tanh(c)`` to int8.
        output_zero_point: of the outputs, which are the recurrent state.
    """

    batch: int
    steps: int
    inputs: int
    cells: int
    outputs: int
    time_major: bool
    gates: tuple[Gate | None, Gate, Gate, Gate]
    cell_shift: int
    cell_clip: int
    hidden_multiplier: int
    hidden_shift: int
    hidden_zero_point: int
    projection: Projection | None
    output_zero_point: int


def _weights(graph: Graph, node: Node, place: int, shape: tuple[int, ...]) -> Tensor:
    tensor = graph.input(node, place)
    require(tensor.is_constant, node, "weights that are not constant are not served")
    require_types(graph, node, [tensor], [DType.INT8])
    if tensor.shape != shape:
        raise ModelError(
            f"{node.name} ({node.op}): input {place} of shape {list(tensor.shape)}; it must be {list(shape)}"
        )
    return tensor


def _sizes(graph: Graph, node: Node) -> tuple[int, int, int, int, int]:
    """Batch, steps, inputs, cells, outputs."""
    source, cells = graph.input(node, 0), graph.input(node, _INPUT + 1).shape[0]
    if len(source.shape) != 3:
        raise ModelError(f"{node.name} ({node.op}): an input of shape {list(source.shape)} is no sequence")
    steps, batch = source.shape[:2] if node.attrs.get("time_major") else source.shape[1::-1]
    recurrent = graph.input(node, _RECURRENT + 1)
    if len(recurrent.shape) != 2:
        raise ModelError(f"{node.name} ({node.op}): recurrent weights of shape {list(recurrent.shape)}")
    return batch, steps, source.shape[2], cells, recurrent.shape[1]


def shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    """The input's, with the outputs in place of the inputs."""
    return [(*graph.input(node, 0).shape[:2], _sizes(graph, node)[4])]


def _float(*factors: float) -> float:
    """A product in float32, left to right, as TFLite's Prepare computes it."""
    result = np.float32(factors[0])
    for factor in factors[1:]:
        result = np.float32(result * np.float32(factor))
    return float(result)


def _over(value: float, divisor: float) -> float:
    return float(np.float32(np.float32(value) / np.float32(divisor)))


def _vector(graph: Graph, node: Node, place: int, size: int, dtype: DType) -> Int64:
    """A constant vector, zeros when absent."""
    tensor = graph.optional_input(node, place)
    if tensor is None:
        return np.zeros(size, np.int64)
    require_types(graph, node, [tensor], [dtype])
    if tensor.elements != size:
        raise ModelError(f"{node.name} ({node.op}): input {place} of {tensor.elements} elements; it must have {size}")
    return as_int64(tensor.value().reshape(-1))


def _product(node: Node, weights: Array, bias: Int64, zero_point: int, scale: float) -> tuple[Int64, int, int]:
    """Bias with the zero point's share, multiplier and shift; proves that neither sum nor result leaves int32."""
    folded = bias - zero_point * weights.astype(np.int64).sum(axis=1)
    multiplier, shift = quantize_multiplier(scale)
    bound = int(prove_accumulator(node, weights, folded, -128, 127).max(initial=0))
    # What was summed before is added, an int16.
    ends = requantized(node, Bounds(-bound, bound), multiplier, shift)
    require(max(-ends.low, ends.high) < INT32_MAX - 65536, node, "a gate's sum does not fit int32")
    return folded, multiplier, shift


def _norm(graph: Graph, node: Node, index: int, cells: int, bias: Int64) -> Norm | None:
    tensor = graph.optional_input(node, _NORM + index)
    if tensor is None:
        return None
    weights = _vector(graph, node, _NORM + index, cells, DType.INT16)
    multiplier, shift = quantize_multiplier(tensor.scale)
    guard = max(1, int(np.float32(10000) * np.float32(tensor.scale)))
    return Norm(weights, bias, multiplier, shift, guard)


def _gate(graph: Graph, node: Node, index: int, scale: float, state: Variable) -> Gate:
    _, _, inputs, cells, outputs = _sizes(graph, node)
    source = graph.input(node, 0)
    weights = _weights(graph, node, _INPUT + index, (cells, inputs))
    recurrent = _weights(graph, node, _RECURRENT + index, (cells, outputs))
    bias = _vector(graph, node, _BIAS + index, cells, DType.INT32)
    norm = _norm(graph, node, index, cells, bias)
    assert state.quant is not None
    at_input = _over(_float(weights.scale, source.scale), scale)
    at_state = _over(_float(recurrent.scale, state.quant.scale[0]), scale)
    none = np.zeros(cells, np.int64)
    first = _product(node, weights.value(), none if norm else bias, source.zero_point, at_input)
    second = _product(node, recurrent.value(), none, state.quant.zero_point[0], at_state)
    return Gate(weights.value(), recurrent.value(), first[0], second[0], *first[1:], *second[1:], norm)


def _projection(graph: Graph, node: Node, hidden: tuple[float, int], state: Variable) -> Projection | None:
    _, _, _, cells, outputs = _sizes(graph, node)
    if graph.optional_input(node, _PROJECTION) is None:
        return None
    weights = _weights(graph, node, _PROJECTION, (outputs, cells))
    assert state.quant is not None
    scale = _over(_float(weights.scale, hidden[0]), state.quant.scale[0])
    bias = _vector(graph, node, _PROJECTION_BIAS, outputs, DType.INT32)
    # tflite-runtime holds the values before a projection at minus their zero point, which shows where they saturate.
    folded, multiplier, shift = _product(node, weights.value(), bias, -hidden[1], scale)
    clip = _clip(node.attrs.get("proj_clip", 0.0), state.quant.scale[0], -128, 127)
    return Projection(weights.value(), folded, multiplier, shift, clip)


def _clip(real: float, scale: float, low: int, high: int) -> int:
    if not real > 0:
        return 0
    return int(min(max(float(np.float32(real) / np.float32(scale)), low), high))


def prepare(graph: Graph, node: Node) -> Lstm:
    """Integer constants, with the proof that no accumulator leaves int32 (PopulateQuantizedLstmParams8x8_16)."""
    source, target = graph.input(node, 0), graph.output(node)
    require_types(graph, node, [source, target], [DType.INT8])
    require(node.attrs["activation"] == "TANH", node, f"activation {node.attrs['activation']} is not served")
    require(not node.attrs.get("diagonal_recurrent_tensors"), node, "diagonal recurrent weights are not served")
    peepholes = any(graph.optional_input(node, _PEEPHOLE + i) is not None for i in range(3))
    require(not peepholes, node, "peepholes are not served")
    batch, steps, inputs, cells, outputs = _sizes(graph, node)
    state, cell = (graph.variables[name] for name in node.states)
    fits = state.initial.shape == (batch, outputs) and cell.initial.shape == (batch, cells)
    if not fits or state.initial.dtype != np.int8 or cell.initial.dtype != np.int16 or not (state.quant and cell.quant):
        raise ModelError(f"{node.name} ({node.op}): its states do not fit {outputs} outputs and {cells} cells")
    shift = power_of_two(cell.quant.scale[0])
    require(shift is not None and -15 <= shift <= -9, node, "the cell's scale must be a power of two, 2^-15 to 2^-9")
    assert shift is not None
    grids = node.attrs.get("intermediates", ())
    normalized = graph.optional_input(node, _NORM + 1) is not None
    scales = [2.0**-12] * 4
    if normalized:
        if len(grids) < 4 or any(grid is None for grid in grids[1:4]):
            raise ModelError(f"{node.name} ({node.op}): the scales before its layer normalization are missing")
        scales = [1.0 if grid is None else grid[0] for grid in grids[:4]]
    coupled = graph.optional_input(node, _INPUT) is None
    enter = None if coupled else _gate(graph, node, 0, scales[0], state)
    forget, update, leave = (_gate(graph, node, i, scales[i], state) for i in range(1, 4))
    projected = graph.optional_input(node, _PROJECTION) is not None
    hidden = grids[4] if len(grids) == 5 and grids[4] is not None else (state.quant.scale[0], state.quant.zero_point[0])
    require(projected or outputs == cells, node, f"{outputs} outputs of {cells} cells need a projection")
    multiplier, right = quantize_multiplier(float(np.float32(2.0**-15 / float(np.float32(hidden[0])) * 2.0**-15)))
    requantized(node, Bounds(-(2**30), 2**30), multiplier, right, abs(hidden[1]))
    hidden_zero_point = -hidden[1] if projected else hidden[1]
    return Lstm(
        batch, steps, inputs, cells, outputs, bool(node.attrs.get("time_major")), (enter, forget, update, leave), shift,
        _clip(node.attrs.get("cell_clip", 0.0), cell.quant.scale[0], _LOW, _HIGH),
        multiplier, right, hidden_zero_point, _projection(graph, node, hidden, state), state.quant.zero_point[0],
    )  # fmt: skip


def _saturate(x: Int64) -> Int64:
    return np.clip(x, _LOW, _HIGH)


def _quotient(dividend: int, divisor: int) -> int:
    """C's division, toward zero."""
    return dividend // divisor if dividend >= 0 else -(-dividend // divisor)


def _normalized(norm: Norm, gate: Int64) -> Int64:
    """Layer normalization of one row, the mean in 1/1024 (PortableApplyLayerNorm)."""
    count = len(gate)
    mean = _quotient(int(gate.sum()) * 1024, count)
    variance = _quotient(int((gate * gate).sum()) * ((1 << 20) // count) - mean * mean, 1 << 20)
    if variance < 1:
        variance = norm.variance_guard
    multiplier, right = inverse_sqrt(variance)
    centred = requantize_double(1024 * gate - mean, multiplier, -right)
    weighted = as_int64(wrap32(centred * norm.weights)) + norm.bias
    rounded = as_int64(np.trunc((weighted + np.where(weighted > 0, 512, -512)) / 1024))
    return _saturate(requantize_double(rounded, norm.multiplier, norm.shift + 12))


def _gate_values(gate: Gate, x: Int64, h: Int64) -> Int64:
    """The gate before its activation, Q3.12, for one step of one batch."""
    acc = gate.input_weights.astype(np.int64) @ x + gate.input_bias
    value = _saturate(requantize_double(acc, gate.input_multiplier, gate.input_shift))
    acc = gate.recurrent_weights.astype(np.int64) @ h + gate.recurrent_bias
    value = _saturate(requantize_double(acc, gate.recurrent_multiplier, gate.recurrent_shift) + value)
    return value if gate.norm is None else _normalized(gate.norm, value)


def _step(params: Lstm, x: Int64, h: Int64, c: Int64) -> tuple[Int64, Int64]:
    """Outputs and cell after one step."""
    forget, update, output = (_gate_values(gate, x, h) for gate in params.gates[1:] if gate is not None)
    forget, update, output = logistic(forget, 3), tanh(update, 3), logistic(output, 3)
    first = params.gates[0]
    enter = _HIGH - forget if first is None else logistic(_gate_values(first, x, h), 3)
    kept = rounding_divide_by_pot(forget * c, 15)
    cell = _saturate(kept + rounding_divide_by_pot(enter * update, 30 + params.cell_shift))
    if params.cell_clip:
        cell = np.clip(cell, -params.cell_clip, params.cell_clip)
    product = output * tanh(cell, 15 + params.cell_shift)
    hidden = requantize_double(product, params.hidden_multiplier, params.hidden_shift) + params.hidden_zero_point
    hidden = np.clip(hidden, -128, 127)
    project = params.projection
    if project is None:
        return hidden, cell
    acc = project.weights.astype(np.int64) @ hidden + project.bias
    value = requantize_double(acc, project.multiplier, project.shift) + params.output_zero_point
    value = np.clip(value, -128, 127)
    return (np.clip(value, -project.clip, project.clip) if project.clip else value), cell


def reference(params: Lstm, inputs: Inputs) -> list[Array]:
    """All outputs, then the new states."""
    source, state, cell = inputs[0], inputs[-2], inputs[-1]
    assert source is not None and state is not None and cell is not None
    x = source.astype(np.int64)
    x = x if params.time_major else x.swapaxes(0, 1)
    h, c = state.astype(np.int64), cell.astype(np.int64)
    out = np.zeros((params.steps, params.batch, params.outputs), np.int8)
    for step in range(params.steps):
        for row in range(params.batch):
            h[row], c[row] = _step(params, x[step, row], h[row], c[row])
            out[step, row] = h[row]
    result = out if params.time_major else out.swapaxes(0, 1)
    return [np.ascontiguousarray(result), h.astype(np.int8), c.astype(np.int16)]


def macs(graph: Graph, node: Node) -> int:
    """The matrix products of every step."""
    batch, steps, inputs, cells, outputs = _sizes(graph, node)
    gates = 3 if graph.optional_input(node, _INPUT) is None else 4
    projection = cells * outputs if graph.optional_input(node, _PROJECTION) is not None else 0
    return batch * steps * (gates * cells * (inputs + outputs) + projection)


UNIDIRECTIONAL_SEQUENCE_LSTM = Operator(
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "int8, cell int16",
    "constant weights, no peepholes; layer normalization, coupled gates and projection are served",
    shapes,
    prepare,
    reference,
    macs,
    inputs=(1, 22),
)
