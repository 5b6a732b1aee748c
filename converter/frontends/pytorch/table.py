"""Every ATen operator that is served, by its name without overload, and why some that users meet are not."""

from __future__ import annotations

from . import (
    activation,
    arithmetic,
    capsule,
    convolution,
    matrix,
    normalization,
    pooling,
    recurrent,
    reduction,
    resize,
    shape,
)
from .call import Lowering

_CONVOLUTION: dict[str, Lowering] = {
    "conv1d": convolution.convolution,
    "conv2d": convolution.convolution,
    "convolution": convolution.convolution,
    "conv_transpose1d": convolution.transposed_convolution,
    "conv_transpose2d": convolution.transposed_convolution,
}

_MATRIX: dict[str, Lowering] = {
    "linear": matrix.linear,
    "addmm": matrix.addmm,
    "baddbmm": matrix.addmm,
    "mm": matrix.matmul,
    "bmm": matrix.matmul,
    "matmul": matrix.matmul,
    "scaled_dot_product_attention": matrix.attention,
}

_RECURRENT_LAYERS: dict[str, Lowering] = {
    "lstm": recurrent.layers("LSTM"),
    "gru": recurrent.layers("GRU"),
    "rnn_tanh": recurrent.layers("RNN"),
    "rnn_relu": recurrent.layers("RNN", relu=True),
    "lstm_cell": recurrent.cell("LSTM"),
    "gru_cell": recurrent.cell("GRU"),
    "rnn_tanh_cell": recurrent.cell("RNN"),
    "rnn_relu_cell": recurrent.cell("RNN", relu=True),
}

#: What stands for layers over packed sequences of several lengths.
_PACKED_LAYERS: dict[str, Lowering] = {
    "packed_lstm": recurrent.layers("LSTM"),
    "packed_gru": recurrent.layers("GRU"),
    "packed_rnn_tanh": recurrent.layers("RNN"),
    "packed_rnn_relu": recurrent.layers("RNN", relu=True),
}

_CAPSULES: dict[str, Lowering] = {
    "squash": capsule.squash,
    "capsule_routing": capsule.routing,
    "capsule_length": capsule.length,
}

_OWN: dict[str, Lowering] = {
    **_CAPSULES,
    **_PACKED_LAYERS,
    "mad_norm": normalization.mad_norm,
    "cached_attention": matrix.cached_attention,
}

#: The namespace of operators that are not PyTorch's own but those of :mod:`bitwright.nn`.
NAMESPACES: dict[str, str] = dict.fromkeys(_OWN, "bitwright")

_NORMALIZATION: dict[str, Lowering] = {
    "batch_norm": normalization.batch_norm_whole,
    "native_batch_norm": normalization.batch_norm,
    "_native_batch_norm_legit_functional": normalization.batch_norm,
    "_native_batch_norm_legit": normalization.batch_norm,
    "_native_batch_norm_legit_no_training": normalization.batch_norm,
    "instance_norm": normalization.instance_norm,
    "group_norm": normalization.group_norm,
    "native_group_norm": normalization.native_group_norm,
    "layer_norm": normalization.layer_norm,
    "native_layer_norm": normalization.native_layer_norm,
    "rms_norm": normalization.rms_norm,
}

_ACTIVATION: dict[str, Lowering] = {
    "relu": activation.unary("RELU"),
    "relu6": activation.relu6,
    "hardtanh": activation.hardtanh,
    "clamp": activation.clamp,
    "clamp_min": activation.clamp,
    "clamp_max": activation.clamp,
    "leaky_relu": activation.leaky_relu,
    "prelu": activation.prelu,
    "_prelu_kernel": activation.prelu,
    "sigmoid": activation.unary("LOGISTIC"),
    "tanh": activation.unary("TANH"),
    "hardsigmoid": activation.unary("HARD_SIGMOID"),
    "hardswish": activation.unary("HARD_SWISH"),
    "silu": activation.unary("SILU"),
    "gelu": activation.gelu,
    "elu": activation.elu,
    "celu": activation.elu,
    "selu": activation.elu,
    "softmax": activation.softmax,
    "_softmax": activation.softmax,
}

_ARITHMETIC: dict[str, Lowering] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "rsub": arithmetic.reverse_subtract,
    "mul": arithmetic.multiply,
    "div": arithmetic.divide,
    "maximum": arithmetic.extreme("MAXIMUM"),
    "minimum": arithmetic.extreme("MINIMUM"),
    "pow": arithmetic.power,
    "square": activation.unary("SQUARE"),
    "neg": activation.unary("NEG"),
    "abs": activation.unary("ABS"),
    "exp": activation.unary("EXP"),
    "sqrt": activation.unary("SQRT"),
    "rsqrt": activation.unary("RSQRT"),
}

_REDUCTION: dict[str, Lowering] = {
    "mean": reduction.reduction("MEAN"),
    "sum": reduction.reduction("SUM"),
    "amax": reduction.reduction("REDUCE_MAX"),
    "amin": reduction.reduction("REDUCE_MIN"),
    "max": reduction.extreme("REDUCE_MAX", reduction.argmax),
    "min": reduction.extreme("REDUCE_MIN", reduction.argmin),
    "argmax": reduction.argmax,
    "argmin": reduction.argmin,
    "var": reduction.variance,
    "std": reduction.variance,
}

