"""Recognizes functions that exporters take apart: GELU by the error function, before opset 20."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...ir import Array

GELU = "Gelu"

#: The value of a constant by name, None for anything else.
Known = Callable[[str], "Array | None"]


@dataclass(frozen=True)
class Gelus:
    """``parts``: ids of nodes that belong to a GELU but for its last; ``last``: id of that one -> GELU's input."""

    parts: frozenset[int]
    last: Mapping[int, str]

    def source(self, node: Any) -> str | None:
        """The input of the GELU that ends in this node; None where none does."""
        return self.last.get(id(node))


def find_gelus(nodes: Sequence[Any], known: Known) -> Gelus:
    """``x * 0.5 * (1 + erf(x / sqrt(2)))``, with its factors in any order.

    Only where nothing else reads the values between.
    """
    constants = _Constants(nodes, known)
    writers = {name: node for node in nodes for name in node.output}
    readers: dict[str, list[Any]] = {}
    for node in nodes:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    parts: set[int] = set()
    last: dict[int, str] = {}
    for erf in nodes:
        found = _gelu(erf, constants, writers, readers) if erf.op_type == "Erf" else None
        if found is not None:
            source, inner, end = found
            parts |= {id(node) for node in inner}
            last[id(end)] = source
    return Gelus(frozenset(parts), last)


class _Constants:
    """Scalars that are known from initializers and Constant nodes."""

    def __init__(self, nodes: Sequence[Any], known: Known) -> None:
        self._known = known
        self._nodes = {n.output[0]: n for n in nodes if n.op_type == "Constant" and len(n.output) == 1}

    def scalar(self, name: str) -> float | None:
        value = self._known(name)
        if value is None and name in self._nodes:
            from onnx import numpy_helper

            for attribute in self._nodes[name].attribute:
                if attribute.name == "value" and attribute.HasField("t"):
                    value = numpy_helper.to_array(attribute.t)
                elif attribute.name == "value_float":
                    value = np.asarray(attribute.f)
        return float(np.ravel(value)[0]) if value is not None and np.size(value) == 1 else None


def _gelu(erf: Any, constants: _Constants, writers: Mapping[str, Any], readers: Mapping[str, list[Any]]) -> Any:
    """(input, nodes between, last node) of the GELU around an Erf, or None."""

    def only_reader(node: Any) -> Any:
        found = readers.get(node.output[0], [])
        return found[0] if len(found) == 1 else None

    def other(node: Any, name: str) -> str | None:
        rest = [n for n in node.input if n != name]
        return rest[0] if len(rest) == 1 and len(node.input) == 2 else None

    def is_number(name: str | None, wanted: float) -> bool:
        value = None if name is None else constants.scalar(name)
        return value is not None and math.isclose(value, wanted, rel_tol=1e-4)

    scaled = writers.get(erf.input[0])
    if scaled is None or len(readers.get(scaled.output[0], [])) != 1 or len(scaled.input) != 2:
        return None
    source = scaled.input[0]
    by_division = scaled.op_type == "Div" and is_number(scaled.input[1], math.sqrt(2))
    if not by_division:
        if scaled.op_type != "Mul":
            return None
        source = next((n for n in scaled.input if constants.scalar(n) is None), "")
        if not source or not is_number(other(scaled, source), math.sqrt(0.5)):
            return None
    raised = only_reader(erf)
    if raised is None or raised.op_type != "Add" or not is_number(other(raised, erf.output[0]), 1.0):
        return None
    inner = [scaled, erf, raised]
    product = only_reader(raised)
    value, halved, multiplied = raised.output[0], False, False
    for _ in range(2):
        if product is None or product.op_type != "Mul":
            return None
        factor = other(product, value) or ""
        if is_number(factor, 0.5) and not halved:
            halved = True
        elif factor == source and not multiplied:
            multiplied = True
        elif not halved and not multiplied and factor in writers and _is_half(writers[factor], source, constants):
            if len(readers.get(factor, [])) == 1:
                inner.append(writers[factor])
                halved = multiplied = True
        else:
            return None
        if halved and multiplied:
            return source, inner, product
        inner.append(product)
        value, product = product.output[0], only_reader(product)
    return None


def _is_half(node: Any, source: str, constants: _Constants) -> bool:
    """Whether a node computes ``0.5 * source``."""
    values = [constants.scalar(name) for name in node.input if name != source]
    return node.op_type == "Mul" and source in node.input and values == [0.5]
