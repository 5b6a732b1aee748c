"""A graph lowered for one instruction set: kernel calls in order and a planned arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..converter.ir import Graph, Node, check
from ..converter.ops import OPERATORS
from ..converter.serve import check_integer, prepare_node
from ..errors import InputError, UnsupportedError
from .decisions import Decisions, Fusion
from .fusion.chain import Bands, Chain, fuse
from .fusion.schedule import Compute, Pace
from .kernels import Candidate, candidates, choose
from .kernels.call import KernelCall
from .lifetimes import (
    Work,
    alias_groups,
    buffers_of,
    group_bytes,
    scratch_name,
    work_of_call,
    work_of_chain,
)
from .plan import Buffer, Plan, plan
from .plan.model import aligned
from .plan.order import Order, Step, search

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
        chain: the fused layers that it is one of; None where it is executed by itself.
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
    chain: Chain | None = None

    @property
    def fused(self) -> str:
        """First and last layer of its chain, as users see them; empty where it is executed by itself."""
        return "" if self.chain is None else f"{self.chain.first}-{self.chain.last}"


@dataclass(frozen=True, eq=False)
class Program:
    """A lowered network.

    Attributes:
        graph: its nodes in the order in which they are executed.
        isa: the most specific kernel folder.
        offsets: arena offset of every activation tensor; of the rows that exist at once where it is inside a chain.
        scratch: arena offset of each layer's scratch, by layer index; that of a chain by its first layer's.
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
        visits: list[int] = []
        for layer in self.layers:
            if layer.chain is None:
                visits += range(layer.point, layer.point + len(written(layer.node)))
            elif layer.index == layer.chain.first:
                steps = layer.chain.schedule.steps
                visits += [layer.point + step.layer for step in steps if isinstance(step, Compute)]
        return visits

    @property
    def chains(self) -> list[Chain]:
        """The fused layers, in order."""
        return [layer.chain for layer in self.layers if layer.chain is not None and layer.chain.first == layer.index]


def lower(
    graph: Graph, isa: Sequence[str], decisions: Decisions | Mapping[str, str] | None = None, cores: int = 1
) -> Program:
    """Lower every node, in the order that needs the least memory, and plan the arena.

    Args:
        isa: kernel folders, most specific first.
        decisions: or only the kernels by node name; what is left open is decided by estimate.
        cores: how many run the network together.

    Raises:
        UnsupportedError, ModelError, AccumulatorOverflowError: a node cannot be served.
        InputError: a chosen kernel does not serve its node, or there is no such node; layers cannot be fused.
    """
    if not isinstance(decisions, Decisions):
        decisions = Decisions(decisions or {})
    served = serve(graph, isa, cores)
    chosen = chosen_kernels(graph, served, decisions.kernels)
    graph = ordered(graph, chosen) if decisions.order is None else in_order(graph, decisions.order)
    named = [name for fusion in decisions.fused for name in fusion.layers]
    if len(set(named)) < len(named):
        raise InputError("a layer is in two chains of fused layers")
    if cores > 1 and decisions.fused:
        raise InputError("layers cannot be fused for several cores")
    chains = [_fused(graph, isa, chosen, fusion) for fusion in decisions.fused]
    return assemble(graph, isa[0], served, chosen, chains, cores)


def serve(graph: Graph, isa: Sequence[str], cores: int = 1) -> dict[str, tuple[Candidate, ...]]:
    """Every kernel that can serve each node, by its name. Raises UnsupportedError and what ``prepare_node`` raises."""
    return {
        node.name: tuple(_on_cores(candidate, cores) for candidate in _candidates(graph, node, isa))
        for node in check_integer(graph).nodes
    }


def chosen_kernels(
    graph: Graph, served: Mapping[str, Sequence[Candidate]], wanted: Mapping[str, str]
) -> dict[str, Candidate]:
    """The kernel of each node: the wanted one, or the best by estimate. Raises InputError."""
    if unknown := wanted.keys() - {node.name for node in graph.nodes}:
        raise InputError(f"a kernel is chosen for '{min(unknown)}', which is no layer of the network")
    return {node.name: choose(node, served[node.name], wanted.get(node.name)) for node in graph.nodes}


def alignment_of(graph: Graph) -> int:
    """What addresses in the arena are multiples of."""
    return max([4, *(tensor.dtype.bytes for tensor in graph.activations())])


def best_order(graph: Graph, chosen: Mapping[str, Candidate]) -> Order:
    """The order of the nodes with the lowest peak; what reads or writes one variable keeps its order."""
    calls = [chosen[node.name].call for node in graph.nodes]
    groups = alias_groups(graph, calls)
    steps, users = [], dict[str, list[int]]()
    for index, (node, call) in enumerate(zip(graph.nodes, calls, strict=True)):
        work = work_of_call(graph, index, call)
        reads = tuple(dict.fromkeys(groups[name] for name in work.reads))
        distance = {
            group: max(work.distance[name] for name in work.reads if groups[name] == group)
            for group in reads
            if all(name in work.distance for name in work.reads if groups[name] == group)
        }
        shared = [users.setdefault(name, []) for name in variables_of(node)]
        before = sorted({user for same in shared for user in same})
        writes = tuple(groups[name] for name in work.writes)
        steps.append(Step(reads, writes, sum(work.inner.values()), distance, work.exact, tuple(before)))
        for same in shared:
            same.append(index)
    inputs, outputs = ([groups[name] for name in names] for names in (graph.inputs, graph.outputs))
    return search(steps, group_bytes(graph, groups), inputs, outputs)


