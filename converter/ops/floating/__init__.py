"""Operators of layers that the user switches to float; docs/float-layers.md says what they compute."""

from __future__ import annotations

from ..operator import Operator
from .attention import FLOAT_ATTENTION
from .batch_matmul import FLOAT_BATCH_MATMUL
from .binary import FLOAT_BINARY
from .bridges import BRIDGES
from .cached_attention import FLOAT_CACHED_ATTENTION
from .embedding import FLOAT_EMBEDDING
from .fully_connected import FLOAT_FULLY_CONNECTED
from .functions import FLOAT_FUNCTIONS
from .moves import FLOAT_MOVES
from .recurrent import FLOAT_RECURRENT
from .rows import FLOAT_NORMALIZATIONS, FLOAT_SOFTMAX
from .sliding import FLOAT_CONV, FLOAT_DEPTHWISE, FLOAT_MEAN, FLOAT_POOLS
from .variables import FLOAT_VARIABLES

FLOAT_OPERATORS: tuple[Operator, ...] = (
    *BRIDGES,
    FLOAT_FULLY_CONNECTED,
    *FLOAT_BINARY,
    *FLOAT_FUNCTIONS,
    FLOAT_SOFTMAX,
    *FLOAT_NORMALIZATIONS,
    *FLOAT_RECURRENT,
    FLOAT_ATTENTION,
    FLOAT_CACHED_ATTENTION,
    FLOAT_BATCH_MATMUL,
    FLOAT_EMBEDDING,
    FLOAT_CONV,
    FLOAT_DEPTHWISE,
    *FLOAT_POOLS,
    FLOAT_MEAN,
    *FLOAT_MOVES,
    *FLOAT_VARIABLES,
)
