"""Operators of layers that the user switches to float; docs/float-layers.md says what they compute."""

from __future__ import annotations

from ..operator import Operator
from .binary import FLOAT_BINARY
from .bridges import BRIDGES
from .fully_connected import FLOAT_FULLY_CONNECTED
from .functions import FLOAT_FUNCTIONS
from .moves import FLOAT_MOVES
from .recurrent import FLOAT_RECURRENT
from .rows import FLOAT_NORMALIZATIONS, FLOAT_SOFTMAX
from .variables import FLOAT_VARIABLES

FLOAT_OPERATORS: tuple[Operator, ...] = (
    *BRIDGES,
    FLOAT_FULLY_CONNECTED,
    *FLOAT_BINARY,
    *FLOAT_FUNCTIONS,
    FLOAT_SOFTMAX,
    *FLOAT_NORMALIZATIONS,
    *FLOAT_RECURRENT,
    *FLOAT_MOVES,
    *FLOAT_VARIABLES,
)
