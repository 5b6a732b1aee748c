"""The operator registry: one explicit table from operator name to its definition."""

from __future__ import annotations

from .conv import CONV_2D
from .depthwise_conv import DEPTHWISE_CONV_2D
from .fully_connected import FULLY_CONNECTED
from .operator import Operator

_ALL: tuple[Operator, ...] = (
    CONV_2D,
    DEPTHWISE_CONV_2D,
    FULLY_CONNECTED,
)

OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _ALL}
