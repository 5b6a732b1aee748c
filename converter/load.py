"""Opens a model file of any format that is read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ModelError
from .frontends.onnx import is_onnx, read_onnx
from .frontends.pytorch import is_torch, read_pt2, read_torch
from .frontends.tflite import read_tflite
from .ir import Graph, check
from .limits import MOST_FILE_BYTES
from .native import is_native, read_native
from .passes.complete_grids import complete_grids
from .passes.dequantize_weights import dequantize_weights
from .passes.fold_constants import fold_constants
from .passes.fold_float_edges import fold_float_edges
from .passes.remove_dead_code import remove_dead_code
from .quantize.integer import to_integer
from .serve import check_served
from .simplify import simplify


def load(model: Any, example_inputs: Any = None) -> Graph:
    """Read a model into a checked graph: an integer graph, or a float one (``graph.is_float``), simplified.

    Args:
        model: the path of a ``.tflite`` file (int8, int16x8, float32, float16 or dynamic-range weights), an ``.onnx``
            file (float, QDQ or QOperator), a ``.pt2`` file or a ``.bwq`` file, where what the file is follows from its
            content; or a ``torch.nn.Module`` or what ``torch.export.export`` made of one.
        example_inputs: of a module: the arguments of its ``forward``, one sample with a batch of 1.

    Raises:
        ModelError: the file cannot be read, is damaged, inconsistent or too large.
        UnsupportedError: an operator or type is not served; the message names the node.
        AccumulatorOverflowError: an accumulator could overflow; the message names the node and the bound.
        InputError: a module without example inputs.
        ToolError: a package that the format needs is not installed.
    """
    if not isinstance(model, str | Path):
        return simplify(read_torch(model, example_inputs))
    path = Path(model)
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"'{path}' is not a file")
        with path.open("rb") as file:
            data = file.read(MOST_FILE_BYTES + 1)
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror}") from error
    if len(data) > MOST_FILE_BYTES:
        raise ModelError(f"'{path}' has more than {MOST_FILE_BYTES} bytes, the most that is read")
    return from_bytes(data, path.stem)


def from_bytes(data: bytes, name: str) -> Graph:
    """The same from a file's content."""
    graph = _read(data, name)
    checked = _lowered(simplify(graph)) if graph.is_float else check_served(graph)
    return replace(checked, digest=hashlib.sha256(data).hexdigest())


def _lowered(graph: Graph) -> Graph:
    """A float graph as it is; one whose file gives its tensors grids as the integer graph that it stands for."""
    if all(tensor.stored is None for tensor in graph.tensors.values()):
        return graph
    return to_integer(complete_grids(graph))


def _read(data: bytes, name: str) -> Graph:
    """The graph as its frontend reads it."""
    if is_onnx(data):
        return read_onnx(data, name)
    if is_torch(data):
        return read_pt2(data, name)
    if is_native(data):
        return replace(read_native(data, name), name=name)
    graph = read_tflite(data, name)
    for rewrite in (dequantize_weights, fold_constants, fold_float_edges, remove_dead_code):
        graph = check(rewrite(graph))
    return graph
