"""Folds batch normalization, and MUL, ADD and SUB by constants per channel, into the weights beside them.

All of these are ``y = scale * x + shift`` per channel, the last axis. Source: Jacob et al., 2017 (arXiv 1712.05877),
section 3.2, for the folding into the weights before; the one into the weights after follows from linearity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..ir import Array, Graph, Node, Tensor
from ..ops.batchnorm import scale_and_shift
from ..ops.window import window
from .rewriter import Rewriter, unused


@dataclass(frozen=True)
class _Weighted:
    """Where an operator has its input, weights and bias, and the axes of the weights' output and input channels."""

    source: int
    weights: int
    bias: int
    output_axis: int
    input_axis: int


_WEIGHTED = {
    "CONV_2D": _Weighted(0, 1, 2, 0, 3),
    "DEPTHWISE_CONV_2D": _Weighted(0, 1, 2, 3, 3),
    "FULLY_CONNECTED": _Weighted(0, 1, 2, 0, 1),
    "TRANSPOSE_CONV": _Weighted(2, 1, 3, 0, 3),
}


@dataclass(frozen=True, eq=False)
class _Affine:
    """``scale * source + shift``, one float64 value per channel."""

    source: str
    scale: Array
    shift: Array


def fold_batchnorm(graph: Graph) -> Graph:
    """The graph without BATCH_NORM: folded into the weights before, else after it, else a depthwise 1x1 or MUL and ADD.

    Multiplications and additions of constants per channel fold into the weights before them as well. Annotated
    weights (those whose grid is chosen) are left alone.
    """
    rewriter = Rewriter(graph)
    for name in list(rewriter.nodes):
        node = rewriter.nodes[name]
        affine = _affine(rewriter, node)
        if affine is None or _fold_before(rewriter, node, affine):
            continue
        if node.op == "BATCH_NORM" and not _fold_after(rewriter, node, affine):
            _lower(rewriter, node, affine)
    return rewriter.finish()


def _affine(rewriter: Rewriter, node: Node) -> _Affine | None:
    """What the node does per channel, or None where it is no such thing."""
    tensors = rewriter.tensors
    if node.op == "BATCH_NORM":
        known = [value for name in node.inputs[1:] if (value := tensors[str(name)].data) is not None]
        return _Affine(str(node.inputs[0]), *scale_and_shift(node, *known)) if len(known) == 4 else None
    if node.op not in ("MUL", "ADD", "SUB"):
        return None
    first, second = tensors[str(node.inputs[0])], tensors[str(node.inputs[1])]
    source, constant = (second, first) if first.is_constant else (first, second)
    values = _per_channel(constant, source)
    if source.is_constant or values is None or tensors[node.outputs[0]].shape != source.shape:
        return None
    one = np.ones_like(values)
    if node.op == "MUL":
        return _Affine(source.name, values, 0 * one)
    if node.op == "ADD":
        return _Affine(source.name, one, values)
    return _Affine(source.name, one, -values) if constant is second else _Affine(source.name, -one, values)


def _per_channel(constant: Tensor, source: Tensor) -> Array | None:
    """The constant as one float64 value per channel of the source; None where it varies along other axes."""
    if constant.data is None or constant.data.dtype != np.float32 or constant.stored is not None or not source.shape:
        return None
    if constant.elements != 1 and (constant.elements,) != constant.shape[-1:]:
        return None
    return np.broadcast_to(constant.data.astype(np.float64).reshape(-1), source.shape[-1:])


def _fold_before(rewriter: Rewriter, node: Node, affine: _Affine) -> bool:
    """``scale * (w x + b) + shift = (scale w) x + (scale b + shift)``."""
    producer = rewriter.producer(affine.source)
    if producer is None or not rewriter.is_private(affine.source) or not _is_free(rewriter, producer):
        return False
    if producer.attrs.get("activation", "NONE") != "NONE" or rewriter.tensors[affine.source].stored is not None:
        return False
    place = _WEIGHTED[producer.op]
    weights = rewriter.tensors[str(producer.inputs[place.weights])]
    channels = weights.shape[place.output_axis]
    if affine.scale.size != channels:
        return False
    scaled = weights.value() * _along(affine.scale, place.output_axis, weights)
    bias = _bias(rewriter, producer, channels) * affine.scale + affine.shift
    inputs = _with_weights(rewriter, producer, scaled, bias)
    activation = node.attrs.get("activation", "NONE")
    rewriter.absorb(producer, node, inputs=inputs, attrs={**producer.attrs, "activation": activation})
    return True


