"""Every ONNX operator that is served, and what is said of some that are not."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    activation,
    arithmetic,
    attention,
    convolution,
    matrix,
    normalization,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    shape,
)
from .call import Lowering

LOWERINGS: Mapping[str, Lowering] = {
    "Conv": convolution.convolution,
    "ConvTranspose": convolution.transposed_convolution,
    "Gemm": matrix.gemm,
    "MatMul": matrix.matmul,
    "Attention": attention.attention,
    "BatchNormalization": normalization.batch_normalization,
    "InstanceNormalization": normalization.instance_normalization,
    "GroupNormalization": normalization.group_normalization,
    "LayerNormalization": normalization.layer_normalization,
    "Relu": activation.unary("RELU"),
    "Sigmoid": activation.unary("LOGISTIC"),
    "Tanh": activation.unary("TANH"),
    "HardSwish": activation.unary("HARD_SWISH"),
    "Abs": activation.unary("ABS"),
    "Neg": activation.unary("NEG"),
    "Exp": activation.unary("EXP"),
    "Sqrt": activation.unary("SQRT"),
    "Swish": activation.swish,
    "Clip": activation.clip,
    "LeakyRelu": activation.leaky_relu,
    "PRelu": activation.prelu,
    "Elu": activation.elu,
    "Gelu": activation.gelu,
    "HardSigmoid": activation.hard_sigmoid,
    "Softmax": activation.softmax,
    "Erf": activation.erf,
    "Pow": activation.power,
    "Reciprocal": activation.reciprocal,
    "Add": arithmetic.binary("ADD"),
    "Sub": arithmetic.binary("SUB"),
    "Mul": arithmetic.binary("MUL"),
    "Div": arithmetic.divide,
    "Sum": arithmetic.variadic("ADD"),
    "Max": arithmetic.variadic("MAXIMUM"),
    "Min": arithmetic.variadic("MINIMUM"),
    "Mean": arithmetic.mean,
    "MaxPool": pooling.max_pool,
    "AveragePool": pooling.average_pool,
    "GlobalAveragePool": pooling.whole("MEAN"),
    "GlobalMaxPool": pooling.whole("REDUCE_MAX"),
    "ReduceMean": reduction.reduction("MEAN"),
    "ReduceSum": reduction.reduction("SUM"),
    "ReduceMax": reduction.reduction("REDUCE_MAX"),
    "ReduceMin": reduction.reduction("REDUCE_MIN"),
    "ReduceSumSquare": reduction.sum_of_squares,
    "ReduceL2": reduction.norm,
    "ArgMax": reduction.index("ArgMax"),
    "ArgMin": reduction.index("ArgMin"),
    "Identity": shape.nothing,
    "Dropout": shape.nothing,
    "Cast": shape.cast,
    "CastLike": shape.cast,
    "Reshape": shape.reshape,
    "Flatten": shape.flatten,
    "Squeeze": shape.squeeze,
    "Unsqueeze": shape.unsqueeze,
    "Transpose": shape.transpose,
    "Concat": shape.concatenate,
    "Split": shape.split,
    "Slice": shape.cut,
    "Gather": shape.gather,
    "Pad": shape.pad,
    "Expand": shape.expand,
    "Tile": shape.tile,
    "DepthToSpace": shape.depth_to_space,
    "SpaceToDepth": shape.space_to_depth,
    "Shape": shape.shape_of,
    "Size": shape.shape_of,
    "Resize": resize.resize,
    "Upsample": resize.resize,
    **{kind: recurrent.layer(kind) for kind in ("RNN", "GRU", "LSTM")},
    **quantization.QUANTIZED,
}

#: By domain; the empty one is ONNX's own.
DOMAINS: Mapping[str, Mapping[str, Lowering]] = {
    "": LOWERINGS,
    "ai.onnx": LOWERINGS,
    "com.microsoft": {"Gelu": activation.gelu, **quantization.MICROSOFT},
}

#: Operators that compute on integers as on real numbers, so that their output has their input's grid.
MOVING = frozenset(
    {"Identity", "Dropout", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Split", "Slice"}
    | {"Gather", "Expand", "Tile", "DepthToSpace", "SpaceToDepth", "MaxPool"}
)

_CONTROL = "control flow is not served; export one path of the network by tracing it"
_DYNAMIC = "a scale that depends on the input is not served; quantize statically"
REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("If", "Loop", "Scan"), _CONTROL),
    **dict.fromkeys(("DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "DynamicQuantizeMatMul"), _DYNAMIC),
    "NonMaxSuppression": "leave it to the code around the network",
    "TopK": "leave it to the code around the network",
    "NonZero": "the shape of its result depends on the input; leave it to the code around the network",
    "LRN": "use batch normalization",
    "LpNormalization": "normalize outside the network",
}
