"""Layers whose rows have scales of their own, and those from int8 to int16, in the operators that do it in integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..ir import DType, Graph, Node, Quantization, Rounding, Tensor
from ..ops.split import SPLIT_WEIGHTS
from ..ops.token_wise import FRACTION, outliers_of
from ..passes.rewriter import unused


def with_tokens(graph: Graph) -> Graph:
    """An integer graph where FULLY_CONNECTED and FULLY_CONNECTED_SPLIT with the attribute ``tokens`` have become
    QUANTIZE_TOKENS, once for all layers that read a tensor's rows alike, and FULLY_CONNECTED_TOKENS."""
    tensors, nodes = dict(graph.tensors), []
    rows: dict[tuple[str, tuple[int, ...]], Node] = {}
    for node in graph.nodes:
        own = node.attrs.get("tokens")
        if own is None:
            nodes.append(node)
            continue
        node = replace(node, attrs={key: value for key, value in node.attrs.items() if key != "tokens"})
        source = tensors[str(node.inputs[0])]
        if not own and tensors[node.outputs[0]].dtype is source.dtype:
            nodes.append(node)
            continue
        quantized: tuple[str, ...] = (source.name,)
        if own:
            key = source.name, outliers_of(node)
            if key not in rows:
                rows[key] = _quantize(tensors, source, outliers_of(node))
                nodes.append(rows[key])
            quantized = rows[key].outputs
        nodes.append(_layer(tensors, node, quantized))
    used = {name for node in nodes for name in (*node.inputs, *node.outputs)} | {*graph.inputs, *graph.outputs}
    kept = {name: tensor for name, tensor in tensors.items() if name in used}
    return replace(graph, tensors=kept, nodes=tuple(nodes))


def _quantize(tensors: dict[str, Tensor], source: Tensor, outliers: tuple[int, ...]) -> Node:
    """QUANTIZE_TOKENS of a tensor; its outputs join the tensors."""
    name = unused(f"{source.name}/tokens", tensors)
    grid = Quantization((float(np.float32(source.scale / 2**FRACTION)),), (0,))
    made = [
        Tensor(name, source.shape, DType.INT8),
        Tensor(unused(f"{name}/scales", tensors), source.shape[:-1], DType.INT16, grid),
    ]
    if outliers:
        shape = (*source.shape[:-1], len(outliers))
        made.append(Tensor(unused(f"{name}/outliers", tensors), shape, DType.INT16, source.quant))
    tensors.update((tensor.name, tensor) for tensor in made)
    return Node(name, "QUANTIZE_TOKENS", (source.name,), tuple(t.name for t in made), {"outliers": outliers})


def _layer(tensors: dict[str, Tensor], node: Node, rows: tuple[str, ...]) -> Node:
    """FULLY_CONNECTED_TOKENS in a layer's place; its bias moves to the unit of the whole sum."""
    weights, own = tensors[str(node.inputs[1])], len(rows) > 1
    fraction = np.full(weights.shape[0], FRACTION if own else 0, np.int64)
    inputs: list[str | None] = [rows[0], weights.name, None, *rows[1:]]
    if node.op == "FULLY_CONNECTED_SPLIT":
        aside = tensors[str(node.inputs[SPLIT_WEIGHTS])]
        inputs.append(aside.name)
        assert weights.quant is not None and aside.quant is not None
        finer = np.log2(np.broadcast_to(weights.quant.scale, fraction.shape) / np.asarray(aside.quant.scale))
        fraction = np.maximum(fraction, np.rint(finer).astype(np.int64))
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        bias = tensors[node.inputs[2]]
        assert bias.quant is not None
        scale = np.broadcast_to(bias.quant.scale, fraction.shape) * 0.5**fraction
        grid = Quantization(tuple(float(np.float32(s)) for s in scale), (0,) * scale.size, 0)
        data = bias.value().astype(np.int64) << fraction
        name = unused(f"{bias.name}/{node.name}", tensors)
        tensors[name] = Tensor(name, bias.shape, DType.INT64, grid, data)
        inputs[2] = name
    attrs = {key: value for key, value in node.attrs.items() if key != "outliers"}
    return replace(node, op="FULLY_CONNECTED_TOKENS", inputs=tuple(inputs), attrs=attrs, rounding=Rounding.WIDE)
