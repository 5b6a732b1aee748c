"""Takes the moves around attention into it: heads stay side by side in every token, and nothing is copied.

Frameworks split [batch, tokens, heads * depth] into [batch, heads, tokens, depth] in front of attention and join it
behind; ATTENTION reads either. A projection that gives queries, keys and values at once becomes one for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..ir import Array, Graph, Node
from ..ops import OPERATORS
from .rewriter import Rewriter, unused

#: Operators that move elements of one tensor, and which of their inputs that is.
_MOVES = {
    **dict.fromkeys(
        ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "UNPACK", "SPLIT_V", "SLICE", "STRIDED_SLICE"), 0
    ),
    "SPLIT": 1,
    "GATHER": 0,
}


@dataclass(frozen=True, eq=False)
class _View:
    """What an operand of attention is: columns of a tensor whose rows are its tokens.

    Attributes:
        source: a tensor [..., columns]; columns: of every head one after the other, [heads * depth].
        heads, tokens: of the operand, whose batch is one.
    """

    source: str
    columns: Array
    heads: int
    tokens: int


def merge_heads(graph: Graph) -> Graph:
    """The graph with attention over tokens where it was over heads, wherever all of its operands allow it."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        _still(rewriter, node)
    for node in graph.nodes:
        if node.op != "ATTENTION" or "heads" in node.attrs or rewriter.tensors[node.outputs[0]].stored is not None:
            continue
        views = [_view(rewriter, str(name)) for name in node.inputs[:3]]
        if None not in views and all(_is_open(rewriter, view) for view in views if view is not None):
            _merge(rewriter, node, [view for view in views if view is not None])
    return rewriter.finish()


def _still(rewriter: Rewriter, node: Node) -> None:
    """Tokens and a batch of one that change places move nothing."""
    if node.op != "TRANSPOSE":
        return
    order, shape = rewriter.tensors[str(node.inputs[1])].data, rewriter.tensors[node.outputs[0]].shape
    if order is not None and order.tolist() == [1, 0, 2] and 1 in shape[:2]:
        size = rewriter.constant(f"{node.name}/shape", np.asarray(shape, np.int32))
        rewriter.replace(node, replace(node, op="RESHAPE", inputs=(node.inputs[0], size)))


def _moved(rewriter: Rewriter, node: Node, source: Array) -> list[Array]:
    """The outputs of a node that moves, from any values of its input."""
    operands = [None if name is None else rewriter.tensors[name].data for name in node.inputs]
    operands[_MOVES[node.op]] = source
    rule = OPERATORS[node.op].float_reference
    assert rule is not None
    graph = replace(rewriter.graph, tensors=rewriter.tensors)
    return rule(graph, node, operands)


def _is_move(rewriter: Rewriter, node: Node | None) -> bool:
    """Whether a node moves elements of one float tensor that carries no grid, by constants."""
    if node is None or node.op not in _MOVES:
        return False
    tensors = [
        rewriter.tensors[name] for i, name in enumerate(node.inputs) if name is not None and i != _MOVES[node.op]
    ]
    return all(t.is_constant for t in tensors) and all(rewriter.tensors[name].stored is None for name in node.outputs)


def _view(rewriter: Rewriter, name: str) -> _View | None:
    """The operand as columns of the tensor that its elements come from."""
    shape = rewriter.tensors[name].shape
    chain: list[tuple[Node, str]] = []
    while (node := rewriter.producer(name)) is not None and _is_move(rewriter, node):
        chain.append((node, name))
        name = str(node.inputs[_MOVES[node.op]])
    tensor = rewriter.tensors[name]
    if tensor.is_constant or tensor.stored is not None or not tensor.shape:
        return None
    places = np.arange(tensor.elements).reshape(tensor.shape)
    for node, target in reversed(chain):
        places = _moved(rewriter, node, places)[node.outputs.index(target)]
    if len(shape) == 4 and shape[0] != 1:
        return None
    heads, tokens, depth = shape[-3:]
    width = tensor.shape[-1]
    row, column = np.divmod(places.reshape(heads, tokens, depth), width)
    columns = column[:, :1]
    if not np.all(row == np.arange(tokens)[None, :, None]) or not np.all(column == columns):
        return None
    return _View(name, columns.reshape(-1), heads, tokens) if tensor.elements == tokens * width else None


def _is_open(rewriter: Rewriter, view: _View) -> bool:
    """Whether the columns can be had without moving: they are all there are, or a layer can give them alone."""
    width = rewriter.tensors[view.source].shape[-1]
    if np.array_equal(view.columns, np.arange(width)):
        return True
    if _layer(rewriter, view.source) is None:
        return False
    return view.source not in rewriter.outputs and all(end == "ATTENTION" for end in _ends(rewriter, view.source))


def _layer(rewriter: Rewriter, name: str) -> tuple[Node, str, Array | None] | None:
    """The layer that writes a tensor, its weights and its bias [units], whether that is its own or an ADD behind it."""
    node, bias = rewriter.producer(name), None
    if node is not None and node.op == "ADD" and node.attrs.get("activation", "NONE") == "NONE":
        first, second = map(str, node.inputs)
        source, added = (second, first) if rewriter.tensors[first].is_constant else (first, second)
        bias = rewriter.tensors[added].data
        if bias is None or rewriter.tensors[added].stored is not None or not rewriter.is_private(source):
            return None
        node = rewriter.producer(source)
    if node is None or node.op != "FULLY_CONNECTED" or node.attrs.get("activation", "NONE") != "NONE":
        return None
    parameters = [rewriter.tensors[name] for name in node.inputs[1:] if name is not None]
    if any(not tensor.is_constant or tensor.stored is not None for tensor in parameters):
        return None
    units = parameters[0].shape[0]
    if rewriter.tensors[node.outputs[0]].stored is not None:
        return None
    if bias is not None and not (bias.size == 1 or (bias.size == units and bias.shape[-1] == units)):
        return None
    if len(parameters) == 2:
        own = parameters[1].value().reshape(-1)
        bias = own if bias is None else own + bias.reshape(-1)
    return node, parameters[0].name, None if bias is None else np.broadcast_to(bias.reshape(-1), (units,))


