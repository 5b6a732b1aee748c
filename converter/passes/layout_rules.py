"""How every operator computes on tensors whose dimensions are stored in another order than the model's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import Array, Node
from ..ops.functions import FUNCTIONS
from ..ops.reduce import axes_of

if TYPE_CHECKING:
    from .layout import Layout, Order

Rule = Callable[["Layout", Node], None]

#: Operators of one value, whatever the order of its dimensions.
UNARY = frozenset((*FUNCTIONS, "QUANTIZE", "DEQUANTIZE", "CAST"))


def on_plain(layout: Layout, node: Node) -> None:
    """An operator that needs the model's own order of dimensions, such as channels-last convolutions."""
    orders = [_identity(layout, name) for name in node.outputs]
    layout.emit(node, [layout.plain(name) for name in node.inputs], orders)


# -- transposes and reshapes ---------------------------------------------------------------------------------------


def _transpose(layout: Layout, node: Node) -> None:
    """Nothing moves: output axis ``i`` is the input's axis ``permutation[i]``, wherever that is stored."""
    source, permutation = layout.original(node.inputs[0]), layout.original(node.inputs[1]).data
    if source.is_constant or permutation is None:
        on_plain(layout, node)
        return
    if layout.view(source.name).columns is not None:
        layout.plain(source.name)
    axes = permutation.reshape(-1).tolist()
    layout.alias(node, tuple(axes.index(axis) for axis in layout.view(source.name).order))


def _reshape(layout: Layout, node: Node) -> None:
    """RESHAPE, SQUEEZE and EXPAND_DIMS: dimensions that are merged must be neighbours, in order, in what is stored."""
    source, target = layout.original(node.inputs[0]), layout.original(node.outputs[0])
    if source.is_constant or source.elements == 0:
        on_plain(layout, node)
        return
    view = layout.view(source.name)
    if view.columns is None and _flatten(layout, node):
        return
    if view.columns is not None:
        layout.plain(source.name)
        view = layout.view(source.name)
    groups = _groups(source.shape, target.shape)
    wanted = _gathered(view.order, groups)
    stored = layout.arranged(source.name, wanted)
    order = _spread(wanted, groups, len(target.shape))
    shape = tuple(target.shape[axis] for axis in order)
    layout.see(target.name, layout.reshape(stored, shape, node), order)


def _flatten(layout: Layout, node: Node) -> bool:
    """[rows, ...] -> [rows, depth] for fully connected layers: the columns of their weights move, not the elements."""
    source, target = layout.original(node.inputs[0]), layout.original(node.outputs[0])
    order = layout.view(source.name).order
    depth = math.prod(source.shape[1:])
    if target.shape != (source.shape[0], depth) or order[0] != 0 or order == _identity(layout, source.name):
        return False
    columns = np.arange(depth).reshape(source.shape[1:]).transpose([axis - 1 for axis in order[1:]]).reshape(-1)
    if np.array_equal(columns, np.arange(depth)) or not _ends_fully_connected(layout, target.name, depth):
        return False
    layout.see(target.name, layout.reshape(layout.view(source.name).name, target.shape, node), (0, 1), columns)
    return True


def _ends_fully_connected(layout: Layout, name: str, depth: int) -> bool:
    """Whether only fully connected layers with constant weights read a flat tensor, activations between them aside."""
    readers = layout.readers(name)
    if name in layout.graph.outputs or not readers:
        return False
    for node in readers:
        if node.op == "FULLY_CONNECTED":
            weights = layout.original(node.inputs[1])
            if node.inputs[0] != name or not weights.is_constant or weights.shape[1] != depth:
                return False
        elif node.op not in UNARY or not _ends_fully_connected(layout, node.outputs[0], depth):
            return False
    return True


Groups = list[tuple[list[int], list[int]]]


