"""A graph lowered for one instruction set: kernel calls in order and a planned arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..converter.ir import Graph, Node
from ..converter.ops import OPERATORS
from ..converter.serve import check_integer, prepare_node
from ..errors import InputError, UnsupportedError
from .kernels import Candidate, candidates, choose
from .kernels.call import KernelCall
from .plan import Buffer, Overlap, Plan, plan
from .plan.model import aligned

#: What an arena's address and size are multiples of: the largest element type, and what any core's loads like.
ARENA_ALIGNMENT = 8


@dataclass(frozen=True, eq=False)
class Layer:
    """One node with the call that serves it.

    Attributes:
        kernel: name of the kernel that was chosen; candidates: of all that serve the node.
        elided: the output shares its input's bytes, so that nothing is executed.
        point: trace point of the node's first output; further outputs follow.
        arena_bytes: bytes of the arena that are alive while the layer runs.
    """

    index: int
    node: Node
    call: KernelCall
    kernel: str
    candidates: tuple[str, ...]
    macs: int
    elided: bool
    point: int
    arena_bytes: int


@dataclass(frozen=True, eq=False)
class Program:
    """A lowered network.

    Attributes:
        isa: the most specific kernel folder.
        offsets: arena offset of every activation tensor.
        scratch: arena offset of each layer's scratch, by layer index.
        buffers: what was planned, for reports and pictures.
        cores: how many run the network together.
    """

    graph: Graph
    isa: str
    layers: tuple[Layer, ...]
    offsets: Mapping[str, int]
    scratch: Mapping[int, int]
    buffers: tuple[Buffer, ...]
    plan: Plan
    cores: int = 1

    @property
    def arena_bytes(self) -> int:
        """Bytes of the arena, whole multiples of its alignment."""
        return aligned(max(self.plan.bytes, 1), ARENA_ALIGNMENT)

    @property
    def arena_lower_bound(self) -> int:
        """Bytes of an arena that no plan can be below."""
        return aligned(max(self.plan.lower_bound, 1), ARENA_ALIGNMENT)

    @property
    def points(self) -> list[tuple[Layer, str]]:
        """Every trace point in order: the layer and the tensor whose value it wrote (to the arena or to a variable)."""
        return [(layer, name) for layer in self.layers for name in written(layer.node)]

    @property
    def visits(self) -> list[int]:
        """The trace point of each call of the trace, in order."""
        return list(range(len(self.points)))


def lower(graph: Graph, isa: Sequence[str], choices: Mapping[str, str] | None = None, cores: int = 1) -> Program:
    """Lower every node and plan the arena.

    Args:
        isa: kernel folders, most specific first.
        choices: kernels by node name; the others are chosen by estimate.
        cores: how many run the network together.

    Raises:
        UnsupportedError, ModelError, AccumulatorOverflowError: a node cannot be served.
        InputError: a chosen kernel does not serve its node, or there is no such node.
    """
    choices = choices or {}
    served = [_candidates(graph, node, isa) for node in check_integer(graph).nodes]
    if unknown := choices.keys() - {node.name for node in graph.nodes}:
        raise InputError(f"a kernel is chosen for '{min(unknown)}', which is no layer of the network")
    chosen = [choose(node, found, choices.get(node.name)) for node, found in zip(graph.nodes, served, strict=True)]
    calls = [_on_cores(candidate.call, cores) for candidate in chosen]
    groups = _alias_groups(graph, calls)
    buffers, overlaps = _buffers(graph, calls, groups)
    alignment = max([4, *(tensor.dtype.bytes for tensor in graph.activations())])
    arena = plan(buffers, overlaps, alignment)
    layers, point = [], 0
    for index, (node, call) in enumerate(zip(graph.nodes, calls, strict=True)):
        elided = (
            call.alias
            and bool(node.outputs)
            and groups.get(node.inputs[call.operands[0]] or "") == groups[node.outputs[0]]
        )
        live = _live_bytes(buffers, arena, index)
        names = tuple(candidate.kernel for candidate in served[index])
        macs = OPERATORS[node.op].macs(graph, node)
        layers.append(Layer(index, node, call, chosen[index].kernel, names, macs, elided, point, live))
        point += len(written(node))
    offsets = {name: arena.offsets[group] for name, group in groups.items()}
    scratch = {i: arena.offsets[_scratch_name(i)] for i, call in enumerate(calls) if call.scratch}
    return Program(graph, isa[0], tuple(layers), offsets, scratch, tuple(buffers), arena, cores)


def written(node: Node) -> tuple[str, ...]:
    """The tensors whose values a node writes; for ASSIGN_VARIABLE the value that becomes the state."""
    return node.outputs or tuple(name for name in node.inputs if name is not None)


def _candidates(graph: Graph, node: Node, isa: Sequence[str]) -> tuple[Candidate, ...]:
    if node.op not in OPERATORS:
        raise UnsupportedError(node.name, node.op, "this operator is not served; `bitwright ops` lists those that are")
    return candidates(graph, node, prepare_node(graph, node), isa)


def _on_cores(call: KernelCall, cores: int) -> KernelCall:
    """The call as several cores make it together: scratch for each, and no byte that one reads and another writes."""
    if cores == 1 or call.cores == "one":
        return call
    scratch = None if call.scratch is None else call.scratch * cores
    if call.cores == "apart":
        return replace(call, scratch=scratch, distance={})
    return replace(call, scratch=scratch, distance=dict.fromkeys(call.distance, 0), exact=True)


def _alias_groups(graph: Graph, calls: list[KernelCall]) -> dict[str, str]:
    """Activation name -> the name of the buffer that holds it (the first tensor of its alias chain)."""
    groups = {tensor.name: tensor.name for tensor in graph.activations()}
    for node, call in zip(graph.nodes, calls, strict=True):
        if call.alias:
            source = node.inputs[call.operands[0]]
            if source in groups:
                groups[node.outputs[0]] = groups[source]
    return groups


def _scratch_name(index: int) -> str:
    return f"#scratch {index}"


def _buffers(graph: Graph, calls: list[KernelCall], groups: dict[str, str]) -> tuple[list[Buffer], list[Overlap]]:
    """Lifetimes of every buffer, and which outputs may start inside a dying input."""
    end = max(len(graph.nodes) - 1, 0)
    first: dict[str, int] = {groups[name]: 0 for name in graph.inputs}
    last: dict[str, int] = dict(first)
    for index, node in enumerate(graph.nodes):
        for name in (*node.inputs, *node.outputs):
            if name in groups:
                first.setdefault(groups[name], index)
                last[groups[name]] = index
    last.update({groups[name]: end for name in graph.outputs})
    sizes: dict[str, int] = {}
    for name, group in groups.items():
        sizes[group] = max(sizes.get(group, 0), graph.tensor(name).bytes)
    buffers = [Buffer(group, sizes[group], first[group], last[group]) for group in first]
    overlaps = []
    kept = {groups[name] for name in graph.outputs}
    for index, (node, call) in enumerate(zip(graph.nodes, calls, strict=True)):
        if call.scratch:
            buffers.append(Buffer(_scratch_name(index), call.scratch, index, index))
        if len(node.outputs) != 1 or first[groups[node.outputs[0]]] != index:
            continue
        for source in {groups[name] for name in node.inputs if name in groups}:
            used = [i for i, name in enumerate(node.inputs) if name in groups and groups[name] == source]
            if source not in kept and last[source] == index and all(i in call.distance for i in used):
                distance = max(call.distance[i] for i in used)
                overlaps.append(Overlap(source, groups[node.outputs[0]], distance, call.exact))
    return buffers, sorted(overlaps, key=lambda overlap: (overlap.source, overlap.target))


def _live_bytes(buffers: list[Buffer], arena: Plan, step: int) -> int:
    """Bytes of the arena covered by the buffers alive in a step (overlapping ones counted once)."""
    spans = sorted(
        (arena.offsets[b.name], arena.offsets[b.name] + b.bytes) for b in buffers if b.first <= step <= b.last
    )
    total, reached = 0, 0
    for start, stop in spans:
        total += max(0, stop - max(start, reached))
        reached = max(reached, stop)
    return total
