"""Reads a quantized ``.tflite`` file into a graph, strictly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite

from ...errors import ModelError, UnsupportedError
from ..ir import Array, DType, Graph, Node, Quantization, Rounding, Tensor, Variable, check
from ..tflite_schema import DTYPES, ENUMS, OPERATOR_CODES, SCHEMA, Option
from .door import signed_at_the_door
from .flatbuffer import length, numbers, reading, tables, text

_MOST_OBJECTS = 65536
_MOST_ELEMENTS = 2**31 - 1
_MOST_DIMENSIONS = 8
#: Index of the bias of every operator that has a 16x8 form.
_BIAS_INDEX = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}


@dataclass(frozen=True)
class _Handle:
    """A tensor of type RESOURCE: the streaming variable that it refers to."""

    variable: str


def read_tflite(data: bytes, name: str) -> Graph:
    """The graph of a TFLite file.

    Args:
        data: the file's bytes.
        name: name of the graph.

    Raises:
        ModelError: the file is damaged, inconsistent or has dynamic shapes.
        UnsupportedError: it uses an operator or type that is not served.
    """
    if len(data) < 16 or data[4:8] != b"TFL3":
        raise ModelError(f"'{name}' is not a TFLite file (identifier TFL3 is missing)")
    with reading(f"'{name}'"):
        return check(signed_at_the_door(_Reader(data, name).read()))


class _Reader:
    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.size = len(data)
        self.most = min(self.size // 4, _MOST_OBJECTS)
        self.model = tflite.Model.GetRootAsModel(data, 0)
        if self.model.Version() != 3:
            raise ModelError(f"schema version {self.model.Version()} is not served (3 is)")
        self.codes = [self._code(code) for code in tables(self.model, "OperatorCodes", self.most)]
        self.buffers = length(self.model, "Buffers", self.most)
        self.subgraphs = tables(self.model, "Subgraphs", self.most)
        if not self.subgraphs:
            raise ModelError("the file holds no subgraph")
        self.variables: dict[str, Variable] = {}

    def _code(self, code: Any) -> str:
        number = max(int(code.DeprecatedBuiltinCode()), int(code.BuiltinCode()))
        op = OPERATOR_CODES.get(number, f"operator {number}")
        return f"CUSTOM {text(code.CustomCode())}" if op == "CUSTOM" else op

    def read(self) -> Graph:
        """The main subgraph."""
        subgraph = self.subgraphs[0]
        tensors, handles = self._tensors(subgraph)
        operators = tables(subgraph, "Operators", self.most)
        nodes: list[Node] = []
        for index, operator in enumerate(operators):
            with reading(f"operator {index}"):
                node = self._node(index, operator, tensors, handles)
            if node is not None:
                nodes.append(node)
        names = [None if isinstance(t, int) else t.name for t in tensors]
        inputs = self._interface(subgraph, "Inputs", names)
        outputs = self._interface(subgraph, "Outputs", names)
        kept = {tensor.name: tensor for tensor in tensors if isinstance(tensor, Tensor)}
        return Graph(self.name, kept, tuple(nodes), inputs, outputs, self.variables)

    def _interface(self, subgraph: Any, field: str, names: list[str | None]) -> tuple[str, ...]:
        result = []
        for index in numbers(subgraph, field, self.most).tolist():
            if not 0 <= index < len(names) or names[index] is None:
                raise ModelError(f"subgraph {field.lower()} name tensor {index}, which does not exist or is no tensor")
            result.append(str(names[index]))
        if len(set(result)) != len(result) and field == "Inputs":
            raise ModelError("a tensor is listed twice among the inputs")
        return tuple(result)

    # -- tensors ------------------------------------------------------------------------------------------------

    def _tensors(self, subgraph: Any) -> tuple[list[Tensor | int], dict[int, _Handle]]:
        """Tensors by index (a RESOURCE keeps its bare index)."""
        result: list[Tensor | int] = []
        used: set[str] = set()
        for index, table in enumerate(tables(subgraph, "Tensors", self.most)):
            name = text(table.Name()) or f"tensor_{index}"
            if name in used:
                name = f"{name}#{index}"
            used.add(name)
            with reading(f"tensor {index} '{name}'"):
                if table.Type() == tflite.TensorType.RESOURCE:
                    result.append(index)
                else:
                    result.append(self._tensor(name, table))
        return result, {}

    def _tensor(self, name: str, table: Any) -> Tensor:
        if table.Type() not in DTYPES:
            kind = next((k for k, v in vars(tflite.TensorType).items() if v == table.Type()), str(table.Type()))
            raise UnsupportedError(name, "tensor", f"type {kind} is not served")
        if table.Sparsity() is not None:
            raise UnsupportedError(name, "tensor", "sparse tensors are not served")
        dtype = DTYPES[table.Type()]
        shape = tuple(int(size) for size in numbers(table, "Shape", _MOST_DIMENSIONS))
        if any(size < 1 for size in shape):
            raise ModelError(
                f"tensor '{name}': shape {list(shape)} is dynamic or empty; fix every dimension before export"
            )
        if math.prod(shape) > _MOST_ELEMENTS:
            raise ModelError(f"tensor '{name}': shape {list(shape)} is absurd")
        return Tensor(
            name, shape, dtype, self._quantization(name, shape, dtype, table), self._data(name, shape, dtype, table)
        )

    def _data(self, name: str, shape: tuple[int, ...], dtype: DType, table: Any) -> Array | None:
        index = int(table.Buffer())
        if not 0 <= index < self.buffers:
            raise ModelError(f"tensor '{name}': buffer {index} does not exist")
        buffer = self.model.Buffers(index)
        raw = numbers(buffer, "Data", self.size)
        if raw.size == 0:
            if buffer.Offset() or buffer.Size():
                raise UnsupportedError(name, "tensor", "buffers outside the flatbuffer are not served")
            return None
        need = math.prod(shape) * dtype.bytes
        if raw.size != need:
            raise ModelError(f"tensor '{name}': its buffer holds {raw.size} bytes, shape {list(shape)} needs {need}")
        return np.frombuffer(raw.tobytes(), dtype.numpy).reshape(shape)

    def _quantization(self, name: str, shape: tuple[int, ...], dtype: DType, table: Any) -> Quantization | None:
        quant = table.Quantization()
        if quant is None:
            return None
        scales = numbers(quant, "Scale", self.size // 4).astype(np.float32)
        points = numbers(quant, "ZeroPoint", self.size // 8).astype(np.int64)
        if scales.size == 0:
            return None
        if not np.all(np.isfinite(scales)) or not np.all(scales > 0):
            raise ModelError(
                f"tensor '{name}': scales must be finite and positive, found {scales.min()}..{scales.max()}"
            )
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

    # -- operators ----------------------------------------------------------------------------------------------

    def _node(self, index: int, operator: Any, tensors: list[Tensor | int], handles: dict[int, _Handle]) -> Node | None:
        code = int(operator.OpcodeIndex())
        if not 0 <= code < len(self.codes):
            raise ModelError(f"operator {index}: operator code {code} does not exist")
        op = self.codes[code]
        name = f"{op.lower().replace(' ', '_')}_{index}"
        inputs = [int(i) for i in numbers(operator, "Inputs", self.most)]
        outputs = [int(i) for i in numbers(operator, "Outputs", self.most)]
        for tensor in (*inputs, *outputs):
            if not -1 <= tensor < len(tensors):
                raise ModelError(f"{name}: tensor {tensor} does not exist")
        if op not in SCHEMA:
            raise UnsupportedError(name, op, "this operator is not served; `bitwright ops` lists those that are")
        if op == "CALL_ONCE":
            self._read_initial_values(operator)
            return None
        if op == "VAR_HANDLE":
            handles[outputs[0]] = self._handle(operator)
            return None
        attrs = self._attrs(name, op, operator)
        if op in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            attrs["variable"] = self._variable(name, inputs.pop(0), op, inputs, outputs, tensors, handles)
        operands = tuple(self._operand(name, i, tensors) for i in inputs)
        results = tuple(self._operand(name, i, tensors) or "" for i in outputs)
        return Node(name, op, operands, results, attrs, self._rounding(op, inputs, outputs, tensors))

    def _operand(self, name: str, index: int, tensors: list[Tensor | int]) -> str | None:
        if index < 0:
            return None
        tensor = tensors[index]
        if isinstance(tensor, int):
            raise ModelError(f"{name}: tensor {index} is a resource, not a value")
        return tensor.name

    def _rounding(self, op: str, inputs: list[int], outputs: list[int], tensors: list[Tensor | int]) -> Rounding:
        """16x8 operators accumulate in int64 and round by WIDE where their bias is int64, and depthwise ones always;
        with an int32 bias or none they accumulate in int32 and round by DOUBLE (tflite-runtime 2.14, measured)."""
        first = tensors[outputs[0]] if outputs and outputs[0] >= 0 else None
        if op not in _BIAS_INDEX or not isinstance(first, Tensor) or first.dtype is not DType.INT16:
            return Rounding.DOUBLE
        index = inputs[_BIAS_INDEX[op]] if len(inputs) > _BIAS_INDEX[op] else -1
        bias = tensors[index] if index >= 0 else None
        wide = op == "DEPTHWISE_CONV_2D" or (isinstance(bias, Tensor) and bias.dtype is DType.INT64)
        return Rounding.WIDE if wide else Rounding.DOUBLE

    def _attrs(self, name: str, op: str, operator: Any) -> dict[str, Any]:
        schema = SCHEMA[op]
        if schema.table is None or not schema.options:
            return {}
        options = getattr(tflite, schema.table)()
        expected = getattr(tflite.BuiltinOptions, schema.table)
        union = operator.BuiltinOptions()
        if union is None:
            if op == "RESHAPE":
                return {}
            raise ModelError(f"{name}: its options are missing")
        if operator.BuiltinOptionsType() != expected:
            raise ModelError(f"{name}: its options are those of another operator")
        options.Init(union.Bytes, union.Pos)
        return {
            option.attr: self._option(name, option, options) for option in schema.options if _present(option, options)
        }

    def _option(self, name: str, option: Option, options: Any) -> Any:
        if option.kind == "vector":
            return tuple(int(value) for value in numbers(options, option.fields[0], _MOST_DIMENSIONS))
        values = [getattr(options, field)() for field in option.fields]
        if option.kind in ENUMS:
            if values[0] not in ENUMS[option.kind]:
                raise ModelError(f"{name}: {option.attr} {values[0]} is unknown")
            return ENUMS[option.kind][values[0]]
        kind: Mapping[str, Any] = {"int": int, "bool": bool, "float": float}
        converted = [kind[option.kind](value) for value in values]
        return converted[0] if len(converted) == 1 else tuple(converted)

    # -- streaming state ----------------------------------------------------------------------------------------

    def _handle(self, operator: Any) -> _Handle:
        options = tflite.VarHandleOptions()
        union = operator.BuiltinOptions()
        options.Init(union.Bytes, union.Pos)
        return _Handle(f"{text(options.Container())}/{text(options.SharedName())}".strip("/"))

    def _variable(
        self,
        name: str,
        handle: int,
        op: str,
        inputs: list[int],
        outputs: list[int],
        tensors: list[Tensor | int],
        handles: dict[int, _Handle],
    ) -> str:
        if handle not in handles:
            raise ModelError(f"{name}: its variable handle is not written before")
        variable = handles[handle].variable
        if variable not in self.variables:
            raise ModelError(f"{name}: variable '{variable}' has no initial value")
        value = tensors[(outputs if op == "READ_VARIABLE" else inputs)[0]]
        initial = self.variables[variable].initial
        if isinstance(value, int) or value.shape != initial.shape or value.dtype.numpy != initial.dtype:
            raise ModelError(f"{name}: its tensor does not fit variable '{variable}' of shape {list(initial.shape)}")
        return variable

    def _read_initial_values(self, operator: Any) -> None:
        options = tflite.CallOnceOptions()
        union = operator.BuiltinOptions()
        options.Init(union.Bytes, union.Pos)
        number = int(options.InitSubgraphIndex())
        if not 0 < number < len(self.subgraphs):
            raise ModelError(f"CALL_ONCE: subgraph {number} does not exist")
        subgraph = self.subgraphs[number]
        tensors, handles = self._tensors(subgraph)
        for index, inner in enumerate(tables(subgraph, "Operators", self.most)):
            op = self.codes[int(inner.OpcodeIndex())]
            inputs = [int(i) for i in numbers(inner, "Inputs", self.most)]
            outputs = [int(i) for i in numbers(inner, "Outputs", self.most)]
            if op == "VAR_HANDLE":
                handles[outputs[0]] = self._handle(inner)
            elif op == "ASSIGN_VARIABLE":
                value = tensors[inputs[1]]
                if isinstance(value, int) or value.data is None:
                    raise ModelError(f"initial value of operator {index} in subgraph {number} is not constant")
                variable = handles[inputs[0]].variable
                self.variables[variable] = Variable(variable, value.data, value.quant)
            else:
                raise UnsupportedError(
                    f"operator {index} of subgraph {number}", op, "state may only be set to constants"
                )


def _present(option: Option, options: Any) -> bool:
    """An absent vector is left out, so that RESHAPE without ``new_shape`` falls back on its second input."""
    return option.kind != "vector" or int(getattr(options, f"{option.fields[0]}Length")()) > 0
