"""Which options each TFLite operator carries: one table that the reader and the writer share.

Names follow the TFLite schema; the generated accessors come from the ``tflite`` package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import tflite

from .ir import DType

DTYPES: Mapping[int, DType] = {
    tflite.TensorType.INT8: DType.INT8,
    tflite.TensorType.UINT8: DType.UINT8,
    tflite.TensorType.INT16: DType.INT16,
    tflite.TensorType.INT32: DType.INT32,
    tflite.TensorType.INT64: DType.INT64,
    tflite.TensorType.FLOAT32: DType.FLOAT32,
    tflite.TensorType.BOOL: DType.BOOL,
}
PADDINGS: Mapping[int, str] = {tflite.Padding.SAME: "SAME", tflite.Padding.VALID: "VALID"}
ACTIVATIONS: Mapping[int, str] = {
    tflite.ActivationFunctionType.NONE: "NONE",
    tflite.ActivationFunctionType.RELU: "RELU",
    tflite.ActivationFunctionType.RELU_N1_TO_1: "RELU_N1_TO_1",
    tflite.ActivationFunctionType.RELU6: "RELU6",
    tflite.ActivationFunctionType.TANH: "TANH",
    tflite.ActivationFunctionType.SIGN_BIT: "SIGN_BIT",
}
MIRRORS: Mapping[int, str] = {
    tflite.MirrorPadMode.REFLECT: "REFLECT",
    tflite.MirrorPadMode.SYMMETRIC: "SYMMETRIC",
}
ENUMS: Mapping[str, Mapping[int, object]] = {
    "padding": PADDINGS,
    "activation": ACTIVATIONS,
    "mirror": MIRRORS,
    "dtype": DTYPES,
}


@dataclass(frozen=True)
class Option:
    """One attribute: its schema fields (several make a tuple) and its kind: int, bool, float, vector or an enum."""

    attr: str
    fields: tuple[str, ...]
    kind: str = "int"


@dataclass(frozen=True)
class OperatorSchema:
    """How a file holds an operator.

    Attributes:
        table: of its options; None where it has none.
        version: that its int8/int16 forms need.
        states: places among its inputs of variable tensors, which the operator reads and writes anew.
        intermediates: how many tensors it lists whose scales and zero points it needs, and nothing else of them.
    """

    table: str | None
    options: tuple[Option, ...] = ()
    version: int = 2
    states: tuple[int, ...] = ()
    intermediates: int = 0


_ACTIVATION = Option("activation", ("FusedActivationFunction",), "activation")
_PADDING = Option("padding", ("Padding",), "padding")
_STRIDE = Option("stride", ("StrideH", "StrideW"))
_DILATION = Option("dilation", ("DilationHFactor", "DilationWFactor"))
_POOL = OperatorSchema(
    "Pool2DOptions", (_PADDING, _STRIDE, Option("filter", ("FilterHeight", "FilterWidth")), _ACTIVATION), 3
)
_REDUCE = OperatorSchema("ReducerOptions", (Option("keep_dims", ("KeepDims",), "bool"),))
_RESIZE = (
    Option("align_corners", ("AlignCorners",), "bool"),
    Option("half_pixel_centers", ("HalfPixelCenters",), "bool"),
)
_PLAIN = OperatorSchema(None)

SCHEMA: Mapping[str, OperatorSchema] = {
    "CONV_2D": OperatorSchema("Conv2DOptions", (_PADDING, _STRIDE, _DILATION, _ACTIVATION), 3),
    "DEPTHWISE_CONV_2D": OperatorSchema(
        "DepthwiseConv2DOptions",
        (_PADDING, _STRIDE, _DILATION, Option("depth_multiplier", ("DepthMultiplier",)), _ACTIVATION),
        3,
    ),
    "FULLY_CONNECTED": OperatorSchema(
        "FullyConnectedOptions", (_ACTIVATION, Option("keep_num_dims", ("KeepNumDims",), "bool")), 4
    ),
    "TRANSPOSE_CONV": OperatorSchema("TransposeConvOptions", (_PADDING, _STRIDE, _ACTIVATION), 3),
    "BATCH_MATMUL": OperatorSchema(
        "BatchMatMulOptions", (Option("adj_x", ("AdjX",), "bool"), Option("adj_y", ("AdjY",), "bool"))
    ),
    "AVERAGE_POOL_2D": _POOL,
    "MAX_POOL_2D": _POOL,
    "MEAN": _REDUCE,
    "SUM": _REDUCE,
    "REDUCE_MAX": _REDUCE,
    "REDUCE_MIN": _REDUCE,
    "ADD": OperatorSchema("AddOptions", (_ACTIVATION, Option("pot_scale_int16", ("PotScaleInt16",), "bool"))),
    "SUB": OperatorSchema("SubOptions", (_ACTIVATION, Option("pot_scale_int16", ("PotScaleInt16",), "bool"))),
    "MUL": OperatorSchema("MulOptions", (_ACTIVATION,)),
    "MAXIMUM": OperatorSchema("MaximumMinimumOptions"),
    "MINIMUM": OperatorSchema("MaximumMinimumOptions"),
    "SQUARED_DIFFERENCE": OperatorSchema("SquaredDifferenceOptions"),
    "SOFTMAX": OperatorSchema("SoftmaxOptions", (Option("beta", ("Beta",), "float"),)),
    "LEAKY_RELU": OperatorSchema("LeakyReluOptions", (Option("alpha", ("Alpha",), "float"),)),
    "LOGISTIC": _PLAIN,
    "TANH": _PLAIN,
    "HARD_SWISH": OperatorSchema("HardSwishOptions", version=1),
    "RELU": _PLAIN,
    "RELU6": _PLAIN,
    "RELU_N1_TO_1": OperatorSchema(None, version=1),
    "RELU_0_TO_1": OperatorSchema(None, version=1),
    "PRELU": OperatorSchema(None, version=1),
    "GELU": OperatorSchema("GeluOptions", (Option("approximate", ("Approximate",), "bool"),), 2),
    "ELU": OperatorSchema(None, version=1),
    "EXP": OperatorSchema("ExpOptions"),
    "ABS": OperatorSchema("AbsOptions"),
    "NEG": OperatorSchema("NegOptions"),
    "RSQRT": OperatorSchema(None),
    "QUANTIZE": OperatorSchema("QuantizeOptions", version=2),
    "DEQUANTIZE": OperatorSchema("DequantizeOptions", version=2),
    "PAD": OperatorSchema("PadOptions"),
    "PADV2": OperatorSchema("PadV2Options"),
    "MIRROR_PAD": OperatorSchema("MirrorPadOptions", (Option("mode", ("Mode",), "mirror"),)),
    "SVDF": OperatorSchema(
        "SVDFOptions",
        (Option("rank", ("Rank",)), _ACTIVATION),
        3,
        states=(4,),
    ),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": OperatorSchema(
        "UnidirectionalSequenceLSTMOptions",
        (
            _ACTIVATION,
            Option("cell_clip", ("CellClip",), "float"),
            Option("proj_clip", ("ProjClip",), "float"),
            Option("time_major", ("TimeMajor",), "bool"),
            Option("diagonal_recurrent_tensors", ("DiagonalRecurrentTensors",), "bool"),
        ),
        3,
        states=(18, 19),
        intermediates=5,
    ),
    "RESHAPE": OperatorSchema("ReshapeOptions", (Option("new_shape", ("NewShape",), "vector"),), 1),
    "SQUEEZE": OperatorSchema("SqueezeOptions", (Option("squeeze_dims", ("SqueezeDims",), "vector"),), 1),
    "EXPAND_DIMS": OperatorSchema("ExpandDimsOptions", version=1),
    "TRANSPOSE": OperatorSchema("TransposeOptions"),
    "CONCATENATION": OperatorSchema("ConcatenationOptions", (Option("axis", ("Axis",)), _ACTIVATION)),
    "SPLIT": OperatorSchema("SplitOptions", (Option("num_splits", ("NumSplits",)),)),
    "SPLIT_V": OperatorSchema("SplitVOptions", (Option("num_splits", ("NumSplits",)),)),
    "SLICE": OperatorSchema("SliceOptions"),
    "STRIDED_SLICE": OperatorSchema(
        "StridedSliceOptions",
        (
            Option("begin_mask", ("BeginMask",)),
            Option("end_mask", ("EndMask",)),
            Option("ellipsis_mask", ("EllipsisMask",)),
            Option("new_axis_mask", ("NewAxisMask",)),
            Option("shrink_axis_mask", ("ShrinkAxisMask",)),
            Option("offset", ("Offset",), "bool"),
        ),
    ),
    "PACK": OperatorSchema("PackOptions", (Option("axis", ("Axis",)), Option("values_count", ("ValuesCount",)))),
    "UNPACK": OperatorSchema("UnpackOptions", (Option("axis", ("Axis",)), Option("num", ("Num",)))),
    "GATHER": OperatorSchema("GatherOptions", (Option("axis", ("Axis",)), Option("batch_dims", ("BatchDims",)))),
    "TILE": OperatorSchema("TileOptions"),
    "RESIZE_BILINEAR": OperatorSchema("ResizeBilinearOptions", _RESIZE, 3),
    "RESIZE_NEAREST_NEIGHBOR": OperatorSchema("ResizeNearestNeighborOptions", _RESIZE, 3),
    "ARG_MAX": OperatorSchema("ArgMaxOptions", (Option("output_type", ("OutputType",), "dtype"),)),
    "SHAPE": OperatorSchema("ShapeOptions", (Option("out_type", ("OutType",), "dtype"),), 1),
    "VAR_HANDLE": OperatorSchema("VarHandleOptions", version=1),
    "READ_VARIABLE": OperatorSchema("ReadVariableOptions", version=1),
    "ASSIGN_VARIABLE": OperatorSchema("AssignVariableOptions", version=1),
    "CALL_ONCE": OperatorSchema("CallOnceOptions", version=1),
}

OPERATOR_CODES: Mapping[int, str] = {
    code: name
    for name, code in vars(tflite.BuiltinOperator).items()
    if isinstance(code, int) and not name.startswith("_")
}
OPERATOR_NUMBERS: Mapping[str, int] = {name: code for code, name in OPERATOR_CODES.items()}
