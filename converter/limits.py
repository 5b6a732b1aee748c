"""What a network may ask of the converter; a larger one is refused before anything is allocated for it.

No network for a microcontroller comes near these limits. They bound the time and the memory that a damaged or hostile
file can cost.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import ModelError
from .ir import Graph, Node, Tensor

MOST_FILE_BYTES = 32 * 2**20
MOST_OPERATORS = 4096
MOST_OPERANDS = 512  # inputs, and outputs, of one operator
MOST_TENSORS = 16384
MOST_DIMENSIONS = 8
MOST_ELEMENTS = 2**23  # of one activation
MOST_ACTIVATIONS = 2**25  # elements of all activations together
MOST_CONSTANTS = 2 * MOST_FILE_BYTES  # bytes of all constants together; several tensors may name one buffer
MOST_PORTS = 255  # inputs, and outputs: the link numbers them in one byte
MOST_PRODUCTS = 2**33  # products of a weight, or a tap of a window, with an activation


def check_size(graph: Graph) -> Graph:
    """Return the graph if it is within the limits.

    Raises:
        ModelError: names what is too large, by how much, and the limit.
    """
    _check_count("operators", len(graph.nodes), MOST_OPERATORS)
    for node in graph.nodes:
        operands = max(len(node.inputs), len(node.outputs))
        if operands > MOST_OPERANDS:
            raise ModelError(f"{node.name} ({node.op}): {operands} operands; up to {MOST_OPERANDS} are served")
    for what, names in (("inputs", graph.inputs), ("outputs", graph.outputs)):
        _check_count(what, len(names), MOST_PORTS)
    activations = [tensor for tensor in graph.tensors.values() if not tensor.is_constant]
    for tensor in activations:
        if tensor.elements > MOST_ELEMENTS:
            raise ModelError(
                f"tensor '{tensor.name}': shape {list(tensor.shape)} has {tensor.elements} elements; "
                f"up to {MOST_ELEMENTS} are served"
            )
    _check_count("activation elements", sum(t.elements for t in activations), MOST_ACTIVATIONS)
    _check_count("bytes of constants", sum(t.bytes for t in _constants(graph)), MOST_CONSTANTS)
    return graph


def check_elements(node: Node, elements: int) -> None:
    """Raise ModelError when a node would write a tensor of more elements than are served."""
    if elements > MOST_ELEMENTS:
        raise ModelError(f"{node.name} ({node.op}): an output of {elements} elements; up to {MOST_ELEMENTS} are served")


def check_products(node: Node, products: int) -> None:
    """Raise ModelError when one inference of a node takes more products than are served."""
    if products > MOST_PRODUCTS:
        raise ModelError(
            f"{node.name} ({node.op}): {products} products per inference; up to {MOST_PRODUCTS} are served"
        )


def _check_count(what: str, count: int, most: int) -> None:
    if count > most:
        raise ModelError(f"the network has {count} {what}; up to {most} are served")


def _constants(graph: Graph) -> Iterable[Tensor]:
    return (tensor for tensor in graph.tensors.values() if tensor.is_constant)
