"""The operator registry: one explicit table from operator name to its definition."""

from __future__ import annotations

from .activation import UNARY_OPERATORS
from .attention import ATTENTION
from .batch_matmul import BATCH_MATMUL
from .batchnorm import BATCH_NORM
from .cached_attention import CACHED_ATTENTION
from .capsule import CAPSULE_OPERATORS
from .conv import CONV_2D
from .depthwise_conv import DEPTHWISE_CONV_2D
from .elementwise import BINARY_OPERATORS
from .embedding import EMBEDDING
from .floating import FLOAT_OPERATORS
from .fully_connected import FULLY_CONNECTED
from .lstm import UNIDIRECTIONAL_SEQUENCE_LSTM
from .mad_norm import MAD_NORM
from .normalization import LAYER_NORM, RMS_NORM
from .operator import Operator
from .pooling import AVERAGE_POOL_2D, MAX_POOL_2D
from .recurrent_operators import RECURRENT_OPERATORS
from .reduce import ARG_MAX, MEAN, REDUCE_MAX, REDUCE_MIN, SUM
from .rescale import RESCALE_UINT8
from .resize import RESIZE_BILINEAR
from .shape_ops import SHAPE_OPERATORS
from .signal import SIGNAL_OPERATORS
from .softmax import SOFTMAX
from .split import FULLY_CONNECTED_SPLIT
from .svdf import SVDF
from .token_wise import TOKEN_OPERATORS
from .transpose_conv import TRANSPOSE_CONV
from .variable import ASSIGN_VARIABLE, READ_VARIABLE
from .window_statistics import WINDOW_STATISTICS

_ALL: tuple[Operator, ...] = (
    CONV_2D,
    DEPTHWISE_CONV_2D,
    FULLY_CONNECTED,
    FULLY_CONNECTED_SPLIT,
    TRANSPOSE_CONV,
    BATCH_MATMUL,
    ATTENTION,
    CACHED_ATTENTION,
    EMBEDDING,
    BATCH_NORM,
    RESCALE_UINT8,
    RESIZE_BILINEAR,
    AVERAGE_POOL_2D,
    MAX_POOL_2D,
    MEAN,
    SUM,
    REDUCE_MAX,
    REDUCE_MIN,
    ARG_MAX,
    SOFTMAX,
    LAYER_NORM,
    MAD_NORM,
    RMS_NORM,
    SVDF,
    UNIDIRECTIONAL_SEQUENCE_LSTM,
    READ_VARIABLE,
    ASSIGN_VARIABLE,
    WINDOW_STATISTICS,
    *BINARY_OPERATORS,
    *UNARY_OPERATORS,
    *SHAPE_OPERATORS,
    *SIGNAL_OPERATORS,
    *RECURRENT_OPERATORS,
    *TOKEN_OPERATORS,
    *CAPSULE_OPERATORS,
    *FLOAT_OPERATORS,
)

OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _ALL}
