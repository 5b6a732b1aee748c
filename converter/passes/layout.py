"""Removes transposes: tensors are kept in the order of dimensions in which most operators want them.

Channels-first models arrive with a TRANSPOSE on either side of every channels-last operator. Here a TRANSPOSE moves
nothing: it only changes in which order of dimensions the same stored tensor is *viewed*, and every operator states how
it computes on a view (:mod:`.layout_rules`). Where one cannot, the tensor is transposed for good. Graph inputs are
stored in whichever order leaves the fewest elements to be moved, outputs in the order in which they are computed; the
host converts both (``Graph.edges``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..ir import Array, DType, Edge, Graph, Node, Tensor, check
from .layout_rules import RULES, on_plain
from .remove_dead_code import remove_dead_code
from .rewriter import unused

Order = tuple[int, ...]

#: The orders that are tried for graph inputs, by rank: channels-first to channels-last.
_CHANNELS_LAST: Mapping[int, Order] = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}
_MOST_TRIED = 16  # inputs, each of which costs another arrangement


def remove_transposes(graph: Graph) -> Graph:
    """The same network with as few elements transposed as possible, computing in the layouts that its operators want.

    Inputs and outputs that are kept in another order of dimensions than the model's get an :class:`Edge` with that
    permutation.
    """
    turned = {
        name: _CHANNELS_LAST[len(shape)]
        for name in graph.inputs
        if len(shape := graph.tensor(name).shape) in _CHANNELS_LAST and graph.edges.get(name) is None
    }
    best = _arranged(graph, {})
    if best.moved and turned:
        best = min(best, _arranged(graph, turned), key=lambda layout: layout.moved)
        for name, order in list(turned.items())[:_MOST_TRIED]:
            if not best.moved:
                break
            others = {n: o for n, o in best.turned.items() if n != name}
            flipped = others if name in best.turned else {**others, name: order}
            best = min(best, _arranged(graph, flipped), key=lambda layout: layout.moved)
    return check(best.finish())


def _arranged(graph: Graph, turned: Mapping[str, Order]) -> Layout:
    layout = Layout(graph, turned)
    for node in graph.nodes:
        RULES.get(node.op, on_plain)(layout, node)
    layout.finish_outputs()
    return layout


@dataclass(frozen=True, eq=False)
class View:
    """Where a tensor of the original graph is found.

    Attributes:
        name: of the stored tensor, ``stored = original.transpose(order)``.
        columns: of a flattened tensor, ``stored[:, i] = original[:, columns[i]]``.
    """

    name: str
    order: Order
    columns: Array | None = None


class Layout:
    """The rearranged graph under construction; ``moved`` counts the elements that its transposes move."""

    def __init__(self, graph: Graph, turned: Mapping[str, Order]) -> None:
        self.graph = graph
        self.turned = turned
        self.moved = 0
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.outputs: list[str] = []
        self.edges: dict[str, Edge] = dict(graph.edges)
        self.views: dict[str, View] = {}
        self._arranged: dict[tuple[str, Order], str] = {}
        self._writers: dict[str, Node] = {}
        self._original_writers = graph.producers()
        self._node_names = {node.name for node in graph.nodes}
        self._tensor_names = set(graph.tensors)
        self._readers: dict[str, list[Node]] = {}
        for node in graph.nodes:
            for name in node.inputs:
                if name is not None:
                    self._readers.setdefault(name, []).append(node)
        for name in graph.inputs:
            tensor, order = graph.tensor(name), turned.get(name, identity(graph.tensor(name).shape))
            self.tensors[name] = replace(tensor, shape=permuted(tensor.shape, order))
            self.views[name] = View(name, order)
            if name in turned:
                self.edges[name] = Edge(tensor.dtype, order)

    # -- what rules ask -------------------------------------------------------------------------------------------

    def original(self, name: str | None) -> Tensor:
        """A tensor of the original graph."""
        return self.graph.tensor(name)

    def readers(self, name: str) -> Sequence[Node]:
        """The nodes of the original graph that read a tensor."""
        return self._readers.get(name, ())

    def view(self, name: str | None) -> View:
        """Where a tensor of the original graph is found; constants are as they were."""
        tensor = self.original(name)
        if tensor.is_constant:
            return View(tensor.name, identity(tensor.shape))
        return self.views[tensor.name]

    def plain(self, name: str | None) -> str | None:
        """A stored tensor in the original order of dimensions."""
        return None if name is None else self.arranged(name, identity(self.original(name).shape))

    def arranged(self, name: str, order: Order) -> str:
        """A stored tensor in a given order of dimensions, transposed where it is not there yet."""
        tensor, view = self.original(name), self.view(name)
        if tensor.is_constant:
            return self._arranged_constant(tensor, order)
        if view.columns is not None:
            view = self._sorted(name, view)
        if view.order == order:
            return view.name
        return self.turn(view.name, view.order, order)

    def turn(self, stored: str, current: Order, order: Order) -> str:
        """A stored tensor of one order in another; a RESHAPE where no element changes its place."""
        key = (stored, tuple(current.index(axis) for axis in order))
        if key not in self._arranged:
            tensor = self.tensors[stored]
            shape = permuted(tensor.shape, key[1])
            if _moves_nothing(tensor.shape, key[1]):
                self._arranged[key] = self.reshape(stored, shape)
            else:
                self._arranged[key] = self._transpose(tensor, key[1], shape)
        return self._arranged[key]

    def reshape(self, stored: str, shape: tuple[int, ...], node: Node | None = None) -> str:
        """A stored tensor in another shape; chains of RESHAPE become one, or none.

        Args:
            node: of the original graph, which this takes the place of: it lends its name and its output's grid.
        """
        output = None if node is None else self.original(node.outputs[0])
        if node is not None:
            self._adopt(node, stored)
        tensor = self.tensors[stored]
        writer = self._writers.get(stored)
        if writer is not None and writer.op == "RESHAPE" and _same_grid(self.tensors[str(writer.inputs[0])], tensor):
            stored = str(writer.inputs[0])
        if self.tensors[stored].shape == shape and self._can_stand_for(stored, output):
            return stored
        target = self._fresh(f"{tensor.name}/reshape") if output is None else output.name
        like = tensor if output is None or output.stored is None else output
        self.tensors[target] = replace(like, name=target, shape=shape)
        self._append(node.name if node else None, "RESHAPE", (stored,), target, {"new_shape": shape})
        return target

    def constant(self, name: str, value: Array, like: Tensor | None = None) -> str:
        """A constant of the new graph; ``like`` lends its annotation."""
        target = self._fresh(name)
        tensor = Tensor(target, value.shape, DType(value.dtype.name), data=np.array(value, order="C"))
        self.tensors[target] = tensor if like is None else replace(tensor, quant=like.quant, stored=like.stored)
        return target

    def emit(
        self,
        node: Node,
        inputs: Sequence[str | None],
        orders: Sequence[Order],
        attrs: Mapping[str, object] | None = None,
        columns: Array | None = None,
    ) -> None:
        """Append the node on stored inputs; each of its outputs is stored in the order given."""
        for name in inputs:
            if name is not None and name not in self.tensors:
                self.tensors[name] = self.graph.tensor(name)
        for name, order in zip(node.outputs, orders, strict=True):
            tensor = self.original(name)
            self.tensors[name] = replace(tensor, shape=permuted(tensor.shape, order))
            self.see(name, name, order, columns)
        self._add(replace(node, inputs=tuple(inputs), attrs=node.attrs if attrs is None else attrs))

    def alias(self, node: Node, order: Order) -> None:
        """The node's output is its input's stored tensor, viewed in another order."""
        view, output = self.view(node.inputs[0]), self.original(node.outputs[0])
        stored = view.name
        self._adopt(node, stored)
        if not self._can_stand_for(stored, output):
            stored = self.reshape(stored, self.tensors[stored].shape, node)
        self.see(output.name, stored, order)

    def see(self, name: str, stored: str, order: Order, columns: Array | None = None) -> None:
        """Where a tensor of the original graph is found from now on."""
        self.views[name] = View(stored, order, columns)

    # -- the end --------------------------------------------------------------------------------------------------

    def finish_outputs(self) -> None:
        """Choose the stored tensor of every graph output."""
        as_they_are = {view.name for name in self.graph.outputs if self._is_plain(name, view := self.view(name))}
        turned: set[str] = set()
        for name in self.graph.outputs:
            view, shape = self.view(name), self.original(name).shape
            stored = view.name
            taken = stored in {*self.outputs, *self.edges, *self.graph.inputs, *as_they_are}
            if self._is_plain(name, view) or taken or view.columns is not None or _moves_nothing(shape, view.order):
                stored = str(self.plain(name))
                if stored in turned or stored in self.graph.inputs:
                    stored = self._copy(name, stored)
            else:
                self.edges[stored] = Edge(self.tensors[stored].dtype, view.order)
                turned.add(stored)
            self.outputs.append(stored)

    def finish(self) -> Graph:
        """The rearranged graph; outputs keep the names of the original where their tensor was renamed."""
        names = {
            stored: name
            for name, stored in zip(self.graph.outputs, self.outputs, strict=True)
            if name not in self.tensors and stored not in self.graph.inputs
        }
        used = set(self.graph.inputs) | set(self.outputs)
        used |= {name for node in self.nodes for name in (*node.inputs, *node.outputs) if name is not None}
        tensors = {names.get(n, n): replace(self.tensors[n], name=names.get(n, n)) for n in self.tensors if n in used}
        nodes = tuple(
            replace(
                node,
                inputs=tuple(None if n is None else names.get(n, n) for n in node.inputs),
                outputs=tuple(names.get(n, n) for n in node.outputs),
            )
            for node in self.nodes
        )
        outputs = tuple(names.get(n, n) for n in self.outputs)
        edges = {names.get(n, n): edge for n, edge in self.edges.items()}
        return remove_dead_code(replace(self.graph, tensors=tensors, nodes=nodes, outputs=outputs, edges=edges))

    # -- details --------------------------------------------------------------------------------------------------

    def _arranged_constant(self, tensor: Tensor, order: Order) -> str:
        if order == identity(tensor.shape):
            self.tensors.setdefault(tensor.name, tensor)
            return tensor.name
        key = (tensor.name, order)
        if key not in self._arranged:
            turned = turned_quantization(tensor, order)
            self._arranged[key] = self.constant(tensor.name, tensor.value().transpose(order), turned)
        return self._arranged[key]

    def _transpose(self, tensor: Tensor, order: Order, shape: tuple[int, ...]) -> str:
        self.moved += tensor.elements
        target = self._fresh(f"{tensor.name}/transpose")
        self.tensors[target] = replace(tensor, name=target, shape=shape)
        permutation = self.constant(f"{target}/permutation", np.asarray(order, np.int32))
        self._append(None, "TRANSPOSE", (tensor.name, permutation), target)
        return target

    def _sorted(self, name: str, view: View) -> View:
        """The columns of a flattened tensor back in their original order."""
        assert view.columns is not None
        tensor = self.tensors[view.name]
        self.moved += tensor.elements
        target = self._fresh(f"{tensor.name}/sorted")
        self.tensors[target] = replace(tensor, name=target)
        index = self.constant(f"{target}/columns", np.argsort(view.columns).astype(np.int32))
        self._append(None, "GATHER", (view.name, index), target, {"axis": len(tensor.shape) - 1, "batch_dims": 0})
        self.views[name] = View(target, view.order)
        return self.views[name]

    def _copy(self, name: str, stored: str) -> str:
        """A tensor of its own for a graph output that would be a graph input."""
        shape = self.tensors[stored].shape
        target = self._fresh(name)
        self.tensors[target] = replace(self.original(name), name=target, shape=shape)
        self._append(None, "RESHAPE", (stored,), target, {"new_shape": shape})
        return target

    def _is_plain(self, name: str, view: View) -> bool:
        return view.columns is None and view.order == identity(self.original(name).shape)

    def _can_stand_for(self, stored: str, output: Tensor | None) -> bool:
        return output is None or output.stored is None or _same_grid(self.tensors[stored], output)

    def _adopt(self, node: Node, stored: str) -> None:
        """A tensor without a grid gets that of the node's output, which is all that is made of it."""
        output = self.original(node.outputs[0])
        if self.tensors[stored].stored is None and self._is_private(str(node.inputs[0]), stored):
            self.tensors[stored] = replace(self.tensors[stored], quant=output.quant, stored=output.stored)

    def _is_private(self, name: str, stored: str) -> bool:
        """Whether one node reads what is stored, under this name or those that it was given before."""
        if len(self.readers(name)) != 1 or name in self.graph.outputs:
            return False
        writer = self._original_writers.get(name)
        return name == stored or writer is None or self._is_private(str(writer.inputs[0]), stored)

    def _append(
        self, name: str | None, op: str, inputs: tuple[str, ...], target: str, attrs: Mapping[str, object] | None = None
    ) -> None:
        if name is None:
            name = unused(target, self._node_names)
            self._node_names.add(name)
        self._add(Node(name, op, inputs, (target,), attrs or {}))

    def _add(self, node: Node) -> None:
        self.nodes.append(node)
        self._writers.update(dict.fromkeys(node.outputs, node))

    def _fresh(self, name: str) -> str:
        """A name for a tensor that neither graph has."""
        name = unused(name, self._tensor_names)
        self._tensor_names.add(name)
        return name


def _moves_nothing(shape: Sequence[int], order: Order) -> bool:
    """Whether a transpose leaves every element in its place, since it moves dimensions of size 1 only."""
    axes = [axis for axis in order if shape[axis] != 1]
    return axes == sorted(axes)


def _same_grid(first: Tensor, second: Tensor) -> bool:
    return (first.stored, first.quant) == (second.stored, second.quant)


def identity(shape: Sequence[int]) -> Order:
    """The order that changes nothing."""
    return tuple(range(len(shape)))


def permuted(shape: Sequence[int], order: Order) -> tuple[int, ...]:
    """The shape after a transpose."""
    return tuple(shape[axis] for axis in order)


def turned_quantization(tensor: Tensor, order: Order) -> Tensor:
    """The tensor with the axis of its grid where a transpose puts it."""
    if tensor.quant is None or tensor.quant.axis is None:
        return tensor
    return replace(tensor, quant=replace(tensor.quant, axis=order.index(tensor.quant.axis)))
