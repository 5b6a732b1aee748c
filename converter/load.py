"""Opens a model file of any format that is read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from ..errors import ModelError
from .frontends.tflite import read_tflite
from .ir import Graph, check
from .limits import MOST_FILE_BYTES
from .native import is_native, read_native
from .passes.fold_constants import fold_constants
from .passes.fold_float_edges import fold_float_edges
from .passes.remove_dead_code import remove_dead_code
from .serve import check_served


def load(path: str | Path) -> Graph:
    """Read a model file into a checked integer graph.

    Args:
        path: an int8 or int16x8 ``.tflite`` file.

    Raises:
        ModelError: the file cannot be read, is damaged, inconsistent or too large.
        UnsupportedError: an operator or type is not served; the message names the node.
        AccumulatorOverflowError: an accumulator could overflow; the message names the node and the bound.
    """
    path = Path(path)
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
    if is_native(data):
        return replace(check_served(read_native(data, name)), name=name, digest=hashlib.sha256(data).hexdigest())
    graph = read_tflite(data, name)
    for rewrite in (fold_constants, fold_float_edges, remove_dead_code):
        graph = check(rewrite(graph))
    return replace(check_served(graph), digest=hashlib.sha256(data).hexdigest())
