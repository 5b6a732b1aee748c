"""Quantized networks: QuantizeLinear and DequantizeLinear, and operators on integers (QLinearConv and kin).

In Bitwright's graph all of them are float tensors with grids: quantizing sets the grid of a tensor, dequantizing does
nothing, and an operator on integers is the float operator whose output has a grid. uint8 becomes int8 by 128 less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ...ir import Array, DType, Quantization
from ..emitter import Grid
from .activation import leaky_relu, softmax, unary
from .arithmetic import binary
from .call import Activation, Call, Constant, Lowering, Value
from .convolution import convolution
from .matrix import gemm, matmul
from .pooling import average_pool, whole
from .shape import concatenate

#: Types that are stored, and what is taken from them to become a signed type.
_STORED: dict[str, tuple[DType, int]] = {
    "int8": (DType.INT8, 0),
    "uint8": (DType.INT8, 128),
    "int16": (DType.INT16, 0),
    "uint16": (DType.INT16, 32768),
    "int32": (DType.INT32, 0),
}
_TYPES = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32"}  # of TensorProto.DataType


def _grid(call: Call, scale: Array | None, point: Array | None, kind: str, axis: int | None) -> Grid:
    """The grid of constant scales and zero points, in the signed type.

    Raises:
        UnsupportedError: scales that are not finite and positive, blocks, or a type that is not served.
    """
    call.require(scale is not None, "its scale is missing")
    assert scale is not None
    scales = np.ravel(scale).astype(np.float32)
    call.require(np.ndim(scale) <= 1 and not call.get("block_size", 0), "quantization by blocks is not served")
    call.require(bool(np.all(np.isfinite(scales) & (scales > 0))), "a scale is not finite and positive")
    call.require(kind in _STORED, f"integers of type {kind} are not served")
    stored, offset = _STORED[kind]
    points = np.zeros(scales.size, np.int64) if point is None else np.ravel(point).astype(np.int64) - offset
    call.require(points.size == scales.size, f"{scales.size} scales and {points.size} zero points")
    if stored is DType.INT16:
        call.require(not points.any(), "16-bit tensors are served with a symmetric grid only")
    quant = Quantization(
        tuple(float(s) for s in scales), tuple(int(z) for z in points), axis if scales.size > 1 else None
    )
    return Grid(quant, stored)


def _kind(call: Call, point: Array | None) -> str:
    """The integer type: that of the zero point, else the attribute's, else uint8."""
    declared = call.get("output_dtype", 0)
    return _TYPES.get(declared, "uint8") if point is None else point.dtype.name


def quantize(call: Call) -> Value:
    """QuantizeLinear: the tensor gets a grid; one that already has another is rounded twice, by a QUANTIZE."""
    value, scale, point = call.value(0), call.array(1, "scale"), call.array(2, "zero point")
    kind = _kind(call, point)
    if isinstance(value, Constant):
        grid = _grid(call, scale, point, kind, _axis(call, value.value.ndim))
        return Constant(value.name, _levels(value.value, grid, kind))
    grid = _grid(call, scale, point, kind, None)
    call.require(
        grid.quant.axis is None and len(grid.quant.scale) == 1, "activations with a scale per channel are not served"
    )
    return Activation(on_grid(call, value.tensor, grid, 0 in call.sole), quantized=True)


def on_grid(call: Call, tensor: str, grid: Grid, sole: bool) -> str:
    """The tensor with that grid: itself where nobody reads it otherwise, else what a QUANTIZE makes of it."""
    known = call.graph.tensor(tensor)
    if (known.quant, known.stored) == (grid.quant, grid.stored):
        return tensor
    if known.stored is not None or not sole:
        tensor = call.emit("QUANTIZE", [tensor])
    call.graph.annotate(tensor, grid.quant, grid.stored)
    return tensor