def _groups(before: Sequence[int], after: Sequence[int]) -> Groups:
    """Smallest runs of dimensions with equal products, matched; a leading 1 on both sides, the batch, by itself."""
    groups: Groups = []
    i = j = 0
    if before[:1] == after[:1] == (1,):
        groups.append(([0], [0]))
        i = j = 1
    while i < len(before) or j < len(after):
        left, right = ([i] if i < len(before) else []), ([j] if j < len(after) else [])
        i, j = i + len(left), j + len(right)
        first, second = math.prod(before[k] for k in left), math.prod(after[k] for k in right)
        while first != second:
            if first < second:
                left.append(i)
                first, i = first * before[i], i + 1
            else:
                right.append(j)
                second, j = second * after[j], j + 1
        groups.append((left, right))
    return groups


def _gathered(order: Order, groups: Groups) -> Order:
    """The stored order nearest to the given in which every group's dimensions stand together, ascending."""
    group_of = {axis: number for number, (left, _) in enumerate(groups) for axis in left}
    result: list[int] = []
    for axis in order:
        if axis not in result:
            result += groups[group_of[axis]][0]
    return tuple(result)


def _spread(order: Order, groups: Groups, rank: int) -> Order:
    """The stored order of the reshaped dimensions; a group without dimensions before stays behind the one before it."""
    following: dict[int, list[int]] = {}
    last = -1
    for left, right in groups:
        if left:
            last = left[0]
            following[last] = list(right)
        else:
            following.setdefault(last, []).extend(right)
    result = following.pop(-1, [])
    for axis in order:
        result += following.get(axis, [])
    assert len(result) == rank
    return tuple(result)


# -- elementwise ---------------------------------------------------------------------------------------------------


def _unary(layout: Layout, node: Node) -> None:
    if layout.original(node.inputs[0]).is_constant:
        on_plain(layout, node)
        return
    view = layout.view(node.inputs[0])
    layout.emit(node, [view.name], [view.order], columns=view.columns)


def _binary(layout: Layout, node: Node) -> None:
    """Both inputs in the order of the larger activation; constants follow for free."""
    rank = len(layout.original(node.outputs[0]).shape)
    order = _common_order(layout, node, [n for n in node.inputs if len(layout.original(n).shape) == rank])
    layout.emit(node, [_broadcast(layout, str(name), order) for name in node.inputs], [order])


def _common_order(layout: Layout, node: Node, names: Sequence[str | None]) -> Order:
    """The stored order of the largest activation among the inputs; of the first where several are."""
    activations = [layout.original(name) for name in names if not layout.original(name).is_constant]
    if not activations:
        return _identity(layout, node.outputs[0])
    return layout.view(max(activations, key=lambda tensor: tensor.elements).name).order


def _broadcast(layout: Layout, name: str, order: Order) -> str:
    """An operand in an order of dimensions that it may have too few of: dimensions of size 1 come in front."""
    tensor = layout.original(name)
    missing = len(order) - len(tensor.shape)
    if missing == 0:
        return layout.arranged(name, order)
    if order == tuple(range(len(order))) or tensor.elements == 1:
        return str(layout.plain(name))
    shape = (1,) * missing + tensor.shape
    if tensor.data is None:
        return layout.turn(layout.reshape(str(layout.plain(name)), shape), tuple(range(len(order))), order)
    return layout.constant(name, tensor.data.reshape(shape).transpose(order), tensor)


def _concatenation(layout: Layout, node: Node) -> None:
    order = _common_order(layout, node, node.inputs)
    inputs = [layout.arranged(str(name), order) for name in node.inputs]
    axis = node.attrs["axis"] % len(order)
    layout.emit(node, inputs, [order], {**node.attrs, "axis": order.index(axis)})


def _pack(layout: Layout, node: Node) -> None:
    """The new axis stays where the model puts it; the others keep their stored order around it."""
    order = _common_order(layout, node, node.inputs)
    axis = node.attrs["axis"] % (len(order) + 1)
    inputs = [layout.arranged(str(name), order) for name in node.inputs]
    others = [old + (old >= axis) for old in order]
    layout.emit(node, inputs, [(*others[:axis], axis, *others[axis:])], {**node.attrs, "axis": axis})


