"""Walks an ONNX graph: constants are computed, every other node is lowered under its own name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ....errors import BitwrightError, ModelError, UnsupportedError
from ...ir import Array, DType, Graph
from ...limits import check_size
from ..builder import GraphBuilder
from ..emitter import Shared
from .call import Activation, Call, Constant, Value
from .folding import FOLDED, fold
from .functions import GELU, find_gelus
from .model import array, batch_names, first_line, initializers, input_shape, open_model, versions
from .table import DOMAINS, MOVING, REFUSED

_QUANTIZED_INPUTS = {2: "uint8", 3: "int8"}  # of TensorProto.DataType
_FLOAT_INPUTS = (1, 10, 11, 16)
_INDEX_INPUTS = (5, 6, 7)  # int16, int32 and int64
#: Where operators take whole numbers of run time: indices of rows, and lengths of sequences.
_WHOLE = {"Gather": 1, "RNN": 4, "GRU": 4, "LSTM": 4}


def read_onnx(source: bytes | str | Path, name: str | None = None) -> Graph:
    """Read an ONNX network into a float graph; nodes, inputs and outputs keep their names.

    Args:
        source: the file's content, or its path.
        name: of the graph; that of the file or in the file when absent.

    Raises:
        UnsupportedError: an operator, a type, a dynamic dimension or an operator set is not served; names the node.
        ModelError: the file cannot be read, is damaged, inconsistent or too large.
        ToolError: the package onnx is not installed.
    """
    if isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        try:
            data, name = path.read_bytes(), name or path.stem
        except OSError as error:
            raise ModelError(f"'{path}' cannot be read: {error.strerror}") from error
    model = open_model(data, name or "model")
    with np.errstate(all="ignore"):  # weights that are not finite are named when the graph is simplified
        graph = _Reader(model, name or model.graph.name or "model").read()
    return replace(check_size(graph), digest=hashlib.sha256(data).hexdigest())


class _Reader:
    """One reading of one model."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self._graph = GraphBuilder(name)
        self._shared = Shared(self._graph)
        self._versions = versions(model)
        self._values: dict[str, Value] = {}
        self._readers: dict[str, list[Any]] = {}
        self._bound: dict[str, set[str]] = {}
        self._nodes = list(model.graph.node)  # one wrapper of each, since some are told apart by id
        self._outputs = frozenset(output.name for output in model.graph.output)
        for node in self._nodes:
            for source in node.input:
                self._readers.setdefault(source, []).append(node)

    def read(self) -> Graph:
        """The float graph. Raises UnsupportedError or ModelError."""
        graph = self._model.graph
        constants = initializers(self._model)
        for name, value in constants.items():
            self._values[name] = Constant(name, value)
        inputs = [value for value in graph.input if value.name not in constants]
        batch = batch_names(inputs)
        for value in inputs:
            self._bind(value.name, self._input(value, input_shape(value, batch)))
        gelus = find_gelus(self._nodes, self._known)
        for index, node in enumerate(self._nodes):
            if id(node) in gelus.parts:
                continue
            place = node.name or (node.output[0] if node.output and node.output[0] else f"{node.op_type}_{index}")
            try:
                outputs = self._computed(node, place, gelus.source(node))
            except BitwrightError:
                raise
            except (ValueError, LookupError, TypeError, OverflowError, AttributeError, ArithmeticError) as error:
                raise ModelError(
                    f"{place} ({node.op_type}): its inputs or attributes do not fit: {first_line(error)}"
                ) from error
            for name, result in zip(node.output, outputs, strict=False):
                if name and result is not None:
                    self._bind(name, result)
        return self._finished()

    def _input(self, value: Any, shape: tuple[int, ...]) -> Activation:
        kind = value.type.tensor_type.elem_type
        if kind in _FLOAT_INPUTS:
            return Activation(self._graph.input(value.name, shape))
        if kind in _QUANTIZED_INPUTS:
            return Activation(self._graph.input(value.name, shape), quantized=True)
        if kind in _INDEX_INPUTS and self._is_whole(value.name):
            return Activation(self._graph.input(value.name, shape, DType.INT32))
        raise UnsupportedError(value.name, "input", "inputs of this type are not served; use float32")

    def _is_whole(self, name: str) -> bool:
        """Whether all that read a value take whole numbers there, be they of another type first."""
        for node in self._nodes:
            for place, source in enumerate(node.input):
                if source != name or _WHOLE.get(node.op_type) == place:
                    continue
                if node.op_type not in ("Cast", "Identity") or not self._is_whole(node.output[0]):
                    return False
        return True

    def _bind(self, name: str, value: Value) -> None:
        self._values[name] = value
        if isinstance(value, Activation):
            self._bound.setdefault(value.tensor, set()).add(name)

    def _known(self, name: str) -> Array | None:
        """The value of a constant that is known before the walk: an initializer or the output of a Constant."""
        value = self._values.get(name)
        return value.value if isinstance(value, Constant) else None

    def _computed(self, node: Any, place: str, gelu: str | None) -> Sequence[Value | None]:
        domain = "" if node.domain == "ai.onnx" else node.domain
        inputs = [self._value(node, place, name) for name in ([gelu] if gelu else node.input)]
        op = GELU if gelu else node.op_type
        if domain == "" and op in FOLDED and all(value is None or isinstance(value, Constant) for value in inputs):
            known = [value for value in inputs if not isinstance(value, Activation)]
            return fold(node, self._versions[""], known, [name or place for name in node.output])
        lowering = DOMAINS.get(domain, {}).get(op)
        if lowering is None:
            reason = REFUSED.get(op, "this operator is not served; docs/onnx.md lists those that are")
            raise UnsupportedError(place, f"{domain}.{op}" if domain else op, reason)
        call = Call(
            graph=self._graph,
            name=place,
            op=op,
            version=self._versions.get(domain, 1),
            inputs=tuple(inputs),
            attributes={} if gelu else _attributes(node, place),
            outputs=len(node.output),
            used=frozenset(i for i, name in enumerate(node.output) if name and self._is_used(name)),
            shared=self._shared,
            sole=frozenset(i for i, value in enumerate(inputs) if self._is_quantized_only(value)),
        )
        result = lowering(call)
        results: list[Value | None] = [result] if isinstance(result, Activation | Constant) else list(result)
        return self._on_integers(call, results)

    def _value(self, node: Any, place: str, name: str) -> Value | None:
        if not name:
            return None
        if name not in self._values:
            raise ModelError(f"{place} ({node.op_type}): input '{name}' is not written before it is read")
        return self._values[name]

    def _is_used(self, name: str) -> bool:
        return name in self._readers or name in self._outputs

    def _is_quantized_only(self, value: Value | None) -> bool:
        """Whether all that reads the tensor, under whatever name, quantizes it to one grid."""
        if not isinstance(value, Activation):
            return False
        names = self._bound.get(value.tensor, set())
        if names & self._outputs:
            return False
        readers = [node for name in names for node in self._readers.get(name, [])]
        return all(node.op_type == "QuantizeLinear" for node in readers) and len(set(map(self._grid, readers))) == 1

    def _grid(self, node: Any) -> tuple[object, ...]:
        """What tells one quantization from another: scale, zero point and attributes."""
        values = [self._values.get(name) for name in node.input[1:]]
        constants = [(v.value.dtype.name, v.value.tobytes()) if isinstance(v, Constant) else None for v in values]
        return (*constants, *sorted(attribute.SerializeToString() for attribute in node.attribute))

    def _on_integers(self, call: Call, results: list[Value | None]) -> Sequence[Value | None]:
        """What an operator makes of integers has the grid of its first input, if it only moves or compares them."""
        first = next((value for value in call.inputs if isinstance(value, Activation)), None)
        if first is None or not first.quantized or call.op in ("DequantizeLinear",) or call.op.startswith("Q"):
            return results
        known = self._graph.tensor(first.tensor)
        call.require(
            call.op in MOVING and known.quant is not None, "it is not served on integers; dequantize before it"
        )
        assert known.quant is not None and known.stored is not None
        moved: list[Value | None] = []
        for value in results:
            if isinstance(value, Activation):
                self._graph.annotate(value.tensor, known.quant, known.stored)
                value = Activation(value.tensor, quantized=True)
            moved.append(value)
        return moved

    def _finished(self) -> Graph:
        names, tensors = [], []
        for output in self._model.graph.output:
            value = self._values.get(output.name)
            if not isinstance(value, Activation):
                what = "is not written" if value is None else "does not depend on an input"
                raise ModelError(f"output '{output.name}' {what}")
            names.append(output.name)
            tensors.append(value.tensor)
        return self._graph.finish(tensors, names)


def _attributes(node: Any, place: str) -> Mapping[str, Any]:
    from onnx import AttributeProto, helper

    result: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            raise UnsupportedError(place, node.op_type, "control flow is not served; export one path by tracing it")
        if attribute.type == AttributeProto.TENSOR:
            result[attribute.name] = array(attribute.t)
            continue
        value = helper.get_attribute_value(attribute)
        result[attribute.name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return result
