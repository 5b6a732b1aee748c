"""Which buffers an inference needs, from when to when, and which of them may overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..converter.ir import Graph, Node
from .fusion.chain import Chain
from .kernels.call import KernelCall
from .plan import Buffer, Overlap


@dataclass(frozen=True, eq=False)
class Work:
    """What is executed without a break: one layer, or a chain of fused layers.

    Attributes:
        first, last: indices of its nodes.
        reads, writes: the tensors that it takes from before and leaves behind.
        inner: bytes of further buffers by name; those of scratch begin with ``#``.
        distance: for inputs that its output may overlap, the smallest safe ``address(input) - address(output)``.
        exact: only at just that distance.
    """

    first: int
    last: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    inner: Mapping[str, int] = field(default_factory=dict)
    distance: Mapping[str, int] = field(default_factory=dict)
    exact: bool = False


def scratch_name(index: int) -> str:
    """The scratch of the work that begins with a node."""
    return f"#scratch {index}"


def work_of_call(graph: Graph, index: int, call: KernelCall) -> Work:
    """One layer as work."""
    node = graph.nodes[index]
    reads = activations(graph, node)
    distance = {}
    for name in reads if len(node.outputs) == 1 else ():
        used = [place for place, source in enumerate(node.inputs) if source == name]
        if all(place in call.distance for place in used):
            distance[name] = max(call.distance[place] for place in used)
    inner = {scratch_name(index): call.scratch} if call.scratch else {}
    return Work(index, index, reads, node.outputs, inner, distance, call.exact)


def work_of_chain(graph: Graph, chain: Chain) -> Work:
    """Fused layers as work."""
    reads = dict.fromkeys(name for node in chain.nodes for name in activations(graph, node) if name not in chain.inner)
    inner = dict(chain.inner)
    if chain.scratch:
        inner[scratch_name(chain.first)] = chain.scratch
    return Work(chain.first, chain.last, tuple(reads), (chain.output,), inner, chain.distance)


def activations(graph: Graph, node: Node) -> tuple[str, ...]:
    """The inputs of a node that are no constants, once each."""
    names = dict.fromkeys(name for name in node.inputs if name is not None)
    return tuple(name for name in names if not graph.tensor(name).is_constant)


def alias_groups(graph: Graph, calls: Sequence[KernelCall]) -> dict[str, str]:
    """Activation name -> the name of the buffer that holds it (the first tensor of its alias chain)."""
    groups = {tensor.name: tensor.name for tensor in graph.activations()}
    for node, call in zip(graph.nodes, calls, strict=True):
        if call.alias:
            source = node.inputs[call.operands[0]]
            if source in groups:
                groups[node.outputs[0]] = groups[source]
    return groups


def group_bytes(graph: Graph, groups: Mapping[str, str]) -> dict[str, int]:
    """Bytes of every buffer that holds whole tensors."""
    sizes: dict[str, int] = {}
    for name, group in groups.items():
        sizes[group] = max(sizes.get(group, 0), graph.tensor(name).bytes)
    return sizes


def buffers_of(graph: Graph, works: Sequence[Work], groups: Mapping[str, str]) -> tuple[list[Buffer], list[Overlap]]:
    """Lifetimes of every buffer, and which outputs may start inside a dying input; steps are nodes."""
    first: dict[str, int] = {groups[name]: 0 for name in graph.inputs}
    last: dict[str, int] = dict(first)
    for work in works:
        for name in (*work.reads, *work.writes):
            first.setdefault(groups[name], work.first)
            last[groups[name]] = work.last
    last.update({groups[name]: max(len(graph.nodes) - 1, 0) for name in graph.outputs})
    sizes = group_bytes(graph, groups)
    buffers = [Buffer(group, sizes[group], first[group], last[group]) for group in first]
    buffers += [Buffer(name, size, work.first, work.last) for work in works for name, size in work.inner.items()]
    overlaps = []
    kept = {groups[name] for name in graph.outputs}
    for work in works:
        if len(work.writes) != 1 or first[groups[work.writes[0]]] != work.first:
            continue
        target = groups[work.writes[0]]
        for source in {groups[name] for name in work.reads} - {target}:
            names = [name for name in work.reads if groups[name] == source]
            if source not in kept and last[source] == work.last and all(name in work.distance for name in names):
                distance = max(work.distance[name] for name in names)
                overlaps.append(Overlap(source, target, distance, work.exact))
    return buffers, sorted(overlaps, key=lambda overlap: (overlap.source, overlap.target))
