"""Runs a float graph in numpy: what calibration observes and what integer networks are judged against.

Where tensors carry a quantization (see :mod:`bitwright.converter.quantize.annotate`) the same run can *simulate* it:
every annotated value is rounded to its grid as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..errors import InputError, UnsupportedError
from .ir import Array, DType, Graph, Node, Tensor
from .ops import OPERATORS

#: Called with a tensor's name and its value for the batch, as soon as it is known.
Visitor = Callable[[str, Array], None]


def run_float(
    graph: Graph, inputs: Sequence[Array], visit: Visitor | None = None, simulate: bool = False
) -> list[Array]:
    """The graph's outputs for a batch.

    Args:
        inputs: one float32 array per graph input, of the tensor's shape with any leading dimension in the place of a
            declared 1, or before another.
        visit: sees every activation, inputs included, in order of execution.
        simulate: round every annotated tensor to its grid.

    Raises:
        InputError: number or shapes of the inputs are wrong.
        UnsupportedError: an operator has no float form.
    """
    inputs = _checked(graph, inputs)
    batched = any(value.shape != graph.tensor(name).shape for name, value in zip(graph.inputs, inputs, strict=True))
    if batched and not takes_batches(graph):
        return _sample_by_sample(graph, inputs, visit, simulate)
    values = dict(zip(graph.inputs, inputs, strict=True))
    last = {name: index for index, node in enumerate(graph.nodes) for name in node.inputs if name is not None}
    kept = set(graph.outputs)
    for name in graph.inputs:
        values[name] = _arrived(graph.tensor(name), values[name], visit, simulate)
    for index, node in enumerate(graph.nodes):
        results = run_node(graph, node, [_operand(graph, values, name, simulate) for name in node.inputs])
        for name, value in zip(node.outputs, results, strict=True):
            values[name] = _arrived(graph.tensor(name), value, visit, simulate)
        for source in node.inputs:
            if source in values and last[source] == index and source not in kept:
                del values[source]
    return [_operand(graph, values, name, simulate) for name in graph.outputs]  # type: ignore[misc]


def takes_batches(graph: Graph) -> bool:
    """Whether every activation has a leading dimension of 1, in the place of which a batch can run at once."""
    return all(tensor.shape[:1] == (1,) for tensor in graph.activations())


def run_node(graph: Graph, node: Node, operands: Sequence[Array | None]) -> list[Array]:
    """The float outputs of one node. Raises UnsupportedError."""
    operator = OPERATORS.get(node.op)
    if operator is None or operator.float_reference is None:
        raise UnsupportedError(node.name, node.op, "this operator has no float form")
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # calibration names what is not finite
        return operator.float_reference(graph, node, operands)


def batches(arrays: Sequence[Array], size: int = 32) -> Iterator[list[Array]]:
    """Slices of up to ``size`` samples along the leading dimension of every array."""
    for start in range(0, len(arrays[0]), size):
        yield [array[start : start + size] for array in arrays]


def simulated(tensor: Tensor, value: Array) -> Array:
    """The value rounded to the tensor's grid: ``S * (clamp(round(x / S) + Z) - Z)``; unchanged without a grid."""
    quant = tensor.quant
    if quant is None or tensor.stored is None or tensor.dtype is not DType.FLOAT32:
        return value
    low, high = tensor.stored.limits
    shape = [1] * value.ndim
    if quant.axis is not None:
        shape[quant.axis] = -1
    scale = np.asarray(quant.scale, np.float32).reshape(shape)
    zero_point = np.asarray(quant.zero_point, np.float32).reshape(shape)
    levels = np.clip(np.rint(value / scale) + zero_point, low, high)
    rounded: Array = (levels - zero_point) * scale
    return rounded.astype(np.float32)


def _sample_by_sample(graph: Graph, inputs: Sequence[Array], visit: Visitor | None, simulate: bool) -> list[Array]:
    """Networks that move the leading dimension elsewhere (attention) see one sample at a time; results are joined."""
    seen: dict[str, list[Array]] = {}

    def collect(name: str, value: Array) -> None:
        seen.setdefault(name, []).append(np.atleast_1d(value))

    turns = [graph.tensor(name).shape != value.shape for name, value in zip(graph.inputs, inputs, strict=True)]
    runs = [
        run_float(
            graph,
            [
                _sample(graph.tensor(name), value, i) if turn else value
                for name, value, turn in zip(graph.inputs, inputs, turns, strict=True)
            ],
            None if visit is None else collect,
            simulate,
        )
        for i in range(max(len(value) for value, turn in zip(inputs, turns, strict=True) if turn))
    ]
    if visit is not None:
        for name, values in seen.items():
            visit(name, np.concatenate(values))
    return [np.concatenate([np.atleast_1d(value) for value in values]) for values in zip(*runs, strict=True)]


def _sample(tensor: Tensor, value: Array, index: int) -> Array:
    return value[index : index + 1] if value.ndim == len(tensor.shape) else value[index]


def _arrived(tensor: Tensor, value: Array, visit: Visitor | None, simulate: bool) -> Array:
    result = simulated(tensor, value) if simulate else value
    if visit is not None:
        visit(tensor.name, result)
    return result


def _operand(graph: Graph, values: dict[str, Array], name: str | None, simulate: bool) -> Array | None:
    if name is None:
        return None
    if name in values:
        return values[name]
    tensor = graph.tensor(name)
    return simulated(tensor, tensor.value()) if simulate else tensor.value()


def _checked(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    if len(inputs) != len(graph.inputs):
        raise InputError(f"the model has {len(graph.inputs)} inputs, {len(inputs)} were given")
    result = []
    for name, value in zip(graph.inputs, inputs, strict=True):
        tensor = graph.tensor(name)
        array = np.asarray(value, np.float32) if tensor.dtype is DType.FLOAT32 else np.asarray(value)
        if tensor.shape[:1] == (1,):
            fits = array.ndim == len(tensor.shape) and array.shape[1:] == tensor.shape[1:] and len(array) > 0
        else:
            fits = array.shape == tensor.shape or (array.shape[1:] == tensor.shape and len(array) > 0)
        if not fits:
            raise InputError(f"input '{name}' must be of shape {list(tensor.shape)}, found {list(array.shape)}")
        result.append(array)
    return result
