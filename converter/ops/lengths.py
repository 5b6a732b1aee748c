"""Sequences of several lengths in one batch, as recurrent layers take them: an int32 operand [batch].

A sequence's steps beyond its length give zeros and leave the state as it is, in either direction, so that the last
state is that of its last step and reversed layers begin there. Lengths beyond 0 and the steps count as the nearer one.
A sequence without steps has a last state of zeros whatever it starts from, as ONNX Runtime has it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from ..ir import Array, DType, Graph, Node
from .operator import Inputs, require_types

#: Where the lengths stand among a recurrent layer's inputs.
LENGTHS = 8


def has_lengths(node: Node) -> bool:
    """Whether a recurrent layer takes lengths, constant ones or of run time."""
    return len(node.inputs) > LENGTHS and node.inputs[LENGTHS] is not None


def check_lengths(graph: Graph, node: Node, batch: int) -> bool:
    """:func:`has_lengths`. Raises ModelError unless every sequence has one; UnsupportedError for their type."""
    lengths = graph.optional_input(node, LENGTHS)
    if lengths is None:
        return False
    if lengths.shape != (batch,):
        raise ModelError(f"{node.name} ({node.op}): lengths of shape {list(lengths.shape)} are not [{batch}]")
    require_types(graph, node, [lengths], [DType.INT32])
    return True


def lengths_of(node: Node, inputs: Inputs) -> Array | None:
    """The lengths among the operands of a node."""
    return inputs[LENGTHS] if has_lengths(node) else None


def within(lengths: Array | None, steps: int, batch: int) -> NDArray[np.bool_]:
    """Which steps belong to their sequences, [steps, batch, 1]; without lengths all of them."""
    count = np.full(batch, steps) if lengths is None else np.broadcast_to(lengths.reshape(-1), (batch,))
    result: NDArray[np.bool_] = np.arange(steps)[:, None, None] < count[None, :, None]
    return result
