"""Reads the tensors of a TFLite subgraph, each when an operator first refers to it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tflite

from ...errors import ModelError, UnsupportedError
from ..ir import Array, DType, Quantization, Tensor
from ..limits import MOST_DIMENSIONS, MOST_TENSORS
from ..tflite_schema import DTYPES
from .flatbuffer import Vectors, reading


class Tensors:
    """The tensors of one subgraph by index. What nothing refers to is never read, so it cannot make a model fail."""

    def __init__(self, vectors: Vectors, model: Any, subgraph: Any) -> None:
        self.vectors = vectors
        self.model = model
        self.tables = vectors.tables(subgraph, "Tensors", MOST_TENSORS)
        self.read: dict[int, Tensor] = {}
        self._names: set[str] = set()

    def get(self, index: int, place: str) -> Tensor:
        """A tensor that is referred to at a place. Raises ModelError or UnsupportedError."""
        if index not in self.read:
            table = self._table(index, place)
            name = self._unique(self.vectors.text(table, "Name") or f"tensor_{index}", index)
            with reading(f"tensor {index} '{name}'"):
                self.read[index] = self._tensor(name, table)
        return self.read[index]

    def grid(self, index: int, place: str) -> Quantization | None:
        """Scale and zero point of a tensor of which nothing else is needed."""
        with reading(f"tensor {index}"):
            return self._quantization(f"tensor {index}", (), DType.INT32, self._table(index, place))

    def check_static(self, index: int, place: str) -> None:
        """Raise ModelError when a dimension other than the leading one, the batch, is declared dynamic."""
        signature = self.vectors.numbers(self._table(index, place), "ShapeSignature").tolist()
        if any(size < 0 for size in signature[1:]):
            name = self.get(index, place).name
            raise ModelError(f"tensor '{name}': shape {signature} is dynamic; fix every dimension before export")

    def _table(self, index: int, place: str) -> Any:
        if not 0 <= index < len(self.tables):
            raise ModelError(f"{place}: tensor {index} does not exist; there are {len(self.tables)}")
        return self.tables[index]

    def _unique(self, name: str, index: int) -> str:
        if name in self._names:
            name = f"{name}#{index}"
        while name in self._names:
            name += "'"
        self._names.add(name)
        return name

    def _tensor(self, name: str, table: Any) -> Tensor:
        half = table.Type() == tflite.TensorType.FLOAT16
        if table.Type() not in DTYPES and not half:
            kind = next((k for k, v in vars(tflite.TensorType).items() if v == table.Type()), str(table.Type()))
            raise UnsupportedError(name, "tensor", f"type {kind} is not served")
        if table.Sparsity() is not None:
            raise UnsupportedError(name, "tensor", "sparse tensors are not served")
        dtype = DType.FLOAT32 if half else DTYPES[table.Type()]
        shape = tuple(int(size) for size in self.vectors.numbers(table, "Shape")[: MOST_DIMENSIONS + 1])
        if len(shape) > MOST_DIMENSIONS:
            raise ModelError(f"tensor '{name}': more than {MOST_DIMENSIONS} dimensions")
        if any(size < 1 for size in shape):
            raise ModelError(
                f"tensor '{name}': shape {list(shape)} is dynamic or empty; fix every dimension before export"
            )
        data = self._data(name, shape, np.dtype(np.float16) if half else dtype.numpy, table)
        if half:
            if data is None:
                raise UnsupportedError(name, "tensor", "activations of type FLOAT16 are not served")
            data = data.astype(np.float32)
        return Tensor(name, shape, dtype, self._quantization(name, shape, dtype, table), data)

    def _data(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], table: Any) -> Array | None:
        index, count = int(table.Buffer()), int(self.model.BuffersLength())
        if index >= count:
            raise ModelError(f"tensor '{name}': buffer {index} does not exist; the file holds {count}")
        buffer = self.model.Buffers(index)
        raw = self.vectors.numbers(buffer, "Data")
        if raw.size == 0:
            if buffer.Offset() or buffer.Size():
                raise UnsupportedError(name, "tensor", "buffers outside the flatbuffer are not served")
            return None
        need = math.prod(shape) * dtype.itemsize
        if raw.size != need:
            raise ModelError(f"tensor '{name}': its buffer holds {raw.size} bytes, shape {list(shape)} needs {need}")
        return np.frombuffer(raw.tobytes(), dtype).reshape(shape)

    def _quantization(self, name: str, shape: tuple[int, ...], dtype: DType, table: Any) -> Quantization | None:
        quant = table.Quantization()
        if quant is None:
            return None
        if quant.DetailsType():
            raise UnsupportedError(name, "tensor", "quantization by blocks or by a custom scheme is not served")
        scales = self.vectors.numbers(quant, "Scale").astype(np.float32)
        points = self.vectors.numbers(quant, "ZeroPoint").astype(np.int64)
        if scales.size == 0:
            return None
        wrong = scales[~(np.isfinite(scales) & (scales > 0))]
        if wrong.size:
            raise ModelError(f"tensor '{name}': a scale of {wrong[0]}; scales must be finite and positive")
        if points.size == 0:
            points = np.zeros(scales.size, np.int64)
        if points.size == 1 and scales.size > 1:
            points = np.repeat(points, scales.size)
        if points.size != scales.size:
            raise ModelError(f"tensor '{name}': {scales.size} scales but {points.size} zero points")
        low, high = (0, 0) if dtype is DType.FLOAT32 else (-1, 1) if dtype is DType.BOOL else dtype.limits
        if points.min() < low or points.max() > high:
            raise ModelError(f"tensor '{name}': zero point {points.min()}..{points.max()} is outside {dtype.value}")
        axis = self._axis(name, shape, int(scales.size), int(quant.QuantizedDimension()))
        return Quantization(tuple(float(s) for s in scales), tuple(int(z) for z in points), axis)

    def _axis(self, name: str, shape: tuple[int, ...], count: int, declared: int) -> int | None:
        """The quantized dimension; where it is declared wrongly, the only dimension of that size."""
        if count == 1:
            return None
        if 0 <= declared < len(shape) and shape[declared] == count:
            return declared
        candidates = [axis for axis, size in enumerate(shape) if size == count]
        if len(candidates) != 1:
            raise ModelError(f"tensor '{name}': {count} scales do not match shape {list(shape)} along axis {declared}")
        return candidates[0]
