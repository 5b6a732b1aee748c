"""The registry of methods: one explicit table from a recipe's name to a function from graph to graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...ir import Graph
from ..calibration import Calibration

#: ``method(graph, calibration, **options) -> graph``; a float graph before grids are chosen, an annotated one after.
MethodFunction = Callable[..., Graph]


@dataclass(frozen=True)
class Method:
    """One way to keep accuracy.

    Attributes:
        function: what it does.
        annotated: whether it works on the annotated graph (after grids are chosen) or on the float graph (before).
        summary: one line for people; source: the publication that defines it.
    """

    function: MethodFunction
    annotated: bool
    summary: str
    source: str


METHODS: dict[str, Method] = {}

__all__ = ["METHODS", "Calibration", "Method", "MethodFunction"]