def _unpack(layout: Layout, node: Node) -> None:
    name = str(node.inputs[0])
    order = _order(layout, name)
    axis = node.attrs["axis"] % len(order)
    left = _without(order, (axis,))
    inputs = [layout.arranged(name, order)]
    layout.emit(node, inputs, [left] * len(node.outputs), {**node.attrs, "axis": order.index(axis)})


# -- along axes ----------------------------------------------------------------------------------------------------


def _order(layout: Layout, name: str) -> Order:
    """The stored order of an activation; its columns, if it was flattened, in their own order."""
    if layout.view(name).columns is not None:
        layout.plain(name)
    return layout.view(name).order


def _without(order: Order, axes: Sequence[int]) -> Order:
    """The order of the dimensions that are left when some are dropped."""
    left = sorted(set(order) - set(axes))
    return tuple(left.index(axis) for axis in order if axis not in axes)


def _reduce(layout: Layout, node: Node) -> None:
    name = str(node.inputs[0])
    order = _order(layout, name)
    if order == _identity(layout, name) or not layout.original(node.inputs[1]).is_constant:
        on_plain(layout, node)
        return
    axes = axes_of(layout.graph, node, layout.original(name))
    kept = node.op != "ARG_MAX" and bool(node.attrs.get("keep_dims"))
    moved = layout.constant(str(node.inputs[1]), _integers(sorted(order.index(axis) for axis in axes)))
    layout.emit(node, [layout.arranged(name, order), moved], [order if kept else _without(order, axes)])


def _along_last(layout: Layout, node: Node) -> None:
    """SOFTMAX and normalizations: the last dimension is stored last, the others anyhow."""
    name = str(node.inputs[0])
    order = _order(layout, name)
    last = len(order) - 1
    order = (*(axis for axis in order if axis != last), last)
    inputs = [layout.arranged(name, order), *(layout.plain(other) for other in node.inputs[1:])]
    layout.emit(node, inputs, [order])


def _fully_connected(layout: Layout, node: Node) -> None:
    name = str(node.inputs[0])
    view, weights = layout.view(name), layout.original(node.inputs[1])
    if view.columns is not None and weights.data is not None and weights.shape[1] == view.columns.size:
        moved = layout.constant(weights.name, weights.data[:, view.columns], weights)
        layout.emit(node, [view.name, moved, *node.inputs[2:]], [_identity(layout, node.outputs[0])])
    elif node.attrs.get("keep_num_dims"):
        _along_last(layout, node)
    else:
        on_plain(layout, node)


def _batch_matmul(layout: Layout, node: Node) -> None:
    """An operand whose last two dimensions are swapped is what ``adj_x`` and ``adj_y`` are for."""
    attrs, inputs = dict(node.attrs), []
    for name, flag in zip(node.inputs, ("adj_x", "adj_y"), strict=True):
        plain = _identity(layout, name)
        swapped = (*plain[:-2], *plain[:-3:-1])
        if not layout.original(name).is_constant and layout.view(name).order == swapped != plain:
            inputs.append(layout.arranged(str(name), swapped))
            attrs[flag] = not attrs[flag]
        else:
            inputs.append(str(layout.plain(name)))
    layout.emit(node, inputs, [_identity(layout, node.outputs[0])], attrs)


def _split(source: int, axis: int) -> Rule:
    """SPLIT and SPLIT_V; ``source`` and ``axis`` are the indices of these inputs."""

    def rule(layout: Layout, node: Node) -> None:
        name = str(node.inputs[source])
        order = _order(layout, name)
        inputs = [layout.plain(other) for other in node.inputs]
        inputs[source] = layout.arranged(name, order)
        along = int(layout.original(node.inputs[axis]).value().reshape(-1)[0]) % len(order)
        if order.index(along) != along:
            inputs[axis] = layout.constant(str(node.inputs[axis]), _integers(order.index(along)))
        layout.emit(node, inputs, [order] * len(node.outputs))

    return _guarded(rule, source)


