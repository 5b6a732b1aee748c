"""The operator registry: one explicit table from operator name to its definition."""

from __future__ import annotations

from .fully_connected import FULLY_CONNECTED
from .operator import Operator

_ALL: tuple[Operator, ...] = (FULLY_CONNECTED,)

OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _ALL}
