"""Weights that a kernel copies tile by tile from slow memory while it computes with the tile before: ``streamed:BYTES``
in the place of a kernel's name. Any size of tile gives the same bits; two of them are the layer's scratch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...converter.ir import Node
from ...errors import InputError
from .call import KernelCall
from .padding import fours

PREFIX = "streamed:"
#: Operators whose kernels stream.
STREAMED = ("GRU", "LSTM", "RNN")
#: The products whose rows a tile has side by side, and that whose rows have tiles of their own.
_GATES, _PROJECTION = ("of_input", "of_state"), "projection"
_TILING = "bw_recurrent_tiling_s8"


def tile_bytes(node: Node, name: str) -> int:
    """The size in the name of a choice. Raises InputError."""
    size = name.removeprefix(PREFIX)
    if not size.isdecimal():
        raise InputError(f"'{name}' for '{node.name}': after '{PREFIX}' the bytes of a tile are expected")
    return int(size)


def streamed(node: Node, calls: Sequence[KernelCall], size: int) -> KernelCall:
    """The first of the calls with weights in tiles of at most so many bytes.

    Raises:
        InputError: the layer has no weights that are streamed, or not one row fits.
    """
    if node.op not in STREAMED:
        raise InputError(f"'{node.name}' ({node.op}): weights are streamed for {', '.join(STREAMED)} only")
    call = calls[0]
    layer: Any = call.params.get("layer", call.params)
    gates, projection = [layer[field]["weights"] for field in _GATES], layer.get(_PROJECTION)
    rows, longest = _tiles(node, gates, size)
    params = {**layer, "tiling": f"&{_TILING}", "tile_rows": rows}
    if projection is not None:
        params["tile_projected"], own = _tiles(node, [projection["weights"]], size)
        longest = max(longest, own)
    scratch = fours(call.scratch or 0) + 2 * longest
    if "layer" in call.params:
        params = {**call.params, "layer": params}
    return replace(call, params=params, scratch=scratch, sources=(*call.sources, _TILING, "bw_stream"))


def _tiles(node: Node, weights: Sequence[Any], size: int) -> tuple[int, int]:
    """Rows of a tile of at most so many bytes, all weights' side by side, and its bytes. Raises InputError."""
    row, rows = sum(array.shape[1] for array in weights), weights[0].shape[0]
    if size < row:
        raise InputError(f"'{node.name}': a tile of {size} bytes has no room for one row of weights, {row} bytes")
    count = min(size // row, rows)
    return count, count * row
