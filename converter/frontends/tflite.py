"""Reads a quantized ``.tflite`` file into a graph, strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tflite

from ...errors import ModelError, UnsupportedError
from ..form import check_form
from ..ir import DType, Graph, Node, Rounding, Tensor, Variable, check
from ..limits import MOST_DIMENSIONS, MOST_OPERATORS, MOST_TENSORS, check_size
from ..tflite_schema import ENUMS, OPERATOR_CODES, SCHEMA, Option
from .door import signed_at_the_door
from .flatbuffer import Vectors, reading
from .tflite_tensors import Tensors

#: Index of the bias of every operator that has a 16x8 form.
_BIAS_INDEX = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}


def read_tflite(data: bytes, name: str) -> Graph:
    """The graph of a TFLite file.

    Args:
        data: the file's bytes.
        name: name of the graph.

    Raises:
        ModelError: the file is damaged, inconsistent, too large or has dynamic shapes.
        UnsupportedError: it uses an operator or type that is not served.
    """
    if len(data) < 16 or data[4:8] != b"TFL3":
        raise ModelError(f"'{name}' is not a TFLite file (identifier TFL3 is missing)")
    with reading(f"'{name}'"):
        return check(signed_at_the_door(check_form(check_size(_Reader(data, name).read()))))


class _Reader:
    """Reads one file; ``handles`` of a subgraph map the tensors of type RESOURCE to the variables they refer to."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.vectors = Vectors(len(data))
        self.model = tflite.Model.GetRootAsModel(data, 0)
        if self.model.Version() != 3:
            raise ModelError(f"schema version {self.model.Version()} is not served (3 is)")
        self.codes = [self._code(c) for c in self.vectors.tables(self.model, "OperatorCodes", MOST_OPERATORS)]
        self.subgraphs = self.vectors.tables(self.model, "Subgraphs", MOST_TENSORS)
        if not self.subgraphs:
            raise ModelError("the file holds no subgraph")
        self.variables: dict[str, Variable] = {}
        self.initialised: set[int] = set()

    def _code(self, code: Any) -> str:
        number = max(int(code.DeprecatedBuiltinCode()), int(code.BuiltinCode()))
        op = OPERATOR_CODES.get(number, f"operator {number}")
        return f"CUSTOM {self.vectors.text(code, 'CustomCode')}" if op == "CUSTOM" else op

    def read(self) -> Graph:
        """The main subgraph."""
        subgraph = self.subgraphs[0]
        tensors = Tensors(self.vectors, self.model, subgraph)
        handles: dict[int, str] = {}
        nodes: list[Node] = []
        for index, operator in enumerate(self.vectors.tables(subgraph, "Operators", MOST_OPERATORS)):
            with reading(f"operator {index}"):
                node = self._node(index, operator, tensors, handles)
            if node is not None:
                nodes.append(node)
        inputs, outputs = self._ports(subgraph, "Inputs", tensors), self._ports(subgraph, "Outputs", tensors)
        kept = {tensor.name: tensor for tensor in tensors.read.values()}
        return Graph(self.name, kept, tuple(nodes), inputs, outputs, self.variables)

    def _ports(self, subgraph: Any, field: str, tensors: Tensors) -> tuple[str, ...]:
        indices, place = self.vectors.numbers(subgraph, field).tolist(), f"graph {field.lower()}"
        with reading(place):
            for index in indices if field == "Inputs" else ():
                tensors.check_static(index, place)
            return tuple(tensors.get(index, place).name for index in indices)

    # -- operators ----------------------------------------------------------------------------------------------

    def _node(self, index: int, operator: Any, tensors: Tensors, handles: dict[int, str]) -> Node | None:
        op = self._op(f"operator {index}", operator)
        name = f"{op.lower().replace(' ', '_')}_{index}"
        if op not in SCHEMA:
            raise UnsupportedError(name, op, "this operator is not served; `bitwright ops` lists those that are")
        inputs, outputs = self._operands(operator)
        if op == "CALL_ONCE":
            self._read_initial_values(name, operator)
            return None
        if op == "VAR_HANDLE":
            handles[_at(name, outputs, 0)] = self._shared_name(name, operator)
            return None
        attrs = self._attrs(name, op, operator)
        if op in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            attrs["variable"] = self._variable(name, inputs, handles)
            inputs = inputs[1:]
        schema = SCHEMA[op]
        if schema.states:
            attrs["states"] = tuple(self._state(name, inputs, place, tensors) for place in schema.states)
            inputs = [tensor for place, tensor in enumerate(inputs) if place not in schema.states]
        if schema.intermediates:
            attrs["intermediates"] = self._intermediates(name, operator, schema.intermediates, tensors)
        sources = [None if i == -1 else tensors.get(i, name) for i in inputs]
        targets = [tensors.get(i, name) for i in outputs]
        operands = tuple(None if tensor is None else tensor.name for tensor in sources)
        return Node(name, op, operands, tuple(t.name for t in targets), attrs, _rounding(op, sources, targets))

    def _op(self, place: str, operator: Any) -> str:
        code = int(operator.OpcodeIndex())
        if code >= len(self.codes):
            raise ModelError(f"{place}: operator code {code} does not exist; the file holds {len(self.codes)}")
        return self.codes[code]

    def _operands(self, operator: Any) -> tuple[list[int], list[int]]:
        return self.vectors.numbers(operator, "Inputs").tolist(), self.vectors.numbers(operator, "Outputs").tolist()

    def _attrs(self, name: str, op: str, operator: Any) -> dict[str, Any]:
        schema = SCHEMA[op]
        if schema.table is None or not schema.options:
            return {}
        if op == "RESHAPE" and operator.BuiltinOptions() is None:
            return {}
        options = _options(name, schema.table, operator)
        return {o.attr: self._option(name, o, options) for o in schema.options if _present(o, options)}

    def _option(self, name: str, option: Option, options: Any) -> Any:
        if option.kind == "vector":
            values = self.vectors.numbers(options, option.fields[0]).tolist()
            if len(values) > MOST_DIMENSIONS:
                raise ModelError(f"{name}: {option.attr} of {len(values)} dimensions; up to {MOST_DIMENSIONS} are read")
            return tuple(values)
        values = [getattr(options, field)() for field in option.fields]
        if option.kind in ENUMS:
            if values[0] not in ENUMS[option.kind]:
                raise ModelError(f"{name}: {option.attr} {values[0]} is unknown")
            return ENUMS[option.kind][values[0]]
        kind: Mapping[str, Any] = {"int": int, "bool": bool, "float": float}
        converted = [kind[option.kind](value) for value in values]
        return converted[0] if len(converted) == 1 else tuple(converted)

    def _intermediates(
        self, name: str, operator: Any, count: int, tensors: Tensors
    ) -> tuple[tuple[float, int] | None, ...]:
        """Scale and zero point of each, None where the file gives none."""
        indices = self.vectors.numbers(operator, "Intermediates").tolist()
        if len(indices) not in (0, count):
            raise ModelError(f"{name}: {len(indices)} intermediate tensors; it has {count}")
        quants = [tensors.grid(index, name) for index in indices]
        return tuple(None if q is None else (q.scale[0], q.zero_point[0]) for q in quants)

    # -- streaming state ----------------------------------------------------------------------------------------

    def _state(self, name: str, inputs: list[int], place: int, tensors: Tensors) -> str:
        """The variable for a tensor that an operator keeps; it starts with real zeros."""
        tensor = tensors.get(_at(name, inputs, place), name)
        tensors.read.pop(inputs[place])  # no tensor of the graph, which holds the variable instead
        if tensor.data is not None:
            raise ModelError(f"{name}: its state '{tensor.name}' is a constant")
        if tensor.name in self.variables:
            raise ModelError(f"{name}: its state '{tensor.name}' is another operator's, too")
        zero = tensor.zero_point if tensor.dtype is DType.INT8 and tensor.quant is not None else 0
        self.variables[tensor.name] = Variable(
            tensor.name, np.full(tensor.shape, zero, tensor.dtype.numpy), tensor.quant
        )
        return tensor.name

    def _shared_name(self, name: str, operator: Any) -> str:
        options = _options(name, "VarHandleOptions", operator)
        names = (self.vectors.text(options, field) for field in ("Container", "SharedName"))
        return "/".join(names).strip("/")

    def _variable(self, name: str, inputs: list[int], handles: dict[int, str]) -> str:
        """The variable that a READ_VARIABLE or ASSIGN_VARIABLE refers to by its first input."""
        handle = _at(name, inputs, 0)
        if handle not in handles:
            raise ModelError(f"{name}: tensor {handle} is no handle of a variable that an operator before it opened")
        variable = handles[handle]
        if variable not in self.variables:
            raise ModelError(f"{name}: variable '{variable}' has no initial value")
        return variable

    def _read_initial_values(self, name: str, operator: Any) -> None:
        number = int(_options(name, "CallOnceOptions", operator).InitSubgraphIndex())
        if not 0 < number < len(self.subgraphs):
            raise ModelError(f"{name}: subgraph {number} cannot be called; the file holds {len(self.subgraphs)}")
        if number in self.initialised:
            return
        self.initialised.add(number)
        subgraph = self.subgraphs[number]
        tensors = Tensors(self.vectors, self.model, subgraph)
        handles: dict[int, str] = {}
        for index, inner in enumerate(self.vectors.tables(subgraph, "Operators", MOST_OPERATORS)):
            place = f"operator {index} of subgraph {number}"
            with reading(place):
                op = self._op(place, inner)
                inputs, outputs = self._operands(inner)
                if op == "VAR_HANDLE":
                    handles[_at(place, outputs, 0)] = self._shared_name(place, inner)
                elif op == "ASSIGN_VARIABLE":
                    self._set_initial_value(place, inputs, tensors, handles)
                else:
                    raise UnsupportedError(place, op, "state may only be set to constants")

    def _set_initial_value(self, place: str, inputs: list[int], tensors: Tensors, handles: dict[int, str]) -> None:
        handle, value = _at(place, inputs, 0), tensors.get(_at(place, inputs, 1), place)
        if handle not in handles:
            raise ModelError(f"{place}: tensor {handle} is no handle of a variable that an operator before it opened")
        if value.data is None:
            raise ModelError(f"{place}: initial value '{value.name}' is not constant")
        self.variables[handles[handle]] = Variable(handles[handle], value.data, value.quant)


