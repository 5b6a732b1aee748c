"""Makes the grids that a quantized file states enough for integers: none is missing, and operators can compute on them.

QDQ models state the grids of most tensors; runtimes compute the others in float. Here they follow from those around
them where nothing is lost by it, and where an operator cannot go from one grid to another by itself a QUANTIZE does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...errors import UnsupportedError
from ..ir import DType, Graph, Node, Quantization, Tensor
from ..ops.window import window
from ..quantize.annotate import operands, rule_of
from ..quantize.grid import affine_grid, symmetric_scale
from .rewriter import Rewriter, unused

#: Operators whose int8 form is a table, so that it can write any grid although TFLite has one for it.
_TABULATED = ("LOGISTIC", "TANH")
_FROM_DATA = "quantize the float model instead: bitwright quantize MODEL --calibration DATA"


def complete_grids(graph: Graph) -> Graph:
    """The annotated graph with a grid on every float tensor but biases, ready for ``to_integer``.

    Raises:
        UnsupportedError: a grid is missing that does not follow from others; names the tensor or the node.
    """
    rewriter = Rewriter(graph)
    for name in graph.inputs:
        tensor = rewriter.tensors[name]
        if tensor.dtype is DType.FLOAT32 and tensor.stored is None:
            raise UnsupportedError(name, "input", f"the file does not quantize it; {_FROM_DATA}")
    for node in reversed(graph.nodes):
        _before(rewriter, node)
    for name in list(rewriter.nodes):
        node = _with_constants(rewriter, rewriter.nodes[name])
        rule = rule_of(node)
        own = rewriter.tensors[node.outputs[0]].stored or DType.INT8
        if rule.fixed is not None and own in rule.fixed:
            _fix(rewriter, node, rule.fixed)
        elif rule.same:
            _share(rewriter, node)
        for output in node.outputs:
            tensor = rewriter.tensors[output]
            if tensor.dtype is DType.FLOAT32 and tensor.stored is None:
                raise UnsupportedError(node.name, node.op, f"the file does not quantize its output; {_FROM_DATA}")
    return rewriter.finish()


def _before(rewriter: Rewriter, node: Node) -> None:
    """What an operator only moves may be written on the grid of its output right away, where nobody else reads it."""
    target = rewriter.tensors[node.outputs[0]]
    if target.stored is None or not rule_of(node).same:
        return
    for index in operands(_graph(rewriter), node):
        source = rewriter.tensors[str(node.inputs[index])]
        if source.stored is None and source.data is None and rewriter.is_private(source.name):
            _set(rewriter, source.name, target)


def _graph(rewriter: Rewriter) -> Graph:
    return replace(rewriter.graph, tensors=rewriter.tensors)


def _with_constants(rewriter: Rewriter, node: Node) -> Node:
    """The node with a grid on constants in the place of activations, by their range; weights must have theirs."""
    rule = rule_of(node)
    if any(rewriter.tensors[str(node.inputs[matrix.weights])].stored is None for matrix in rule.matrices):
        raise UnsupportedError(node.name, node.op, f"the file does not quantize its weights; {_FROM_DATA}")
    inputs, own = list(node.inputs), rewriter.tensors[node.outputs[0]].stored or DType.INT8
    for index in operands(_graph(rewriter), node):
        tensor = rewriter.tensors[str(inputs[index])]
        if tensor.data is None or tensor.stored is not None:
            continue
        kind = DType.INT16 if index in rule.fine else own
        low, high = float(tensor.data.min(initial=0.0)), float(tensor.data.max(initial=0.0))
        if kind is DType.INT16:
            grid = Quantization((symmetric_scale(max(-low, high), 32767),), (0,))
        else:
            scale, point = affine_grid(low, high)
            grid = Quantization((scale,), (point,))
        inputs[index] = rewriter.constant(tensor.name, tensor.data, replace(tensor, quant=grid, stored=kind))
    if inputs != list(node.inputs):
        rewriter.replace(node, replace(node, inputs=tuple(inputs)))
    return rewriter.nodes[node.name]


def _set(rewriter: Rewriter, name: str, like: Tensor) -> None:
    rewriter.tensors[name] = replace(rewriter.tensors[name], quant=like.quant, stored=like.stored)


def _fix(rewriter: Rewriter, node: Node, fixed: Mapping[DType, tuple[float, int]]) -> None:
    """The one grid that the operator's arithmetic writes; another that is wanted is made of it."""
    target = rewriter.tensors[node.outputs[0]]
    kind = target.stored or DType.INT8
    scale, point = fixed[kind]
    grid = replace(target, quant=Quantization((scale,), (point,)), stored=kind)
    if target.stored is None:
        _set(rewriter, target.name, grid)
    elif target.quant != grid.quant and not (node.op in _TABULATED and kind is DType.INT8):
        _quantize_after(rewriter, node, 0, grid)


