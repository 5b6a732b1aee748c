"""Keeps the batch in front: layers over rows need no RESHAPE that puts a sequence's tokens in its place.

torch.nn.MultiheadAttention computes with tokens first. Without its RESHAPEs a batch can take the place of the declared
1: calibration and judging run many samples at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ir import Graph, Node
from .rewriter import Rewriter, unused


def keep_batch(graph: Graph) -> Graph:
    """The graph with RESHAPEs that lose the leading 1 behind the FULLY_CONNECTED that they precede, or gone."""
    rewriter = Rewriter(graph)
    for name in [node.name for node in graph.nodes]:
        node = rewriter.nodes.get(name)
        if node is None:
            continue
        if node.op == "FULLY_CONNECTED":
            _lift(rewriter, node)
        elif node.op == "RESHAPE":
            _shorten(rewriter, node)
    return rewriter.finish()


def _reshaped(rewriter: Rewriter, name: str) -> str | None:
    """What a tensor was before a RESHAPE; None where no RESHAPE or a grid of its own stands in front."""
    writer = rewriter.producer(name)
    if writer is None or writer.op != "RESHAPE" or rewriter.tensors[name].stored is not None:
        return None
    return str(writer.inputs[0])


def _lift(rewriter: Rewriter, node: Node) -> None:
    """The layer over the rows of what was reshaped, and the RESHAPE behind it."""
    source = _reshaped(rewriter, str(node.inputs[0]))
    if source is None:
        return
    before, after = rewriter.tensors[source].shape, rewriter.tensors[str(node.inputs[0])].shape
    output = rewriter.tensors[node.outputs[0]]
    if len(before) < 3 or before[0] != 1 or after[0] == 1 or before[-1:] != after[-1:] or output.stored is not None:
        return
    rows = rewriter.activation(f"{node.name}/rows", output, (*before[:-1], output.shape[-1]))
    lifted = replace(
        node, inputs=(source, *node.inputs[1:]), outputs=(rows,), attrs={**node.attrs, "keep_num_dims": True}
    )
    rewriter.replace(node, lifted)
    name = unused(f"{node.name}/reshape", rewriter.nodes)
    shape = rewriter.constant(f"{name}/shape", np.asarray(output.shape, np.int32))
    rewriter.insert_after(lifted, Node(name, "RESHAPE", (rows, shape), (output.name,)))


def _shorten(rewriter: Rewriter, node: Node) -> None:
    """One RESHAPE for two, and none where the first undoes the second."""
    source = _reshaped(rewriter, str(node.inputs[0]))
    if source is None:
        return
    target = node.outputs[0]
    same = rewriter.tensors[source].shape == rewriter.tensors[target].shape
    if not same or target in rewriter.outputs:
        rewriter.replace(node, replace(node, inputs=(source, *node.inputs[1:])))
        return
    for reader in rewriter.readers(target):
        inputs = tuple(source if name == target else name for name in reader.inputs)
        rewriter.replace(reader, replace(reader, inputs=inputs))
