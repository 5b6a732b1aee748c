"""Whether the nodes of a graph have the form of their operators: so many operands, attributes of those kinds.

What the operands and attributes mean is checked by the operators themselves (``converter/ops``), which rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ModelError
from .ir import Graph, Node
from .ops import OPERATORS
from .tflite_schema import ENUMS, SCHEMA, Option

_KINDS: Mapping[str, tuple[type, ...]] = {"bool": (bool, int), "float": (float, int)}


def check_form(graph: Graph) -> Graph:
    """Return the graph if every node has the form of its operator; nodes of unknown operators are passed over.

    Raises:
        ModelError: names the node and what it has too many or too few of, or the attribute.
    """
    for node in graph.nodes:
        if node.op not in OPERATORS:
            continue
        operator = OPERATORS[node.op]
        _check_count(node, "inputs", len(node.inputs), operator.inputs)
        if None in node.inputs[: operator.inputs[0]]:
            raise ModelError(f"{node.name} ({node.op}): input {node.inputs.index(None)} is missing")
        _check_count(node, "outputs", len(node.outputs), operator.outputs)
        least, most = (len(SCHEMA[node.op].states),) * 2 if node.op in SCHEMA else operator.states
        if not least <= len(node.states) <= most:
            kept = str(least) if least == most else f"{least} to {most}"
            raise ModelError(f"{node.name} ({node.op}): {len(node.states)} states; it keeps {kept}")
        for option in SCHEMA[node.op].options if node.op in SCHEMA else ():
            if option.attr in node.attrs and not _is(option, node.attrs[option.attr]):
                raise ModelError(f"{node.name} ({node.op}): attribute '{option.attr}' is {node.attrs[option.attr]!r}")
    return graph


def _check_count(node: Node, what: str, count: int, taken: tuple[int, int]) -> None:
    least, most = taken
    if not least <= count <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise ModelError(f"{node.name} ({node.op}): {count} {what}; it takes {wanted}")


def _is(option: Option, value: Any) -> bool:
    """Whether a value is of an option's kind."""
    if option.kind == "vector":
        return isinstance(value, tuple) and all(_is_integer(item) for item in value)
    if option.kind in ENUMS:
        explicit = option.kind == "padding" and _is_margins(value)
        return explicit or any(value is meaning or value == meaning for meaning in ENUMS[option.kind].values())
    if len(option.fields) > 1:
        return isinstance(value, tuple) and len(value) == len(option.fields) and all(map(_is_integer, value))
    return _is_integer(value) if option.kind == "int" else isinstance(value, _KINDS[option.kind])


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _is_margins(value: Any) -> bool:
    """((top, bottom), (left, right))."""
    pairs = isinstance(value, tuple) and len(value) == 2 and all(isinstance(p, tuple) and len(p) == 2 for p in value)
    return pairs and all(_is_integer(size) for pair in value for size in pair)