def _options(name: str, table: str, operator: Any) -> Any:
    """The options of an operator, which must be of that table."""
    union = operator.BuiltinOptions()
    if union is None:
        raise ModelError(f"{name}: its options are missing")
    if operator.BuiltinOptionsType() != getattr(tflite.BuiltinOptions, table):
        raise ModelError(f"{name}: its options are those of another operator")
    options = getattr(tflite, table)()
    options.Init(union.Bytes, union.Pos)
    return options


def _at(place: str, operands: list[int], position: int) -> int:
    if position >= len(operands):
        raise ModelError(f"{place}: operand {position} is missing")
    return operands[position]


def _rounding(op: str, inputs: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> Rounding:
    """16x8 operators accumulate in int64 and round by WIDE where their bias is int64, and depthwise ones always;
    with an int32 bias or none they accumulate in int32 and round by DOUBLE (tflite-runtime 2.14, measured)."""
    if op not in _BIAS_INDEX or not outputs or outputs[0].dtype is not DType.INT16:
        return Rounding.DOUBLE
    bias = inputs[_BIAS_INDEX[op]] if len(inputs) > _BIAS_INDEX[op] else None
    wide = op == "DEPTHWISE_CONV_2D" or (bias is not None and bias.dtype is DType.INT64)
    return Rounding.WIDE if wide else Rounding.DOUBLE


def _present(option: Option, options: Any) -> bool:
    """An absent vector is left out, so that RESHAPE without ``new_shape`` falls back on its second input."""
    return option.kind != "vector" or int(getattr(options, f"{option.fields[0]}Length")()) > 0
