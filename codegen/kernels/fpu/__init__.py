"""Layers in float, for cores with a floating-point unit: the last folder of a chain that has it."""

from __future__ import annotations

from ....converter.ops.floating.attention import FLOAT_ATTENTION
from ....converter.ops.floating.batch_matmul import FLOAT_BATCH_MATMUL
from ....converter.ops.floating.binary import FLOAT_BINARY
from ....converter.ops.floating.bridges import BRIDGES
from ....converter.ops.floating.cached_attention import FLOAT_CACHED_ATTENTION
from ....converter.ops.floating.embedding import FLOAT_EMBEDDING
from ....converter.ops.floating.fully_connected import FLOAT_FULLY_CONNECTED
from ....converter.ops.floating.functions import FLOAT_FUNCTIONS
from ....converter.ops.floating.moves import FLOAT_MOVES
from ....converter.ops.floating.recurrent import FLOAT_RECURRENT
from ....converter.ops.floating.rows import FLOAT_NORMALIZATIONS, FLOAT_SOFTMAX
from ....converter.ops.floating.sliding import FLOAT_CONV, FLOAT_DEPTHWISE, FLOAT_MEAN, FLOAT_POOLS
from ....converter.ops.floating.variables import FLOAT_VARIABLES
from ..generic import shape_ops
from ..kernel import Kernel, KernelTable, Lowering
from . import (
    attention,
    batch_matmul,
    binary,
    bridges,
    embedding,
    fully_connected,
    functions,
    moves,
    recurrent,
    rows,
    sliding,
)

_LOWERINGS: dict[str, Lowering] = {
    **{operator.name: lower for operator, lower in zip(BRIDGES, (bridges.lower_in, bridges.lower_out), strict=True)},
    FLOAT_ATTENTION.name: attention.lower,
    FLOAT_CACHED_ATTENTION.name: attention.lower_cached,
    FLOAT_BATCH_MATMUL.name: batch_matmul.lower,
    FLOAT_EMBEDDING.name: embedding.lower,
    FLOAT_CONV.name: sliding.lower_conv,
    FLOAT_DEPTHWISE.name: sliding.lower_depthwise,
    **{operator.name: sliding.lower_pool for operator in FLOAT_POOLS},
    FLOAT_MEAN.name: sliding.lower_mean,
    FLOAT_FULLY_CONNECTED.name: fully_connected.lower,
    **{operator.name: binary.lower for operator in FLOAT_BINARY},
    FLOAT_SOFTMAX.name: rows.lower_softmax,
    **{operator.name: rows.lower_normalization for operator in FLOAT_NORMALIZATIONS},
    **{operator.name: functions.lower for operator in FLOAT_FUNCTIONS},
    **{operator.name: recurrent.lower for operator in FLOAT_RECURRENT},
    **{operator.name: moves.lower for operator in FLOAT_MOVES},
    **{operator.name: shape_ops.lower_copy for operator in FLOAT_VARIABLES},
}

KERNELS: KernelTable = {op: (Kernel("fpu", lower),) for op, lower in _LOWERINGS.items()}