def _levels(value: Array, grid: Grid, kind: str) -> Array:
    """A constant in stored integers of its own type: ``clamp(round(x / scale) + zero_point)``."""
    shape = [1] * value.ndim
    if grid.quant.axis is not None:
        shape[grid.quant.axis] = -1
    scale = np.asarray(grid.quant.scale, np.float32).reshape(shape)
    point = np.asarray(grid.quant.zero_point, np.int64).reshape(shape) + _STORED[kind][1]
    limits = np.iinfo(kind)
    levels: Array = np.clip(np.rint(value.astype(np.float32) / scale) + point, limits.min, limits.max).astype(kind)
    return levels


def _axis(call: Call, rank: int) -> int | None:
    return call.axis(int(call.get("axis", 1)), rank) if rank > 1 else 0


def dequantize(call: Call) -> Value:
    """DequantizeLinear: real values, which the tensors of the graph are anyway."""
    return _real(call, call.value(0), call.array(1, "scale"), call.array(2, "zero point"), None)


def _real(call: Call, value: Value, scale: Array | None, point: Array | None, axis: int | None) -> Value:
    """The real values of integers with that scale and zero point; ``axis`` of the scales, else the attribute's."""
    if isinstance(value, Constant):
        if axis is None:
            axis = _axis(call, value.value.ndim)
        return _real_constant(call, value, scale, point, axis)
    call.require(value.quantized, "it dequantizes what is no quantized tensor")
    known = call.graph.tensor(value.tensor)
    kind = "int8" if point is None else point.dtype.name
    grid = _grid(call, scale, point, kind if point is not None or known.stored is not DType.INT16 else "int16", None)
    if known.stored is None:
        call.graph.annotate(value.tensor, grid.quant, grid.stored)
    else:
        same = (known.quant, known.stored) == (grid.quant, grid.stored)
        call.require(same, "scale or zero point are not those that its input was quantized with")
    return Activation(value.tensor)


def _real_constant(call: Call, value: Constant, scale: Array | None, point: Array | None, axis: int | None) -> Constant:
    kind = value.value.dtype.name
    grid = _grid(call, scale, point, kind, axis)
    shape = [1] * value.value.ndim
    if grid.quant.axis is not None:
        shape[grid.quant.axis] = -1
        call.require(value.value.shape[grid.quant.axis] == len(grid.quant.scale), "its scales do not fit its axis")
        call.require(
            len(set(grid.quant.zero_point)) == 1,
            "weights with a zero point per channel are not served; quantize them symmetrically (QuantType.QInt8)",
        )
    scales = np.asarray(grid.quant.scale, np.float32).reshape(shape)
    points = np.asarray(grid.quant.zero_point, np.int64).reshape(shape) + _STORED[kind][1]
    real = ((value.value.astype(np.int64) - points) * scales).astype(np.float32)
    # Biases are int32 at the scale of the accumulators, which follows from input and weights.
    return Constant(value.name, real, None if grid.stored is DType.INT32 else grid)


# -- operators on integers -----------------------------------------------------------------------------------------


def _triple(call: Call, index: int, axis: int | None = None) -> Value:
    """The real values of an input that is followed by its scale and its zero point."""
    scale, point = call.array(index + 1, "scale"), call.array(index + 2, "zero point")
    return _real(call, call.value(index), scale, point, axis)


def _result(call: Call, value: Value, index: int) -> Activation:
    """The value on the grid whose scale and zero point are inputs ``index`` and ``index + 1``."""
    assert isinstance(value, Activation)
    scale, point = call.array(index, "scale"), call.array(index + 1, "zero point")
    grid = _grid(call, scale, point, _kind(call, point), None)
    known = call.graph.tensor(value.tensor)
    fresh = known.stored is None and value.tensor not in [v.tensor for v in call.inputs if isinstance(v, Activation)]
    return Activation(on_grid(call, value.tensor, grid, fresh), quantized=True)


