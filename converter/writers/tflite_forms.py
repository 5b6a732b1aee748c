"""What TFLite says in other words: explicit padding, rows of more than one dimension, numbers of operands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ...errors import UnsupportedError
from ..ir import Array, DType, Graph, Node, Quantization, Rounding, Tensor
from ..ops.operator import weight_scales
from ..ops.window import window
from ..passes.rewriter import unused

Margins = tuple[tuple[int, int], tuple[int, int]]


def in_tflite_forms(graph: Graph) -> Graph:
    """The same integers from padding SAME and VALID, PAD and SLICE, with every option that TFLite's nodes carry.

    Raises:
        UnsupportedError: an average over windows that reach into explicit padding.
    """
    forms = _Forms(graph)
    for node in graph.nodes:
        forms.add(node)
    return replace(graph, tensors=forms.tensors, nodes=tuple(forms.nodes))


class _Forms:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.tensors: dict[str, Tensor] = dict(graph.tensors)
        self.nodes: list[Node] = []

    def add(self, node: Node) -> None:
        node = self._biased(replace(node, attrs={**_counts(self.graph, node), **node.attrs}))
        padding = node.attrs.get("padding")
        if node.op == "FULLY_CONNECTED" and len(self.graph.output(node).shape) > 2:
            self._flat(node)
        elif not isinstance(padding, tuple):
            self.nodes.append(node)
        elif (named := self._named(node)) is not None:
            self.nodes.append(replace(node, attrs={**node.attrs, "padding": named}))
        elif node.op == "TRANSPOSE_CONV":
            self._cropped(node, padding)
        elif node.op == "AVERAGE_POOL_2D":
            raise UnsupportedError(
                node.name, node.op, f"TFLite files cannot hold a mean with padding {padding}; let the padding count"
            )
        else:
            self._padded(node, padding)

    def _biased(self, node: Node) -> Node:
        """A bias of zeros: tflite-runtime refuses integer CONV_2D without."""
        if node.op != "CONV_2D" or self.graph.optional_input(node, 2) is not None:
            return node
        source, weights, channels = (
            self.graph.input(node, 0),
            self.graph.input(node, 1),
            self.graph.output(node).shape[3],
        )
        if source.dtype is DType.FLOAT32:
            return node
        value = np.zeros(channels, np.int64 if node.rounding is Rounding.WIDE else np.int32)
        bias = self._constant(f"{node.name}/bias", value)
        scales = tuple(source.scale * scale for scale in weight_scales(weights, channels, 0))
        self.tensors[bias] = replace(self.tensors[bias], quant=Quantization(scales, (0,) * channels, 0))
        return replace(node, inputs=(*node.inputs[:2], bias))

    def _named(self, node: Node) -> str | None:
        """SAME or VALID where it gives the same windows."""
        slid = node.outputs[0] if node.op == "TRANSPOSE_CONV" else node.inputs[0]
        shape = self.graph.tensor(slid).shape
        kernel = node.attrs.get("filter") or self.graph.input(node, 1).shape[1:3]
        dilation = node.attrs.get("dilation", (1, 1))
        wanted = window(node, shape, kernel, dilation)
        for name in ("VALID", "SAME"):
            trial = replace(node, attrs={**node.attrs, "padding": name})
            reach = [(taps - 1) * spread + 1 for taps, spread in zip(kernel, dilation, strict=True)]
            if name == "VALID" and any(r > s for r, s in zip(reach, shape[1:3], strict=True)):
                continue
            if window(trial, shape, kernel, dilation) == wanted:
                return name
        return None

    def _flat(self, node: Node) -> None:
        """Rows in two dimensions: tflite-runtime 2.14 writes others wrongly where weights have a scale per channel."""
        source, result, depth = self.graph.input(node, 0), self.graph.output(node), self.graph.input(node, 1).shape[1]
        rows = source.elements // depth
        before = self._tensor(f"{source.name}/rows", source, (rows, depth))
        after = self._tensor(f"{result.name}/rows", result, (rows, result.shape[-1]))
        self._append(f"{node.name}/rows", "RESHAPE", [source.name], before, {"new_shape": (rows, depth)})
        attrs = {**node.attrs, "keep_num_dims": False}
        self.nodes.append(replace(node, inputs=(before, *node.inputs[1:]), outputs=(after,), attrs=attrs))
        self._append(f"{node.name}/shape", "RESHAPE", [after], result.name, {"new_shape": result.shape})

    def _padded(self, node: Node, padding: Margins) -> None:
        """Zeros around the input, or lowest values for a maximum, and then no padding."""
        source = self.graph.input(node, 0)
        shape = [size + sum(pair) for size, pair in zip(source.shape, ((0, 0), *padding, (0, 0)), strict=True)]
        target = self._tensor(f"{source.name}/padded", source, tuple(shape))
        operands = [source.name, self._constant(f"{target}/paddings", np.array([(0, 0), *padding, (0, 0)], np.int32))]
        if node.op == "MAX_POOL_2D":
            lowest = -np.inf if source.dtype is DType.FLOAT32 else source.dtype.limits[0]
            operands.append(self._constant(f"{target}/lowest", np.array([lowest], source.dtype.numpy), source))
        op = "PADV2" if node.op == "MAX_POOL_2D" else "PAD"
        self._append(f"{node.name}/pad", op, operands, target)
        inputs = (target, *node.inputs[1:])
        self.nodes.append(replace(node, inputs=inputs, attrs={**node.attrs, "padding": "VALID"}))

    def _cropped(self, node: Node, padding: Margins) -> None:
        """The transposed convolution without padding, and then what the padding leaves of it."""
        result = self.graph.output(node)
        batch, height, width, channels = result.shape
        shape = (batch, height + sum(padding[0]), width + sum(padding[1]), channels)
        whole = self._tensor(f"{result.name}/whole", result, shape)
        size = self._constant(f"{whole}/shape", np.array(shape, np.int32))
        attrs = {**node.attrs, "padding": "VALID"}
        self.nodes.append(replace(node, inputs=(size, *node.inputs[1:]), outputs=(whole,), attrs=attrs))
        begin = self._constant(f"{whole}/begin", np.array([0, padding[0][0], padding[1][0], 0], np.int32))
        count = self._constant(f"{whole}/size", np.array(result.shape, np.int32))
        self._append(f"{node.name}/crop", "SLICE", [whole, begin, count], result.name)

    def _append(
        self, name: str, op: str, inputs: list[str], output: str, attrs: Mapping[str, Any] | None = None
    ) -> None:
        taken = {node.name for node in (*self.graph.nodes, *self.nodes)}
        self.nodes.append(Node(unused(name, taken), op, tuple(inputs), (output,), dict(attrs or {})))

    def _tensor(self, name: str, like: Tensor, shape: tuple[int, ...]) -> str:
        name = unused(name, self.tensors)
        self.tensors[name] = replace(like, name=name, shape=shape)
        return name

    def _constant(self, name: str, value: Array, like: Tensor | None = None) -> str:
        name = unused(name, self.tensors)
        quant = None if like is None else like.quant
        self.tensors[name] = Tensor(name, value.shape, DType(value.dtype.name), quant, value)
        return name


def _counts(graph: Graph, node: Node) -> Mapping[str, Any]:
    """Options that repeat what the operands say."""
    if node.op == "DEPTHWISE_CONV_2D":
        return {"depth_multiplier": graph.input(node, 1).shape[3] // graph.input(node, 0).shape[3]}
    if node.op in ("SPLIT", "SPLIT_V"):
        return {"num_splits": len(node.outputs)}
    if node.op == "UNPACK":
        return {"num": len(node.outputs)}
    if node.op == "PACK":
        return {"values_count": len(node.inputs)}
    return {"output_type": graph.output(node).dtype} if node.op == "ARG_MAX" else {}
