"""The graph: small frozen dataclasses and the check that runs after every pass.

A :class:`Graph` is a list of nodes in execution order over named tensors of static shape. In an integer graph every
activation is an integer, ``real = scale * (q - zero_point)``; in a float graph activations are float32, and quantizing
turns the one into the other. Layers that the user switches to float are islands in the integer graph: their operators'
names begin with ``FLOAT_``, and their tensors are float32 or float16.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError

Array = NDArray[Any]


#: What the names of operators begin with that compute in float within an integer graph.
FLOAT_PREFIX = "FLOAT_"


class DType(enum.Enum):
    """Element types of tensors, named as in TFLite."""

    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"
    BOOL = "bool"

    @property
    def is_float(self) -> bool:
        """Whether elements are real numbers."""
        return self in (DType.FLOAT16, DType.FLOAT32)

    @property
    def numpy(self) -> np.dtype[Any]:
        """The numpy dtype that stores one element."""
        return np.dtype(self.value)

    @property
    def bytes(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value of an integer type."""
        info = np.iinfo(self.numpy)
        return int(info.min), int(info.max)


class Rounding(enum.Enum):
    """Requantization policies, see :mod:`bitwright.converter.fixedpoint`."""

    DOUBLE = "double"
    SINGLE = "single"
    FLOOR = "floor"
    POW2 = "pow2"
    WIDE = "wide"  # int64 accumulators of 16x8 models: 16-bit multiplier, one round-half-up


@dataclass(frozen=True)
class Quantization:
    """Affine quantization of a tensor.

    Attributes:
        scale: one float32 value, or one per index of ``axis``.
        zero_point: as many integers as scales.
        axis: the quantized dimension; ``None`` when per tensor.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int | None = None


@dataclass(frozen=True, eq=False)
class Tensor:
    """A named tensor of static shape; constant when ``data`` is given.

    ``stored``: of a float tensor whose grid ``quant`` is already chosen, the integer type that it will become.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: Quantization | None = None
    data: Array | None = None
    stored: DType | None = None

    @property
    def elements(self) -> int:
        """Number of elements (1 for a scalar)."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.elements * self.dtype.bytes

    @property
    def is_constant(self) -> bool:
        """Whether the value is known at build time."""
        return self.data is not None

    @property
    def scale(self) -> float:
        """The per-tensor scale. Raises ModelError when there is none or when there are several."""
        if self.quant is None or len(self.quant.scale) != 1:
            raise ModelError(f"tensor '{self.name}': a per-tensor scale is needed")
        return self.quant.scale[0]

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point. Raises ModelError when there is none or when there are several."""
        if self.quant is None or len(self.quant.zero_point) != 1:
            raise ModelError(f"tensor '{self.name}': a per-tensor zero point is needed")
        return self.quant.zero_point[0]

    def value(self) -> Array:
        """The constant's value. Raises ModelError when the tensor is not constant."""
        if self.data is None:
            raise ModelError(f"tensor '{self.name}': its value must be known at build time")
        return self.data


@dataclass(frozen=True)
class Node:
    """One operator: ``op`` is the TFLite operator name, an absent optional input is ``None``."""

    name: str
    op: str
    inputs: tuple[str | None, ...]
    outputs: tuple[str, ...]
    attrs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    rounding: Rounding = Rounding.DOUBLE

    @property
    def in_float(self) -> bool:
        """Whether the node is of a layer that is switched to float in an integer graph, or a way into or out of one."""
        return self.op.startswith(FLOAT_PREFIX)

    @property
    def plain(self) -> Node:
        """The node as it would be outside of layers in float."""
        return replace(self, op=self.op.removeprefix(FLOAT_PREFIX))

    @property
    def states(self) -> tuple[str, ...]:
        """The variables that the operator itself reads and writes anew, in the order of its definition."""
        return tuple(self.attrs.get("states", ()))


@dataclass(frozen=True, eq=False)
class Variable:
    """State that outlives one inference; ``initial`` is its value after a reset."""

    name: str
    initial: Array
    quant: Quantization | None = None