_POOLING: dict[str, Lowering] = {
    "max_pool1d": pooling.max_pool,
    "max_pool2d": pooling.max_pool,
    "max_pool1d_with_indices": pooling.max_pool_with_indices,
    "max_pool2d_with_indices": pooling.max_pool_with_indices,
    "avg_pool1d": pooling.avg_pool,
    "avg_pool2d": pooling.avg_pool,
    "adaptive_avg_pool1d": pooling.adaptive_avg_pool,
    "adaptive_avg_pool2d": pooling.adaptive_avg_pool,
    "_adaptive_avg_pool2d": pooling.adaptive_avg_pool,
    "adaptive_max_pool1d": pooling.adaptive_max_pool,
    "adaptive_max_pool2d": pooling.adaptive_max_pool,
}

_RESIZE: dict[str, Lowering] = {
    "upsample_nearest1d": resize.nearest,
    "upsample_nearest2d": resize.nearest,
    "_upsample_nearest_exact1d": resize.nearest,
    "_upsample_nearest_exact2d": resize.nearest,
    "upsample_linear1d": resize.bilinear,
    "upsample_bilinear2d": resize.bilinear,
}

#: Operators that an inference does without.
NOTHING: dict[str, Lowering] = {
    "clone": shape.nothing,
    "contiguous": shape.nothing,
    "detach": shape.nothing,
    "alias": shape.nothing,
    "lift_fresh_copy": shape.nothing,
    "dropout": shape.nothing,
    "feature_dropout": shape.nothing,
    "alpha_dropout": shape.nothing,
    "native_dropout": shape.nothing_whole,
    "to": shape.converted,
    "_to_copy": shape.converted,
    "type_as": shape.converted,
}

_SHAPE: dict[str, Lowering] = {
    "full_like": shape.full_like,
    "view": shape.reshape,
    "_unsafe_view": shape.reshape,
    "reshape": shape.reshape,
    "view_as": shape.reshape,
    "flatten": shape.reshape,
    "unflatten": shape.reshape,
    "squeeze": shape.reshape,
    "unsqueeze": shape.reshape,
    "permute": shape.permute,
    "transpose": shape.permute,
    "t": shape.permute,
    "cat": shape.concatenate,
    "concat": shape.concatenate,
    "stack": shape.stack,
    "split": shape.split,
    "chunk": shape.split,
    "split_with_sizes": shape.split,
    "unbind": shape.unbind,
    "slice": shape.narrow,
    "select": shape.select,
    "index_select": shape.index_select,
    "embedding": shape.embedding,
    "index": shape.index,
    "flip": shape.flip,
    "roll": shape.roll,
    "expand": shape.expand,
    "expand_as": shape.expand,
    "repeat": shape.repeat,
    "tile": shape.repeat,
    "pad": shape.pad,
    "constant_pad_nd": shape.pad,
    "reflection_pad1d": shape.pad,
    "reflection_pad2d": shape.pad,
    "replication_pad1d": shape.pad,
    "replication_pad2d": shape.pad,
    "channel_shuffle": shape.channel_shuffle,
    "native_channel_shuffle": shape.channel_shuffle,
    "pixel_shuffle": shape.pixel_shuffle,
    "pixel_unshuffle": shape.pixel_unshuffle,
}

LOWERINGS: dict[str, Lowering] = {
    **_CONVOLUTION, **_MATRIX, **_RECURRENT_LAYERS, **_NORMALIZATION, **_ACTIVATION, **_ARITHMETIC, **_REDUCTION,
    **_POOLING, **_RESIZE, **_OWN, **NOTHING, **_SHAPE,
}  # fmt: skip

#: Operators that broadcast, and those that broadcast by themselves, before which the others need not.
EXPANDING = frozenset({"expand", "expand_as"})
BROADCASTING = frozenset({"add", "sub", "rsub", "mul", "div", "maximum", "minimum"})

_THREE = "operators over three dimensions are not served; use those over one or two"
_CHOICE = "values chosen at run time are not served; express it by clamp, maximum or a product"
_OUTSIDE = "it is not served; leave it to the code that calls the network"

#: Why an operator is not served and what to do instead.
REFUSED: dict[str, str] = {
    "mish": "it is not served; train with SiLU or Hardswish",
    "softplus": "it is not served; train with ReLU or SiLU",
    "log_sigmoid": "it is not served; drop it where only the order of scores matters, or serve sigmoid",
    "log_softmax": "it is not served; drop it (the largest score stays the largest), or serve softmax",
    "_log_softmax": "it is not served; drop it (the largest score stays the largest), or serve softmax",
    "hardshrink": "it is not served; train with ReLU",
    "rrelu": "it is not served; train with LeakyReLU",
    "conv3d": _THREE,
    "conv_transpose3d": _THREE,
    "max_pool3d": _THREE,
    "avg_pool3d": _THREE,
    "adaptive_avg_pool3d": _THREE,
    "upsample_bicubic2d": "it is not served; use nearest or bilinear",
    "_upsample_bilinear2d_aa": "antialiasing is not served; use bilinear without it",
    "grid_sampler": _OUTSIDE,
    "topk": _OUTSIDE,
    "sort": _OUTSIDE,
    "nonzero": _OUTSIDE,
    "cumsum": _OUTSIDE,
    "where": _CHOICE,
    "masked_fill": _CHOICE,
    "gather": "indices of run time are not served; use constant ones",
    "reciprocal": "division by a value of run time is not served; normalize outside the network, or multiply by rsqrt",
    "linalg_vector_norm": "it is not served; normalize outside the network, or multiply by rsqrt of the squares' sum",
    "log": _OUTSIDE,
    "bernoulli": "it is random; export the module in eval mode (module.eval())",
}
