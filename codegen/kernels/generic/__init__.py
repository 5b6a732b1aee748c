"""Portable C99: a kernel for every operator, the last resort of every instruction set."""

from __future__ import annotations

from ....converter.ops.activation import UNARY_OPERATORS
from ....converter.ops.elementwise import BINARY_OPERATORS
from ....converter.ops.recurrent_operators import RECURRENT_OPERATORS
from ....converter.ops.shape_ops import SHAPE_OPERATORS
from ..kernel import Kernel, KernelTable, Lowering
from . import (
    activation,
    attention,
    batch_matmul,
    cached_attention,
    capsule,
    conv,
    depthwise_conv,
    elementwise,
    embedding,
    fully_connected,
    lstm,
    micro,
    normalization,
    pooling,
    products,
    recurrent,
    reduce,
    resize,
    shape_ops,
    signal,
    svdf,
    token_wise,
    transpose_conv,
    wide,
    window_statistics,
    words,
)

_LOWERINGS: dict[str, Lowering] = {
    "CONV_2D": conv.lower,
    "DEPTHWISE_CONV_2D": depthwise_conv.lower,
    "TRANSPOSE_CONV": transpose_conv.lower,
    "CACHED_ATTENTION": cached_attention.lower,
    "EMBEDDING": embedding.lower,
    "RESCALE_UINT8": activation.lower,
    "RESIZE_BILINEAR": resize.lower,
    "AVERAGE_POOL_2D": pooling.lower,
    "MAX_POOL_2D": pooling.lower,
    "MEAN": reduce.lower,
    "SUM": reduce.lower,
    "REDUCE_MAX": reduce.lower,
    "REDUCE_MIN": reduce.lower,
    "ARG_MAX": reduce.lower_argmax,
    "SOFTMAX": activation.lower_softmax,
    "AUDIO_SPECTRUM": signal.lower_spectrum,
    "AUDIO_PEAK": signal.lower_peak,
    "AUDIO_LOG_MEL": signal.lower_log_mel,
    "AUDIO_DCT": signal.lower_dct,
    "AUDIO_FEATURES": signal.lower_features,
    "SVDF": svdf.lower,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstm.lower,
    "MICRO_SPECTRUM": micro.lower_spectrum,
    "MICRO_FILTERS": micro.lower_filters,
    "MICRO_NOISE": micro.lower_noise,
    "MICRO_GAIN": micro.lower_gain,
    "MICRO_LOG": micro.lower_log,
    "READ_VARIABLE": shape_ops.lower_copy,
    "ASSIGN_VARIABLE": shape_ops.lower_copy,
    "QUANTIZE_TOKENS": token_wise.lower_tokens,
    "FULLY_CONNECTED_TOKENS": token_wise.lower,
    "SQUASH": capsule.lower_squash,
    "CAPSULE_LENGTH": capsule.lower_length,
    "WINDOW_STATISTICS": window_statistics.lower,
    **{operator.name: elementwise.lower for operator in BINARY_OPERATORS},
    **{operator.name: activation.lower for operator in UNARY_OPERATORS},
    **{operator.name: recurrent.lower for operator in RECURRENT_OPERATORS},
    **{operator.name: shape_ops.lower for operator in SHAPE_OPERATORS},
}

KERNELS: KernelTable = {
    **{op: (Kernel("generic", lower),) for op, lower in _LOWERINGS.items()},
    **{
        operator.name: (Kernel("words", words.lower_rescale), Kernel("generic", activation.lower))
        for operator in UNARY_OPERATORS
    },
    **{
        op: (Kernel("words", normalization.lower_words), Kernel("generic", normalization.lower))
        for op in ("LAYER_NORM", "RMS_NORM")
    },
    "MAD_NORM": (Kernel("words", normalization.lower_mad_words), Kernel("generic", normalization.lower_mad)),
    "ATTENTION": (Kernel("generic", attention.lower), Kernel("threes", attention.lower_threes)),
    "FULLY_CONNECTED": (
        Kernel("rows", wide.lower_fully_connected_s16_rows),
        Kernel("16x8_tile", wide.lower_fully_connected_s16_tile),
        Kernel("generic", fully_connected.lower),
    ),
    **{op: (Kernel("words", words.lower_sum), Kernel("generic", elementwise.lower)) for op in ("ADD", "SUB")},
    "MUL": (
        Kernel("words", words.lower_product),
        Kernel("bytes", products.lower),
        Kernel("generic", elementwise.lower),
    ),
    "BATCH_MATMUL": (Kernel("rows", batch_matmul.lower_rows), Kernel("generic", batch_matmul.lower)),
    "CAPSULE_ROUTING": (
        Kernel("recomputed", capsule.routing(kept=False)),
        Kernel("kept", capsule.routing(kept=True)),
    ),
}