@dataclass(frozen=True)
class Edge:
    """How the original model typed and laid out a graph input or output that Bitwright keeps otherwise.

    Attributes:
        dtype: FLOAT32 where the model quantized or dequantized at its edge, UINT8 where the model was converted to
            int8 at the door.
        permutation: from the model's dimensions to the graph's, as numpy.transpose takes it (channels-first models
            are kept channels-last); None where they are the same.
    """

    dtype: DType
    permutation: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """A network in execution order.

    Attributes:
        tensors: every tensor by its unique name.
        inputs: tensor names in the order of the model's signature.
        outputs: the same.
        variables: streaming state by name; nodes refer to them by the attribute ``variable``.
        edges: inputs and outputs whose original type differs from the tensor's.
        digest: SHA-256 (hex) of the model file.
        stride: of a network that listens to a stream, the samples of one push, of which its one input is a multiple;
            else 0.
    """

    name: str
    tensors: Mapping[str, Tensor]
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    edges: Mapping[str, Edge] = field(default_factory=dict)
    digest: str = ""
    stride: int = 0

    def tensor(self, name: str | None) -> Tensor:
        """The tensor of that name. Raises ModelError when it is absent."""
        if name is None or name not in self.tensors:
            raise ModelError(f"tensor '{name}' is missing")
        return self.tensors[name]

    def input(self, node: Node, index: int) -> Tensor:
        """Input ``index`` of a node. Raises ModelError when it is absent."""
        if index >= len(node.inputs) or node.inputs[index] is None:
            raise ModelError(f"{node.name} ({node.op}): input {index} is missing")
        return self.tensor(node.inputs[index])

    def optional_input(self, node: Node, index: int) -> Tensor | None:
        """Input ``index`` of a node, or None where it is left out."""
        if index >= len(node.inputs) or node.inputs[index] is None:
            return None
        return self.tensor(node.inputs[index])

    def output(self, node: Node, index: int = 0) -> Tensor:
        """Output ``index`` of a node. Raises ModelError when it is absent."""
        if index >= len(node.outputs):
            raise ModelError(f"{node.name} ({node.op}): output {index} is missing")
        return self.tensor(node.outputs[index])

    @property
    def is_float(self) -> bool:
        """Whether some activation is float outside of layers that are switched to float, so that the graph must be
        quantized before it can become firmware."""
        names = {*self.inputs, *self.outputs}
        names |= {n for node in self.nodes if not node.in_float for n in (*node.inputs, *node.outputs) if n is not None}
        return any(tensor.dtype.is_float for tensor in self.activations() if tensor.name in names)

    @property
    def float_types(self) -> frozenset[DType]:
        """The types of float tensors that layers switched to float write."""
        types = {self.tensor(name).dtype for node in self.nodes if node.in_float for name in node.outputs}
        return frozenset(kind for kind in types if kind.is_float)

    def producers(self) -> dict[str, Node]:
        """The node that writes each activation."""
        return {name: node for node in self.nodes for name in node.outputs}

    def with_nodes(self, nodes: tuple[Node, ...]) -> Graph:
        """The same graph with other nodes."""
        return replace(self, nodes=nodes)

    def activations(self) -> Iterator[Tensor]:
        """Every non-constant tensor that a node or the signature uses, once."""
        seen: set[str] = set()
        names = [*self.inputs, *self.outputs]
        for node in self.nodes:
            names += [name for name in (*node.inputs, *node.outputs) if name is not None]
        for name in names:
            tensor = self.tensors[name]
            if name not in seen and not tensor.is_constant:
                seen.add(name)
                yield tensor