def variables_of(node: Node) -> tuple[str, ...]:
    """The variables that a node reads or writes."""
    return (node.attrs["variable"],) if "variable" in node.attrs else node.states


def ordered(graph: Graph, chosen: Mapping[str, Candidate]) -> Graph:
    """The graph in the order that needs the least memory; itself where that is the order it has."""
    found = best_order(graph, chosen).steps
    return graph if list(found) == sorted(found) else graph.with_nodes(tuple(graph.nodes[i] for i in found))


def in_order(graph: Graph, names: Sequence[str]) -> Graph:
    """The graph with its nodes in an order. Raises InputError where the names are others, ModelError where a node
    would come before what it reads."""
    nodes = {node.name: node for node in graph.nodes}
    if sorted(names) != sorted(nodes):
        raise InputError("the order that is chosen does not name every layer of the network once")
    return graph if tuple(names) == tuple(nodes) else check(graph.with_nodes(tuple(nodes[name] for name in names)))


def assemble(
    graph: Graph,
    isa: str,
    served: Mapping[str, Sequence[Candidate]],
    chosen: Mapping[str, Candidate],
    chains: Sequence[Chain],
    cores: int = 1,
) -> Program:
    """The program with its arena planned."""
    calls = [chosen[node.name].call for node in graph.nodes]
    groups = alias_groups(graph, calls)
    inside = {index: chain for chain in chains for index in range(chain.first, chain.last + 1)}
    works = works_of(graph, calls, chains)
    buffers, overlaps = buffers_of(graph, works, groups)
    arena = plan(buffers, overlaps, alignment_of(graph))
    layers, point = [], 0
    for index, (node, call) in enumerate(zip(graph.nodes, calls, strict=True)):
        elided = (
            call.alias
            and bool(node.outputs)
            and groups.get(node.inputs[call.operands[0]] or "") == groups[node.outputs[0]]
        )
        chain = inside.get(index)
        if chain is not None:
            call = replace(call, instructions=chain.instructions[index - chain.first])
        layers.append(
            Layer(
                index=index,
                node=node,
                call=call,
                kernel=chosen[node.name].kernel,
                candidates=tuple(candidate.kernel for candidate in served[node.name]),
                macs=OPERATORS[node.op].macs(graph, node),
                elided=elided,
                point=point,
                arena_bytes=_live_bytes(buffers, arena, index),
                chain=chain,
            )
        )
        point += len(written(node))
    offsets = {name: arena.offsets[group] for name, group in groups.items()}
    scratch = {w.first: arena.offsets[scratch_name(w.first)] for w in works if scratch_name(w.first) in w.inner}
    return Program(graph, isa, tuple(layers), offsets, scratch, tuple(buffers), arena, cores)


def works_of(graph: Graph, calls: Sequence[KernelCall], chains: Sequence[Chain]) -> list[Work]:
    """What is executed, in order."""
    starts = {chain.first: chain for chain in chains}
    works: list[Work] = []
    index = 0
    while index < len(calls):
        chain = starts.get(index)
        works.append(work_of_call(graph, index, calls[index]) if chain is None else work_of_chain(graph, chain))
        index = works[-1].last + 1
    return works


def _fused(graph: Graph, isa: Sequence[str], chosen: Mapping[str, Candidate], fusion: Fusion) -> Chain:
    """The chain that was decided on. Raises InputError where there is none."""
    names = [node.name for node in graph.nodes]
    first = names.index(fusion.layers[0]) if fusion.layers and fusion.layers[0] in names else 0
    last = first + len(fusion.layers) - 1
    if not fusion.layers or tuple(names[first : last + 1]) != fusion.layers or fusion.rows < 1:
        raise InputError(f"the layers '{', '.join(fusion.layers)}' do not follow each other: they cannot be fused")
    kernels = {name: (chosen[name].kernel,) for name in fusion.layers}
    pace = Pace(fusion.rows, fusion.matched)
    chain = fuse(Bands(graph, isa), first, last, kernels, pace, alignment_of(graph))
    if chain is None:
        raise InputError(f"the layers '{', '.join(fusion.layers)}' cannot be fused with these kernels")
    return chain


def written(node: Node) -> tuple[str, ...]:
    """The tensors whose values a node writes; for ASSIGN_VARIABLE the value that becomes the state."""
    return node.outputs or tuple(name for name in node.inputs if name is not None)


def _candidates(graph: Graph, node: Node, isa: Sequence[str]) -> tuple[Candidate, ...]:
    if node.op not in OPERATORS:
        raise UnsupportedError(node.name, node.op, "this operator is not served; `bitwright ops` lists those that are")
    return candidates(graph, node, prepare_node(graph, node), isa)


def _on_cores(candidate: Candidate, cores: int) -> Candidate:
    """The call as several cores make it together: scratch for each, and no byte that one reads and another writes."""
    call = candidate.call
    if cores == 1 or call.cores == "one":
        return candidate
    scratch = None if call.scratch is None else call.scratch * cores
    if call.cores == "apart":
        return replace(candidate, call=replace(call, scratch=scratch, distance={}))
    distance = dict.fromkeys(call.distance, 0)
    return replace(candidate, call=replace(call, scratch=scratch, distance=distance, exact=True))


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