def _ends(rewriter: Rewriter, name: str) -> Iterator[str]:
    """The operators that read a tensor in the end, behind all moves; a graph output among them is no operator."""
    for node in rewriter.readers(name):
        if not _is_move(rewriter, node):
            yield node.op
            continue
        for target in node.outputs:
            if target in rewriter.outputs:
                yield ""
            yield from _ends(rewriter, target)


def _merge(rewriter: Rewriter, node: Node, views: list[_View]) -> None:
    """The node over tokens in the place of the one over heads, and what follows on its output."""
    inputs = [_columns(rewriter, node, view, what) for view, what in zip(views, ("query", "key", "value"), strict=True)]
    heads, tokens = views[0].heads, views[0].tokens
    old = node.outputs[0]
    shape = rewriter.tensors[old].shape
    depth = shape[-1]
    like = rewriter.tensors[old]
    output = rewriter.activation(f"{node.name}/tokens", like, (1, tokens, heads * depth))
    merged = replace(node, inputs=(*inputs, *node.inputs[3:]), outputs=(output,), attrs={**node.attrs, "heads": heads})
    last, chain = _joined(rewriter, old, heads, tokens, depth)
    if last is None:  # back to what the reader expects
        split = rewriter.activation(f"{node.name}/heads", like, (1, tokens, heads, depth))
        moved = rewriter.activation(f"{node.name}/moved", like, (1, heads, tokens, depth))
        rewriter.replace(node, merged)
        order = rewriter.constant(f"{node.name}/permutation", np.asarray((0, 2, 1, 3), np.int32))
        after = merged
        for behind in (
            _reshape(rewriter, f"{node.name}/heads", output, split, (1, tokens, heads, depth)),
            Node(_name(rewriter, f"{node.name}/moved"), "TRANSPOSE", (split, order), (moved,)),
            _reshape(rewriter, f"{node.name}/joined", moved, old, shape),
        ):
            rewriter.insert_after(after, behind)
            after = behind
        return
    for dropped in chain:
        rewriter.remove(dropped)
    rewriter.replace(node, merged)
    rewriter.insert_after(merged, _reshape(rewriter, f"{node.name}/joined", output, last, rewriter.tensors[last].shape))


def _joined(rewriter: Rewriter, name: str, heads: int, tokens: int, depth: int) -> tuple[str | None, list[Node]]:
    """The tensor behind attention that holds tokens with heads side by side, and the nodes up to it."""
    wanted = np.arange(heads * tokens * depth).reshape(heads, tokens, depth).swapaxes(0, 1).reshape(-1)
    places = np.arange(heads * tokens * depth).reshape(rewriter.tensors[name].shape)
    chain: list[Node] = []
    while rewriter.is_private(name) and rewriter.tensors[name].stored is None:
        (node,) = rewriter.readers(name)
        if not _is_move(rewriter, node) or len(node.outputs) != 1:
            break
        (places,) = _moved(rewriter, node, places)
        chain.append(node)
        name = node.outputs[0]
        if np.array_equal(places.reshape(-1), wanted):
            return name, chain
    return None, []


def _columns(rewriter: Rewriter, node: Node, view: _View, what: str) -> str:
    """The view as a tensor [1, tokens, heads * depth]."""
    source = view.source
    tensor = rewriter.tensors[source]
    if not np.array_equal(view.columns, np.arange(tensor.shape[-1])):
        source = _part(rewriter, source, view, what)
        tensor = rewriter.tensors[source]
    shape = (1, view.tokens, view.columns.size)
    if tensor.shape == shape:
        return source
    target = rewriter.activation(f"{node.name}/{what}", tensor, shape)
    rewriter.insert(node, _reshape(rewriter, f"{node.name}/{what}", source, target, shape))
    return target


def _part(rewriter: Rewriter, source: str, view: _View, what: str) -> str:
    """The layer that gives some columns of another's output alone."""
    found = _layer(rewriter, source)
    assert found is not None
    layer, weights, bias = found
    tensor = rewriter.tensors[source]
    values = rewriter.tensors[weights].value()[view.columns]
    inputs = [layer.inputs[0], rewriter.constant(f"{weights}/{what}", values)]
    if bias is not None:
        inputs.append(rewriter.constant(f"{layer.name}/bias/{what}", bias[view.columns]))
    target = rewriter.activation(f"{layer.name}/{what}", tensor, (*tensor.shape[:-1], view.columns.size))
    name = _name(rewriter, f"{layer.name}/{what}")
    rewriter.insert_after(layer, replace(layer, name=name, inputs=tuple(inputs), outputs=(target,)))
    return target


def _reshape(rewriter: Rewriter, name: str, source: str, target: str, shape: tuple[int, ...]) -> Node:
    size = rewriter.constant(f"{name}/shape", np.asarray(shape, np.int32))
    return Node(_name(rewriter, name), "RESHAPE", (source, size), (target,))


def _name(rewriter: Rewriter, name: str) -> str:
    return unused(name, rewriter.nodes)