def check(graph: Graph) -> Graph:
    """The specification of a valid graph; runs after every pass and returns the graph.

    Raises:
        ModelError: inputs or outputs that are missing, constant or listed twice, an undefined or twice written tensor,
            operators out of order, a constant whose value does not fit its shape, or a variable that does not fit.
    """
    _check_tensors(graph)
    defined = {name for name, tensor in graph.tensors.items() if tensor.is_constant}
    defined.update(graph.inputs)
    written: set[str] = set(graph.inputs)
    names: set[str] = set()
    for node in graph.nodes:
        place = f"{node.name} ({node.op})"
        if node.name in names:
            raise ModelError(f"two operators are named '{node.name}'")
        names.add(node.name)
        for source in node.inputs:
            if source is not None and source not in defined:
                raise ModelError(
                    f"{place}: input '{source}' is read before anything writes it "
                    "(the operators are unsorted or form a cycle)"
                )
        for target in node.outputs:
            if target not in graph.tensors or target in written or graph.tensors[target].is_constant:
                raise ModelError(f"{place}: output '{target}' is missing, constant, an input or written twice")
            written.add(target)
            defined.add(target)
        if missing := [name for name in node.states if name not in graph.variables]:
            raise ModelError(f"{place}: unknown variable '{missing[0]}'")
        if "variable" in node.attrs:
            _check_variable(graph, node)
        elif not node.outputs:
            raise ModelError(f"{place}: it has no output")
    for name in graph.outputs:
        if name not in defined:
            raise ModelError(f"graph output '{name}' is never written")
    _check_stride(graph)
    return graph


def _check_stride(graph: Graph) -> None:
    """What is pushed is a whole share of the one input of a network with state."""
    if not graph.stride:
        return
    elements = graph.tensor(graph.inputs[0]).elements
    if len(graph.inputs) != 1 or not graph.variables or graph.stride < 1 or elements % graph.stride:
        raise ModelError(f"a stride of {graph.stride} samples does not fit the inputs of '{graph.name}'")


def _check_tensors(graph: Graph) -> None:
    if not graph.inputs or not graph.outputs:
        raise ModelError(
            f"the network has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; it needs one of each"
        )
    if len(set(graph.inputs)) != len(graph.inputs):
        raise ModelError("a tensor is listed twice among the inputs")
    for what, names in (("input", graph.inputs), ("output", graph.outputs)):
        for name in names:
            if graph.tensor(name).is_constant:
                raise ModelError(f"graph {what} '{name}' is a constant; it must be an activation")
    for name, tensor in graph.tensors.items():
        if tensor.data is not None and tensor.data.shape != tensor.shape:
            raise ModelError(f"tensor '{name}': value of shape {tensor.data.shape}, declared {tensor.shape}")
        if tensor.quant is not None:
            _check_quantization(tensor, tensor.quant)
    for name, edge in graph.edges.items():
        rank = len(graph.tensor(name).shape)
        if edge.permutation is not None and sorted(edge.permutation) != list(range(rank)):
            raise ModelError(f"tensor '{name}': {edge.permutation} is no permutation of its {rank} dimensions")


def _check_quantization(tensor: Tensor, quant: Quantization) -> None:
    count, axis = len(quant.scale), quant.axis
    per_axis = axis is not None and 0 <= axis < len(tensor.shape) and tensor.shape[axis] == count
    if len(quant.zero_point) != count or not (count == 1 or per_axis):
        raise ModelError(
            f"tensor '{tensor.name}': {count} scales and {len(quant.zero_point)} zero points along axis {axis} do not "
            f"match shape {list(tensor.shape)}"
        )
    if tensor.dtype in (DType.INT8, DType.UINT8, DType.INT16, DType.INT32):
        low, high = tensor.dtype.limits
        if min(quant.zero_point) < low or max(quant.zero_point) > high:
            raise ModelError(f"tensor '{tensor.name}': a zero point is outside {tensor.dtype.value}")


def _check_variable(graph: Graph, node: Node) -> None:
    """A node on a variable reads or writes one tensor of the variable's shape and type."""
    place, variable = f"{node.name} ({node.op})", graph.variables.get(node.attrs["variable"])
    if variable is None:
        raise ModelError(f"{place}: unknown variable '{node.attrs['variable']}'")
    operands = [*node.inputs, *node.outputs]
    if len(operands) != 1 or operands[0] is None:
        raise ModelError(f"{place}: {len(operands)} operands beside the variable; it takes one")
    tensor = graph.tensor(operands[0])
    if tensor.shape != variable.initial.shape or tensor.dtype.numpy != variable.initial.dtype:
        raise ModelError(
            f"{place}: tensor '{tensor.name}' of {tensor.dtype.value} {list(tensor.shape)} does not fit variable "
            f"'{variable.name}' of {variable.initial.dtype} {list(variable.initial.shape)}"
        )