def _bias(call: Call, index: int, source: Value, weights: Value) -> Constant | None:
    """An int32 bias at ``S_in * S_w`` in real values."""
    bias = call.given(index)
    if bias is None:
        return None
    if not isinstance(bias, Constant) or not isinstance(source, Activation) or not isinstance(weights, Constant):
        raise call.fail("its weights or bias are computed at run time; only constant ones are served")
    quant = call.graph.tensor(source.tensor).quant
    assert quant is not None and weights.grid is not None
    scale = np.float64(quant.scale[0]) * np.asarray(weights.grid.quant.scale, np.float64)
    return Constant(bias.name, (bias.value * scale).astype(np.float32))


def qlinear_conv(call: Call) -> Activation:
    """QLinearConv."""
    source, weights = _triple(call, 0), _triple(call, 3, axis=0)
    inputs = (source, weights, _bias(call, 8, source, weights))
    return _result(call, _one(convolution(replace(call, inputs=inputs))), 6)


def qlinear_matmul(call: Call) -> Activation:
    """QLinearMatMul."""
    right = call.value(3)
    axis = 1 if isinstance(right, Constant) and right.value.ndim > 1 else 0
    inputs = (_triple(call, 0), _triple(call, 3, axis))
    return _result(call, matmul(replace(call, inputs=inputs)), 6)


def qgemm(call: Call) -> Activation:
    """QGemm of ONNX Runtime."""
    source, weights = _triple(call, 0), _triple(call, 3, axis=0 if call.get("transB", 0) else 1)
    inputs = (source, weights, _bias(call, 6, source, weights))
    call.require(call.given(7) is not None, "a real output is not served")
    return _result(call, gemm(replace(call, inputs=inputs)), 7)


def two(lowering: Lowering) -> Lowering:
    """An operator of two inputs: QLinearAdd, QLinearMul."""

    def lower(call: Call) -> Activation:
        inputs = (_triple(call, 0), _triple(call, 3))
        return _result(call, _one(lowering(replace(call, inputs=inputs))), 6)

    return lower


def one(lowering: Lowering) -> Lowering:
    """An operator of one input: QLinearSigmoid, QLinearLeakyRelu, QLinearSoftmax, pooling."""

    def lower(call: Call) -> Activation:
        call.require(not call.get("channels_last", 0), "channels_last is not served")
        return _result(call, _one(lowering(replace(call, inputs=(_triple(call, 0),)))), 3)

    return lower


def qlinear_concat(call: Call) -> Activation:
    """QLinearConcat: scale and zero point of the output come first."""
    inputs = tuple(_triple(call, index) for index in range(2, len(call.inputs), 3))
    return _result(call, concatenate(replace(call, inputs=inputs)), 0)


def _one(result: object) -> Value:
    return result if isinstance(result, Activation | Constant) else result[0]  # type: ignore[index]


def _softmax(call: Call) -> Activation:
    """The operator set of the softmax that it stands for is an attribute."""
    return softmax(replace(call, version=int(call.get("opset", call.version))))


QUANTIZED: dict[str, Callable[[Call], Value]] = {
    "QuantizeLinear": quantize,
    "DequantizeLinear": dequantize,
    "QLinearConv": qlinear_conv,
    "QLinearMatMul": qlinear_matmul,
}
#: Operators of the domain com.microsoft.
MICROSOFT: dict[str, Lowering] = {
    "QuantizeLinear": quantize,
    "DequantizeLinear": dequantize,
    "QGemm": qgemm,
    "QLinearAdd": two(binary("ADD")),
    "QLinearMul": two(binary("MUL")),
    "QLinearSigmoid": one(unary("LOGISTIC")),
    "QLinearLeakyRelu": one(leaky_relu),
    "QLinearSoftmax": one(_softmax),
    "QLinearGlobalAveragePool": one(whole("MEAN")),
    "QLinearAveragePool": one(average_pool),
    "QLinearConcat": qlinear_concat,
}
