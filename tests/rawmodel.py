"""TFLite files field by field, so that a test can write what no converter would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
import tflite


@dataclass(frozen=True)
class RawTensor:
    """A tensor; ``buffer`` is an index into the model's buffers, of which the first is empty."""

    shape: Sequence[int] = (1, 4)
    type: int = tflite.TensorType.INT8
    buffer: int = 0
    name: bytes = b""
    scale: Sequence[float] = (0.5,)
    zero_point: Sequence[int] = (0,)
    axis: int = 0
    signature: Sequence[int] | None = None
    details: bool = False


@dataclass(frozen=True)
class RawOperator:
    """An operator; ``options`` is a table of the schema and its fields."""

    inputs: Sequence[int]
    outputs: Sequence[int]
    code: int = 0
    options: tuple[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class RawSubgraph:
    """A subgraph."""

    tensors: Sequence[RawTensor]
    operators: Sequence[RawOperator]
    inputs: Sequence[int] = (0,)
    outputs: Sequence[int] = (1,)


@dataclass(frozen=True)
class RawModel:
    """A file; ``codes`` are operator numbers, or the names of custom operators."""

    subgraphs: Sequence[RawSubgraph]
    codes: Sequence[int | bytes] = (tflite.BuiltinOperator.RELU,)
    buffers: Sequence[bytes] = (b"",)
    version: int = 3

    def write(self) -> bytes:
        """The file's bytes. Vectors of the same object are stored once and shared."""
        return _Writer(self).write()


class _Writer:
    def __init__(self, model: RawModel) -> None:
        self.model = model
        self.builder = flatbuffers.Builder(1024)
        self.vectors: dict[tuple[int, Any], int] = {}

    def write(self) -> bytes:
        builder, model = self.builder, self.model
        codes = self._tables([self._code(code) for code in model.codes])
        subgraphs = self._tables([self._subgraph(subgraph) for subgraph in model.subgraphs])
        buffers = self._tables([self._buffer(data) for data in model.buffers])
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, model.version)
        tflite.ModelAddOperatorCodes(builder, codes)
        tflite.ModelAddSubgraphs(builder, subgraphs)
        tflite.ModelAddBuffers(builder, buffers)
        builder.Finish(tflite.ModelEnd(builder), file_identifier=b"TFL3")
        return bytes(builder.Output())

    def _code(self, code: int | bytes) -> int:
        builder = self.builder
        name = builder.CreateString(code.decode()) if isinstance(code, bytes) else None
        number = tflite.BuiltinOperator.CUSTOM if isinstance(code, bytes) else code
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(number, 127))
        tflite.OperatorCodeAddBuiltinCode(builder, number)
        if name is not None:
            tflite.OperatorCodeAddCustomCode(builder, name)
        return int(tflite.OperatorCodeEnd(builder))

    def _subgraph(self, subgraph: RawSubgraph) -> int:
        builder = self.builder
        tensors = self._tables([self._tensor(tensor) for tensor in subgraph.tensors])
        operators = self._tables([self._operator(operator) for operator in subgraph.operators])
        inputs, outputs = self._numbers(subgraph.inputs, np.int32), self._numbers(subgraph.outputs, np.int32)
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, tensors)
        tflite.SubGraphAddInputs(builder, inputs)
        tflite.SubGraphAddOutputs(builder, outputs)
        tflite.SubGraphAddOperators(builder, operators)
        return int(tflite.SubGraphEnd(builder))

    def _tensor(self, tensor: RawTensor) -> int:
        builder = self.builder
        name, shape = builder.CreateSharedString(tensor.name), self._numbers(tensor.shape, np.int32)
        signature = None if tensor.signature is None else self._numbers(tensor.signature, np.int32)
        scale, point = self._numbers(tensor.scale, np.float32), self._numbers(tensor.zero_point, np.int64)
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scale)
        tflite.QuantizationParametersAddZeroPoint(builder, point)
        tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.axis)
        if tensor.details:
            tflite.QuantizationParametersAddDetailsType(builder, tflite.QuantizationDetails.CustomQuantization)
        quantization = tflite.QuantizationParametersEnd(builder)
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, tensor.type)
        tflite.TensorAddBuffer(builder, tensor.buffer)
        tflite.TensorAddName(builder, name)
        tflite.TensorAddQuantization(builder, quantization)
        if signature is not None:
            tflite.TensorAddShapeSignature(builder, signature)
        return int(tflite.TensorEnd(builder))

    def _operator(self, operator: RawOperator) -> int:
        builder = self.builder
        inputs, outputs = self._numbers(operator.inputs, np.int32), self._numbers(operator.outputs, np.int32)
        options = None
        if operator.options is not None:
            table, fields = operator.options
            values = {
                key: builder.CreateString(value) if isinstance(value, str) else self._numbers(value, np.int32)
                for key, value in fields.items()
                if isinstance(value, str | tuple | list)
            }
            getattr(tflite, f"{table}Start")(builder)
            for key, value in fields.items():
                getattr(tflite, f"{table}Add{key}")(builder, values.get(key, value))
            options = getattr(tflite, f"{table}End")(builder)
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, operator.code)
        tflite.OperatorAddInputs(builder, inputs)
        tflite.OperatorAddOutputs(builder, outputs)
        if options is not None and operator.options is not None:
            tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, operator.options[0]))
            tflite.OperatorAddBuiltinOptions(builder, options)
        return int(tflite.OperatorEnd(builder))

    def _buffer(self, data: bytes) -> int:
        vector = self.builder.CreateByteVector(data) if data else None
        tflite.BufferStart(self.builder)
        if vector is not None:
            tflite.BufferAddData(self.builder, vector)
        return int(tflite.BufferEnd(self.builder))

    def _numbers(self, values: Sequence[float], dtype: Any) -> int:
        key = (id(values), dtype)
        if key not in self.vectors:
            self.vectors[key] = int(self.builder.CreateNumpyVector(np.asarray(values, dtype)))
        return self.vectors[key]

    def _tables(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())
