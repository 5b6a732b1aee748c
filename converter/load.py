"""Opens a model file of any format that is read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from ..errors import ModelError, UnsupportedError
from .frontends.tflite import read_tflite
from .ir import Graph, check
from .ops import OPERATORS
from .passes.fold_constants import fold_constants
from .passes.fold_float_edges import fold_float_edges
from .passes.remove_dead_code import remove_dead_code

_LARGEST = 256 * 2**20


def load(path: str | Path) -> Graph:
    """Read a model file into a checked integer graph.

    Args:
        path: an int8 or int16x8 ``.tflite`` file.

    Raises:
        ModelError: the file cannot be read, is damaged or inconsistent.
        UnsupportedError: an operator or type is not served; the message names the node.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise ModelError(f"'{path}' has {size} bytes; models of up to {_LARGEST} are read")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror}") from error
    return from_bytes(data, path.stem)


def from_bytes(data: bytes, name: str) -> Graph:
    """The same from a file's content."""
    graph = read_tflite(data, name)
    for rewrite in (fold_constants, fold_float_edges, remove_dead_code):
        graph = check(rewrite(graph))
    check_served(graph)
    return replace(graph, digest=hashlib.sha256(data).hexdigest())


def check_served(graph: Graph) -> None:
    """Every operator is served and every declared output shape is what the operator computes.

    Raises:
        UnsupportedError, ModelError: naming the node.
    """
    for node in graph.nodes:
        if node.op not in OPERATORS:
            raise UnsupportedError(
                node.name, node.op, "this operator is not served; `bitwright ops` lists those that are"
            )
        shapes = OPERATORS[node.op].shapes(graph, node)
        declared = [graph.tensor(name).shape for name in node.outputs]
        if [tuple(shape) for shape in shapes] != declared:
            raise ModelError(f"{node.name} ({node.op}): computes shapes {shapes}, the file declares {declared}")
