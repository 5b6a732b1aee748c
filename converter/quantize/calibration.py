"""Calibration and evaluation data: arrays in the graph's own layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..ir import Array, DType, Graph, Tensor

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Calibration:
    """Samples of every graph input, [samples, ...] in the graph's layout: float32, or integers where it takes them;
    samples take the place of a leading 1 and come before any other dimension."""

    inputs: tuple[Array, ...]

    def __len__(self) -> int:
        return len(self.inputs[0])

    def batches(self, size: int = _BATCH) -> Iterator[list[Array]]:
        """Up to ``size`` samples at a time."""
        for start in range(0, len(self), size):
            yield [array[start : start + size] for array in self.inputs]

    def singles(self, graph: Graph) -> Iterator[list[Array]]:
        """One sample at a time, of the very shapes of the graph's inputs."""
        shapes = [graph.tensor(name).shape for name in graph.inputs]
        for sample in zip(*self.inputs, strict=True):
            yield [value.reshape(shape) for value, shape in zip(sample, shapes, strict=True)]

    def first(self, count: int) -> Calibration:
        """The first ``count`` samples."""
        return Calibration(tuple(array[:count] for array in self.inputs))

    def spread(self, count: int) -> Calibration:
        """Up to ``count`` samples, evenly spread: data often comes sorted by class."""
        chosen = np.unique(np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(int))
        return Calibration(tuple(array[chosen] for array in self.inputs))


def calibration(graph: Graph, arrays: Sequence[Array]) -> Calibration:
    """Samples in the model's own layout as calibration data.

    Args:
        arrays: one per graph input, [samples, ...] in the layout of the model's interface.

    Raises:
        InputError: no samples, unequal numbers of them, shapes that do not fit, or NaN or infinite values.
    """
    if len(arrays) != len(graph.inputs):
        raise InputError(f"the model has {len(graph.inputs)} inputs, the data has {len(arrays)} arrays")
    counts = {len(array) if np.ndim(array) else 0 for array in arrays}
    if len(counts) != 1 or counts == {0}:
        raise InputError(f"the inputs hold {sorted(counts)} samples; each needs the same number, at least one")
    return Calibration(
        tuple(_fitted(graph, name, np.asarray(array)) for name, array in zip(graph.inputs, arrays, strict=True))
    )


def _fitted(graph: Graph, name: str, array: Array) -> Array:
    tensor, edge = graph.tensor(name), graph.edges.get(name)
    shape = tensor.shape
    if edge is not None and edge.permutation is not None:
        shape = tuple(tensor.shape[i] for i in np.argsort(edge.permutation))
    if tensor.shape[:1] != (1,):
        shape = (1, *shape)
    if array.ndim == len(shape) + 1 and len(shape) > 0 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape[1:] != shape[1:]:
        raise InputError(
            f"input '{name}' takes samples of shape {list(shape[1:])}, the data holds {list(array.shape[1:])}"
        )
    if tensor.dtype is not DType.FLOAT32:
        return _whole(name, array, tensor)
    values = array.astype(np.float32)
    if not np.all(np.isfinite(values)):
        raise InputError(f"the data for input '{name}' holds NaN or infinite values")
    if edge is not None and edge.permutation is not None:
        leading = [] if tensor.shape[:1] == (1,) else [0]
        order = [*leading, *(axis + len(leading) for axis in edge.permutation)]
        values = np.ascontiguousarray(values.transpose(order))
    return values


def _whole(name: str, array: Array, tensor: Tensor) -> Array:
    """Samples of an input of integers, as the numbers of words are. Raises InputError."""
    values = array.astype(tensor.dtype.numpy)
    if not np.array_equal(values, array):
        raise InputError(f"the data for input '{name}' must be whole numbers that fit {tensor.dtype.value}")
    return values
