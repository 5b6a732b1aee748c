"""The kernels of one instruction set as data: what each is called and how it serves a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...converter.ir import Graph, Node
from .call import KernelCall

#: (graph, node, prepared parameters) -> the call, or None where the kernel does not serve such a node.
Lowering = Callable[[Graph, Node, Any], KernelCall | None]


@dataclass(frozen=True)
class Kernel:
    """One way to serve an operator.

    Attributes:
        name: unique among the kernels of an operator on one instruction set; users and reports choose by it.
        lower: gives the call, or None.
    """

    name: str
    lower: Lowering


#: Operator name -> its kernels, the preferred ones first.
KernelTable = Mapping[str, tuple[Kernel, ...]]