def _share(rewriter: Rewriter, node: Node) -> None:
    """Operators that only move or compare values: on their operand's grid, or several operands on their output's."""
    indices = operands(_graph(rewriter), node)
    sources = [rewriter.tensors[str(node.inputs[index])] for index in indices]
    target = rewriter.tensors[node.outputs[0]]
    if len({(source.quant, source.stored) for source in sources}) > 1:
        grid = target if target.stored is not None else max(sources, key=lambda tensor: tensor.scale)
        node = _quantize_before(rewriter, node, indices, grid)
        sources = [rewriter.tensors[str(node.inputs[indices[0]])]]
    for index, name in enumerate(node.outputs):
        tensor = rewriter.tensors[name]
        if tensor.dtype is not DType.FLOAT32:
            continue
        if tensor.stored is None:
            _set(rewriter, name, sources[0])
        elif (tensor.quant, tensor.stored) == (sources[0].quant, sources[0].stored):
            continue
        elif node.op != "AVERAGE_POOL_2D" or not _as_rescaling(rewriter, node):
            _quantize_after(rewriter, rewriter.nodes[node.name], index, sources[0])


def _quantize_after(rewriter: Rewriter, node: Node, index: int, grid: Tensor) -> None:
    """The output on that grid first, then a QUANTIZE to its own."""
    target = rewriter.tensors[node.outputs[index]]
    inner = rewriter.activation(f"{target.name}/unscaled", replace(target, quant=grid.quant, stored=grid.stored))
    outputs = (*node.outputs[:index], inner, *node.outputs[index + 1 :])
    rewriter.replace(node, replace(node, outputs=outputs))
    name = unused(f"{node.name}/quantize", rewriter.nodes)
    rewriter.insert_after(rewriter.nodes[node.name], Node(name, "QUANTIZE", (inner,), (target.name,)))


def _quantize_before(rewriter: Rewriter, node: Node, indices: list[int], grid: Tensor) -> Node:
    """Every operand on that grid."""
    inputs = list(node.inputs)
    for index in indices:
        source = rewriter.tensors[str(inputs[index])]
        wanted = replace(source, quant=grid.quant, stored=grid.stored)
        if (source.quant, source.stored) == (grid.quant, grid.stored):
            continue
        if source.data is not None:
            inputs[index] = rewriter.constant(source.name, source.data, wanted)
            continue
        inputs[index] = rewriter.activation(f"{source.name}/rescaled", wanted)
        name = unused(f"{node.name}/quantize", rewriter.nodes)
        rewriter.insert(node, Node(name, "QUANTIZE", (source.name,), (str(inputs[index]),)))
    rewriter.replace(node, replace(node, inputs=tuple(inputs)))
    return rewriter.nodes[node.name]


def _as_rescaling(rewriter: Rewriter, node: Node) -> bool:
    """An average between grids, rounded once: MEAN of a whole image, else a depthwise convolution of ones.

    False where windows reach beyond the image, so that not all divide by the same number.
    """
    source = rewriter.tensors[str(node.inputs[0])]
    shape = window(node, source.shape, node.attrs["filter"])
    reach = [(out - 1) * step + taps for out, step, taps in zip(shape.output, shape.stride, shape.kernel, strict=True)]
    if any(shape.before) or any(end > size for end, size in zip(reach, shape.input, strict=True)):
        return False
    if shape.kernel == shape.input and node.attrs.get("activation", "NONE") == "NONE":
        axes = rewriter.constant(f"{node.name}/axes", np.array([1, 2], np.int32))
        mean = Node(node.name, "MEAN", (source.name, axes), node.outputs, {"keep_dims": True})
        rewriter.replace(node, mean)
        return True
    part = 1 / math.prod(shape.kernel)
    ones = np.full((1, *shape.kernel, source.shape[3]), part, np.float32)
    like = replace(source, quant=Quantization((float(np.float32(part)),), (0,)), stored=DType.INT8)
    weights = rewriter.constant(f"{node.name}/ones", ones, like)
    attrs = {
        "stride": shape.stride,
        "padding": "VALID",
        "dilation": (1, 1),
        "depth_multiplier": 1,
        "activation": node.attrs.get("activation", "NONE"),
    }
    rewriter.replace(node, Node(node.name, "DEPTHWISE_CONV_2D", (source.name, weights), node.outputs, attrs))
    return True