def _per_axis(layout: Layout, node: Node) -> None:
    """SLICE, PAD and kin, TILE: inputs after the first have one entry per dimension (PADV2's value has none)."""
    name = str(node.inputs[0])
    order = _order(layout, name)
    inputs: list[str | None] = [layout.arranged(name, order)]
    for other in node.inputs[1:]:
        value = layout.original(other).value()
        per_axis = value.ndim > 0 and value.shape[0] == len(order) and not (node.op == "PADV2" and value.ndim < 2)
        moved = per_axis and order != _identity(layout, name)
        inputs.append(layout.constant(str(other), value[list(order)]) if moved else str(layout.plain(other)))
    layout.emit(node, inputs, [order])


def _strided_slice(layout: Layout, node: Node) -> None:
    """Per axis as long as no mask adds or drops dimensions."""
    attrs, name = node.attrs, str(node.inputs[0])
    order = _order(layout, name)
    if (
        order == _identity(layout, name)
        or attrs["ellipsis_mask"]
        or attrs["new_axis_mask"]
        or attrs["shrink_axis_mask"]
    ):
        on_plain(layout, node)
        return
    rank = len(order)
    given = [layout.original(other).value().reshape(-1) for other in node.inputs[1:]]
    beyond = sum(1 << axis for axis in range(given[0].size, rank))
    inputs = []
    for other, values, fill in zip(node.inputs[1:], given, (0, 0, 1), strict=True):
        whole = np.concatenate([values, np.full(rank - values.size, fill, values.dtype)])
        inputs.append(layout.constant(str(other), whole[list(order)]))
    masks = {
        mask: sum(1 << place for place, axis in enumerate(order) if (attrs[mask] | beyond) >> axis & 1)
        for mask in ("begin_mask", "end_mask")
    }
    layout.emit(node, [layout.arranged(name, order), *inputs], [order], {**attrs, **masks})


def _gather(layout: Layout, node: Node) -> None:
    name, index = str(node.inputs[0]), layout.original(node.inputs[1])
    if index.data is None or index.data.ndim != 1 or node.attrs.get("batch_dims"):
        on_plain(layout, node)
        return
    order = _order(layout, name)
    axis = order.index(node.attrs["axis"] % len(order))
    layout.emit(node, [layout.arranged(name, order), layout.plain(index.name)], [order], {**node.attrs, "axis": axis})


def _guarded(rule: Rule, source: int = 0) -> Rule:
    """A rule for activations with constant parameters; everything else is computed in the model's own order."""

    def guarded(layout: Layout, node: Node) -> None:
        tensors = [layout.original(name) for name in node.inputs if name is not None]
        parameters = [tensor for i, tensor in enumerate(tensors) if i != source]
        usual = not tensors[source].is_constant and all(tensor.is_constant for tensor in parameters)
        (rule if usual else on_plain)(layout, node)

    return guarded


def _identity(layout: Layout, name: str | None) -> Order:
    return tuple(range(len(layout.original(name).shape)))


def _integers(values: Any) -> Array:
    return np.asarray(values, np.int32)


RULES: dict[str, Rule] = {
    "TRANSPOSE": _transpose,
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"), _reshape),
    **dict.fromkeys(UNARY, _unary),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU"), _binary),
    "CONCATENATION": _concatenation,
    "PACK": _pack,
    "UNPACK": _guarded(_unpack),
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "ARG_MAX"), _guarded(_reduce)),
    **dict.fromkeys(("SOFTMAX", "BATCH_NORM", "LAYER_NORM", "RMS_NORM", "MAD_NORM", "SQUASH"), _guarded(_along_last)),
    "FULLY_CONNECTED": _guarded(_fully_connected),
    "BATCH_MATMUL": _batch_matmul,
    "SPLIT": _split(1, 0),
    "SPLIT_V": _split(0, 2),
    **dict.fromkeys(("SLICE", "PAD", "PADV2", "MIRROR_PAD", "TILE"), _guarded(_per_axis)),
    "STRIDED_SLICE": _guarded(_strided_slice),
    "GATHER": _guarded(_gather),
}
