"""The lowering registry: one explicit table from operator name to the kernel call that serves it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...converter.ir import Graph, Node
from .call import KernelCall

Lowering = Callable[[Graph, Node, Any, str], KernelCall]

LOWERINGS: dict[str, Lowering] = {}