def _fold_after(rewriter: Rewriter, node: Node, affine: _Affine) -> bool:
    """``w (scale x + shift) + b = (w scale) x + (w shift + b)`` in every reader, which must not pad its input."""
    target = node.outputs[0]
    readers = rewriter.readers(target)
    if not readers or target in rewriter.outputs or rewriter.tensors[target].stored is not None:
        return False
    if not all(_takes(rewriter, reader, target, affine) for reader in readers):
        return False
    for reader in readers:
        place = _WEIGHTED[reader.op]
        weights = rewriter.tensors[str(reader.inputs[place.weights])]
        repeats = weights.shape[3] // affine.scale.size if reader.op == "DEPTHWISE_CONV_2D" else 1
        scale, shift = np.repeat(affine.scale, repeats), np.repeat(affine.shift, repeats)
        channels = weights.shape[place.output_axis]
        shifted = weights.value() * _along(shift, place.input_axis, weights)
        others = tuple(axis for axis in range(shifted.ndim) if axis != place.output_axis)
        bias = _bias(rewriter, reader, channels) + shifted.sum(axis=others)
        scaled = weights.value() * _along(scale, place.input_axis, weights)
        inputs = list(_with_weights(rewriter, reader, scaled, bias))
        inputs[place.source] = affine.source
        rewriter.replace(reader, replace(reader, inputs=tuple(inputs)))
    rewriter.remove(node)
    return True


def _takes(rewriter: Rewriter, reader: Node, target: str, affine: _Affine) -> bool:
    """Whether a reader can take the affine map of its input into its weights."""
    if not _is_free(rewriter, reader):
        return False
    place = _WEIGHTED[reader.op]
    weights, source = rewriter.tensors[str(reader.inputs[place.weights])], rewriter.tensors[target]
    if [name for name in reader.inputs if name == target] != [reader.inputs[place.source]]:
        return False
    if reader.op == "FULLY_CONNECTED":
        return weights.shape[1] == source.shape[-1]
    if not np.any(affine.shift):
        return True
    return reader.op != "TRANSPOSE_CONV" and not _pads(reader, source, weights)


def _pads(node: Node, source: Tensor, weights: Tensor) -> bool:
    """Whether a window of the convolution reaches beyond its input."""
    shape = window(node, source.shape, weights.shape[1:3], node.attrs["dilation"])
    reach = [
        (out - 1) * step + (taps - 1) * spread + 1
        for out, step, taps, spread in zip(shape.output, shape.stride, shape.kernel, shape.dilation, strict=True)
    ]
    return any(before > 0 or end > size for before, end, size in zip(shape.before, reach, shape.input, strict=True))


def _is_free(rewriter: Rewriter, node: Node) -> bool:
    """Whether a node has weights and a bias that may be changed: constant and without a grid."""
    place = _WEIGHTED.get(node.op)
    if place is None:
        return False
    names = (node.inputs[place.weights], node.inputs[place.bias] if len(node.inputs) > place.bias else None)
    operands = [rewriter.tensors[name] for name in names if name is not None]
    return all(t.data is not None and t.data.dtype == np.float32 and t.stored is None for t in operands)


def _along(values: Array, axis: int, weights: Tensor) -> Array:
    return values.reshape([-1 if i == axis else 1 for i in range(len(weights.shape))])


def _bias(rewriter: Rewriter, node: Node, channels: int) -> Array:
    index = _WEIGHTED[node.op].bias
    name = node.inputs[index] if len(node.inputs) > index else None
    return np.zeros(channels) if name is None else rewriter.tensors[name].value().astype(np.float64).reshape(-1)


def _with_weights(rewriter: Rewriter, node: Node, weights: Array, bias: Array) -> tuple[str | None, ...]:
    """The node's inputs with new constants, so that others may still read the old ones."""
    place = _WEIGHTED[node.op]
    inputs = [*node.inputs, *[None] * (place.bias + 1 - len(node.inputs))]
    for index, value in ((place.weights, weights), (place.bias, bias)):
        inputs[index] = rewriter.constant(inputs[index] or f"{node.name}/bias", value)
    return tuple(inputs)


def _lower(rewriter: Rewriter, node: Node, affine: _Affine) -> None:
    """A depthwise 1x1 convolution over images, since its weights get a scale per channel; else MUL and ADD."""
    target = rewriter.tensors[node.outputs[0]]
    if len(target.shape) == 4:
        weights = rewriter.constant(f"{node.name}/scale", affine.scale.reshape(1, 1, 1, -1))
        bias = rewriter.constant(f"{node.name}/shift", affine.shift)
        attrs = {"padding": "VALID", "stride": (1, 1), "dilation": (1, 1), "depth_multiplier": 1, "activation": "NONE"}
        rewriter.replace(
            node, Node(node.name, "DEPTHWISE_CONV_2D", (affine.source, weights, bias), node.outputs, attrs)
        )
        return
    scaled = rewriter.activation(f"{node.name}/scaled", target)
    scale = rewriter.constant(f"{node.name}/scale", affine.scale)
    shift = rewriter.constant(f"{node.name}/shift", affine.shift)
    name = unused(f"{node.name}/scale", rewriter.nodes)
    rewriter.insert(node, Node(name, "MUL", (affine.source, scale), (scaled,), {"activation": "NONE"}))
    rewriter.replace(node, Node(node.name, "ADD", (scaled, shift), node.outputs, {"activation": "NONE"}))
