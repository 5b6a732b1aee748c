"""Writes a graph as a ``.tflite`` file, so that its integers can be checked with tflite-runtime."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
import tflite

from ...errors import UnsupportedError
from ..ir import DType, Graph, Node, Quantization, Rounding, Tensor, Variable
from ..tflite_schema import DTYPES, ENUMS, OPERATOR_NUMBERS, SCHEMA, Option
from .tflite_forms import in_tflite_forms

_TENSOR_TYPES: Mapping[DType, int] = {dtype: code for code, dtype in DTYPES.items()}
_IDENTIFIER = b"TFL3"


def write_tflite(graph: Graph) -> bytes:
    """The graph as a TFLite flatbuffer; streaming state becomes resource variables with an initialising subgraph.

    Raises:
        UnsupportedError: an operator that TFLite does not have, or a rounding policy that TFLite does not follow.
    """
    for node in graph.nodes:
        if node.op not in SCHEMA:
            reason = "TFLite has no such operator; `bitwright compile` and the other formats of `bitwright export` do"
            raise UnsupportedError(node.name, node.op, reason)
        if node.rounding not in (Rounding.DOUBLE, Rounding.WIDE):
            raise UnsupportedError(node.name, node.op, f"TFLite does not round by policy {node.rounding.value}")
    return _Writer(in_tflite_forms(graph)).write()


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.builder = flatbuffers.Builder(1024 + sum(t.bytes for t in graph.tensors.values() if t.is_constant))
        self.buffers: list[bytes] = [b""]
        #: Variables that are states of an operator are variable tensors, the others resources.
        self.states = [name for node in graph.nodes for name in node.states]
        self.resources = {name: v for name, v in graph.variables.items() if name not in self.states}
        names = {"VAR_HANDLE", "CALL_ONCE", "ASSIGN_VARIABLE"} if self.resources else set()
        self.ops = sorted({node.op for node in graph.nodes} | names)

    def write(self) -> bytes:
        builder = self.builder
        subgraphs = [self._main_subgraph()]
        if self.resources:
            subgraphs.append(self._initial_subgraph())
        codes = self._vector([self._operator_code(op) for op in self.ops])
        subgraph_vector = self._vector(subgraphs)
        buffers = self._vector([self._buffer(data) for data in self.buffers])
        description = builder.CreateString("Bitwright")
        tflite.ModelStart(builder)
        tflite.ModelAddVersion(builder, 3)
        tflite.ModelAddOperatorCodes(builder, codes)
        tflite.ModelAddSubgraphs(builder, subgraph_vector)
        tflite.ModelAddDescription(builder, description)
        tflite.ModelAddBuffers(builder, buffers)
        builder.Finish(tflite.ModelEnd(builder), file_identifier=_IDENTIFIER)
        return bytes(builder.Output())

    def _main_subgraph(self) -> int:
        graph = self.graph
        index = {name: i for i, name in enumerate(graph.tensors)}
        tensors = [self._tensor(tensor) for tensor in graph.tensors.values()]
        states = {name: len(tensors) + i for i, name in enumerate(self.states)}
        tensors += [self._state(name) for name in self.states]
        handles = {name: len(tensors) + i for i, name in enumerate(self.resources)}
        tensors += [self._resource(name) for name in self.resources]
        operators = []
        if self.resources:
            operators.append(self._operator("CALL_ONCE", [], [], self._call_once()))
        for name, handle in handles.items():
            operators.append(self._operator("VAR_HANDLE", [], [handle], self._var_handle(name)))
        for node in graph.nodes:
            inputs = [-1 if name is None else index[name] for name in node.inputs]
            for place, name in zip(SCHEMA[node.op].states, node.states, strict=True):
                inputs += [-1] * (place - len(inputs))
                inputs.insert(place, states[name])
            while inputs and inputs[-1] == -1:
                inputs.pop()  # CONV_2D takes two or three inputs, never an absent third
            if "variable" in node.attrs:
                inputs.insert(0, handles[node.attrs["variable"]])
            outputs = [index[name] for name in node.outputs]
            intermediates = []
            for quant in node.attrs.get("intermediates", ()):
                intermediates.append(len(tensors))
                tensors.append(self._intermediate(f"{node.name}:{len(tensors)}", quant))
            operators.append(self._operator(node.op, inputs, outputs, self._options(node), intermediates))
        return self._subgraph(
            tensors, [index[n] for n in graph.inputs], [index[n] for n in graph.outputs], operators, "main"
        )

    def _initial_subgraph(self) -> int:
        tensors, operators = [], []
        for name, variable in self.resources.items():
            tensors += [self._tensor(_initial_tensor(name, variable)), self._resource(name)]
            value, handle = len(tensors) - 2, len(tensors) - 1
            operators.append(self._operator("VAR_HANDLE", [], [handle], self._var_handle(name)))
            operators.append(self._operator("ASSIGN_VARIABLE", [handle, value], [], None))
        return self._subgraph(tensors, [], [], operators, "initial")

    def _subgraph(
        self, tensors: list[int], inputs: list[int], outputs: list[int], operators: list[int], name: str
    ) -> int:
        builder = self.builder
        tensor_vector, operator_vector = self._vector(tensors), self._vector(operators)
        input_vector, output_vector = self._ints(inputs), self._ints(outputs)
        text = builder.CreateString(name)
        tflite.SubGraphStart(builder)
        tflite.SubGraphAddTensors(builder, tensor_vector)
        tflite.SubGraphAddInputs(builder, input_vector)
        tflite.SubGraphAddOutputs(builder, output_vector)
        tflite.SubGraphAddOperators(builder, operator_vector)
        tflite.SubGraphAddName(builder, text)
        return int(tflite.SubGraphEnd(builder))

    def _state(self, name: str) -> int:
        """A variable tensor; interpreters give it real zeros."""
        variable = self.graph.variables[name]
        zero = variable.quant.zero_point[0] if variable.quant and variable.initial.dtype == np.int8 else 0
        if np.any(variable.initial != zero):
            raise UnsupportedError(name, "state", "TFLite starts every operator's own state at zero")
        dtype = DType(variable.initial.dtype.name)
        return self._tensor(Tensor(name, variable.initial.shape, dtype, variable.quant), is_variable=True)

    def _intermediate(self, name: str, quant: tuple[float, int] | None) -> int:
        grid = None if quant is None else Quantization((quant[0],), (quant[1],))
        return self._tensor(Tensor(name, (), DType.INT16, grid))

    def _tensor(self, tensor: Tensor, is_variable: bool = False) -> int:
        builder = self.builder
        buffer = 0
        if tensor.data is not None:
            self.buffers.append(np.ascontiguousarray(tensor.data).tobytes())
            buffer = len(self.buffers) - 1
        quantization = self._quantization(tensor)
        name, shape = builder.CreateString(tensor.name), self._ints(tensor.shape)
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, _TENSOR_TYPES[tensor.dtype])
        tflite.TensorAddBuffer(builder, buffer)
        tflite.TensorAddName(builder, name)
        if quantization is not None:
            tflite.TensorAddQuantization(builder, quantization)
        tflite.TensorAddHasRank(builder, True)
        tflite.TensorAddIsVariable(builder, is_variable)
        return int(tflite.TensorEnd(builder))

    def _quantization(self, tensor: Tensor) -> int | None:
        if tensor.quant is None:
            return None
        builder = self.builder
        scale = builder.CreateNumpyVector(np.asarray(tensor.quant.scale, np.float32))
        zero_point = builder.CreateNumpyVector(np.asarray(tensor.quant.zero_point, np.int64))
        tflite.QuantizationParametersStart(builder)
        tflite.QuantizationParametersAddScale(builder, scale)
        tflite.QuantizationParametersAddZeroPoint(builder, zero_point)
        if tensor.quant.axis is not None:
            tflite.QuantizationParametersAddQuantizedDimension(builder, tensor.quant.axis)
        return int(tflite.QuantizationParametersEnd(builder))

    def _resource(self, name: str) -> int:
        builder = self.builder
        text, shape = builder.CreateString(f"handle of {name}"), self._ints([])
        tflite.TensorStart(builder)
        tflite.TensorAddShape(builder, shape)
        tflite.TensorAddType(builder, tflite.TensorType.RESOURCE)
        tflite.TensorAddName(builder, text)
        return int(tflite.TensorEnd(builder))

    def _operator(
        self,
        op: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: tuple[str, int] | None,
        intermediates: Sequence[int] = (),
    ) -> int:
        builder = self.builder
        input_vector, output_vector, inner_vector = (self._ints(v) for v in (inputs, outputs, intermediates))
        tflite.OperatorStart(builder)
        tflite.OperatorAddOpcodeIndex(builder, self.ops.index(op))
        tflite.OperatorAddInputs(builder, input_vector)
        tflite.OperatorAddOutputs(builder, output_vector)
        tflite.OperatorAddIntermediates(builder, inner_vector)
        if options is not None:
            tflite.OperatorAddBuiltinOptionsType(builder, getattr(tflite.BuiltinOptions, options[0]))
            tflite.OperatorAddBuiltinOptions(builder, options[1])
        return int(tflite.OperatorEnd(builder))

    def _options(self, node: Node) -> tuple[str, int] | None:
        schema = SCHEMA[node.op]
        if schema.table is None:
            return None
        values: list[tuple[str, Any]] = []
        for option in schema.options:
            if option.attr in node.attrs:
                values += self._option_values(option, node.attrs[option.attr])
        getattr(tflite, f"{schema.table}Start")(self.builder)
        for name, value in values:
            getattr(tflite, f"{schema.table}Add{name}")(self.builder, value)
        return schema.table, int(getattr(tflite, f"{schema.table}End")(self.builder))

    def _option_values(self, option: Option, value: Any) -> list[tuple[str, Any]]:
        if option.kind == "vector":
            return [(option.fields[0], self._ints(value))]
        if option.kind in ENUMS:
            value = next(code for code, meaning in ENUMS[option.kind].items() if meaning == value)
        parts = value if len(option.fields) > 1 else (value,)
        return list(zip(option.fields, parts, strict=True))

    def _var_handle(self, name: str) -> tuple[str, int]:
        builder = self.builder
        text = builder.CreateString(name)
        tflite.VarHandleOptionsStart(builder)
        tflite.VarHandleOptionsAddSharedName(builder, text)
        return "VarHandleOptions", int(tflite.VarHandleOptionsEnd(builder))

    def _call_once(self) -> tuple[str, int]:
        tflite.CallOnceOptionsStart(self.builder)
        tflite.CallOnceOptionsAddInitSubgraphIndex(self.builder, 1)
        return "CallOnceOptions", int(tflite.CallOnceOptionsEnd(self.builder))

    def _operator_code(self, op: str) -> int:
        builder, code = self.builder, OPERATOR_NUMBERS[op]
        tflite.OperatorCodeStart(builder)
        tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, min(code, 127))
        tflite.OperatorCodeAddVersion(builder, SCHEMA[op].version)
        tflite.OperatorCodeAddBuiltinCode(builder, code)
        return int(tflite.OperatorCodeEnd(builder))

    def _buffer(self, data: bytes) -> int:
        builder = self.builder
        vector = None
        if data:
            # TFLite wants constants aligned to 16 bytes.
            builder.StartVector(1, len(data), 16)
            builder.head = int(builder.Head() - len(data))
            builder.Bytes[builder.Head() : builder.Head() + len(data)] = data
            vector = builder.EndVector()
        tflite.BufferStart(builder)
        if vector is not None:
            tflite.BufferAddData(builder, vector)
        return int(tflite.BufferEnd(builder))

    def _vector(self, offsets: Sequence[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def _ints(self, values: Iterable[int]) -> int:
        return int(self.builder.CreateNumpyVector(np.asarray(list(values), np.int32)))


def _initial_tensor(name: str, variable: Variable) -> Tensor:
    dtype = DType(variable.initial.dtype.name)
    return Tensor(f"initial {name}", variable.initial.shape, dtype, variable.quant, variable.initial)
