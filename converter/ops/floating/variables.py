"""READ_VARIABLE and ASSIGN_VARIABLE in float: values that are kept from one inference to the next."""

from __future__ import annotations

from dataclasses import replace

from ...ir import FLOAT_PREFIX
from ..operator import Operator
from ..variable import ASSIGN_VARIABLE, READ_VARIABLE

FLOAT_VARIABLES: tuple[Operator, ...] = tuple(
    replace(operator, name=FLOAT_PREFIX + operator.name, types="float32, float16")
    for operator in (READ_VARIABLE, ASSIGN_VARIABLE)
)
