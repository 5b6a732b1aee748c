"""Input vectors: random and extreme ones from a seed, or the user's from .npy and .npz files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..converter.arrays import read_arrays
from ..converter.ir import Array, DType, Graph, Tensor
from ..converter.ops.lengths import LENGTHS, has_lengths
from ..converter.ops.recurrent import GATES, sizes
from ..converter.reference import to_integers
from ..converter.serve import check_integer
from ..errors import InputError

_MOST_BYTES = 2**28  # of all vectors of a run
_EXTREMES = 3  # all lowest, all highest, alternating


def random_vectors(graph: Graph, count: int, seed: int) -> list[list[Array]]:
    """``count`` input vectors in the graph's integers.

    From eight vectors on, the last three are extreme: every element at its lowest, at its highest, and alternating.

    Raises:
        InputError: no vector, or more than fit ``_MOST_BYTES``; a negative seed.
    """
    tensors = [graph.tensor(name) for name in check_integer(graph).inputs]
    most = _MOST_BYTES // sum(tensor.bytes for tensor in tensors)
    if not 1 <= count <= most:
        raise InputError(f"{count} random vectors were asked for; 1 to {most} are served for inputs of this size")
    if seed < 0:
        raise InputError(f"the seed {seed} is negative")
    rng = np.random.default_rng(seed)
    extremes = _EXTREMES if count >= 8 else 0
    ranges = [_indexed(graph, tensor) or _range(tensor) for tensor in tensors]
    vectors = [
        [_random(rng, tensor, *limits) for tensor, limits in zip(tensors, ranges, strict=True)]
        for _ in range(count - extremes)
    ]
    return vectors + [[_extreme(kind, tensor) for tensor in tensors] for kind in range(extremes)]


def _random(rng: np.random.Generator, tensor: Tensor, low: int, high: int) -> Array:
    return rng.integers(low, high, tensor.shape, tensor.dtype.numpy, endpoint=True)


def _indexed(graph: Graph, tensor: Tensor) -> tuple[int, int] | None:
    """Of an input of indices, the rows of the table, and of one of lengths the steps; one more at either end."""
    for node in graph.nodes:
        if node.op == "EMBEDDING" and node.inputs[1] == tensor.name:
            low, high = tensor.dtype.limits
            return max(low, -1), min(high, graph.input(node, 0).shape[0])
        if node.plain.op in GATES and has_lengths(node) and node.inputs[LENGTHS] == tensor.name:
            return -1, sizes(graph, node.plain)[1] + 1
    return None


def _range(tensor: Tensor) -> tuple[int, int]:
    return (0, 1) if tensor.dtype is DType.BOOL else tensor.dtype.limits


def _extreme(kind: int, tensor: Tensor) -> Array:
    low, high = _range(tensor)
    flat = np.full(tensor.elements, (low, high, low)[kind], tensor.dtype.numpy)
    if kind == 2:
        flat[1::2] = high
    return flat.reshape(tensor.shape)


def load_vectors(graph: Graph, path: Path) -> list[list[Array]]:
    """Vectors from a file: ``.npy`` for a network with one input, else ``.npz`` with ``in0``, ``in1``, …

    Every array has a leading dimension that counts the vectors (left out for a single one); elements are in the
    type of the model's interface or in the graph's integers.

    Raises:
        InputError: the file cannot be read or its arrays do not fit the model.
    """
    arrays = _read(path, len(check_integer(graph).inputs))
    columns = [_split(graph.tensor(name), array, path) for name, array in zip(graph.inputs, arrays, strict=True)]
    counts = {len(column) for column in columns}
    if len(counts) != 1 or counts == {0}:
        raise InputError(
            f"'{path}': the inputs hold {sorted(counts)} vectors; each needs the same number, at least one"
        )
    vectors = [to_integers(graph, list(row)) for row in zip(*columns, strict=True)]
    for name, value in zip(graph.inputs, vectors[0], strict=True):
        if value.dtype != graph.tensor(name).dtype.numpy:
            raise InputError(f"'{path}': input '{name}' must be {graph.tensor(name).dtype.value}, found {value.dtype}")
    return vectors


def _read(path: Path, count: int) -> list[Array]:
    """The inputs' arrays in order."""
    arrays = read_arrays(path, _MOST_BYTES)
    names = [""] if count == 1 and "" in arrays else [f"in{i}" for i in range(count)]
    missing = [name for name in names if name not in arrays]
    if missing:
        held = ", ".join(name or "one without a name" for name in arrays) or "none"
        raise InputError(f"'{path}' lacks the input {', '.join(missing)}; arrays of numbers that it holds: {held}")
    return [arrays[name] for name in names]


def _split(tensor: Tensor, array: Array, path: Path) -> list[Array]:
    if array.shape == tensor.shape:
        return [array]
    if array.ndim == 0 or array[0:1].size != tensor.elements:
        raise InputError(
            f"'{path}': an array of shape {list(array.shape)} does not hold vectors of input '{tensor.name}', "
            f"shape {list(tensor.shape)}"
        )
    return list(array.reshape(array.shape[0], *tensor.shape))
