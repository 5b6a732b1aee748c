"""The order of operators: the best of all on small graphs, exact in C, and found for large graphs too."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import pytest
from bitwright.codegen.plan import Buffer, Overlap
from bitwright.codegen.plan.bound import lower_bound
from bitwright.codegen.plan.order import Step, search
from bitwright.codegen.program import best_order, chosen_kernels, lower, serve
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph, Node, check
from bitwright.converter.reference import Session
from cbuild import build, call
from hypothesis import given
from networks import Fixed, networks
from projects import streaming
from single import activation, few, same, vectors

Problem = tuple[list[Step], dict[str, int], list[str], list[str]]


def problem(seed: int, count: int) -> Problem:
    """Steps with one output each, of up to three inputs; some may overlap, some need scratch."""
    rng = random.Random(seed)
    sizes = {"in": rng.randint(1, 60)}
    steps, made, read = [], ["in"], set[str]()
    for index in range(count):
        reads = rng.sample(made, min(len(made), rng.choice((1, 1, 1, 2, 3))))
        distance = {name: rng.randint(-30, 30) for name in reads if rng.random() < 0.5}
        after = (rng.randrange(index),) if index and rng.random() < 0.1 else ()
        name = f"b{index}"
        sizes[name] = rng.randint(1, 100)
        steps.append(Step(tuple(reads), (name,), rng.choice((0, 0, 13)), distance, rng.random() < 0.2, after))
        made.append(name)
        read.update(reads)
    outputs = [name for name in made if name not in read] + ([rng.choice(made)] if rng.random() < 0.3 else [])
    return steps, sizes, ["in"], outputs


def orders(steps: Sequence[Step], done: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Every order in which each step comes after those that it depends on."""
    if len(done) == len(steps):
        yield done
    made = {"in"} | {name for index in done for name in steps[index].writes}
    for index, step in enumerate(steps):
        if index not in done and set(step.reads) <= made and set(step.after) <= set(done):
            yield from orders(steps, (*done, index))


def peak(steps: Sequence[Step], sizes: Mapping[str, int], outputs: Sequence[str], order: Sequence[int]) -> int:
    """By the planner's own bound on the lifetimes that follow from an order."""
    first, last = {"in": 0}, {"in": 0}
    for time, index in enumerate(order):
        for name in (*steps[index].reads, *steps[index].writes):
            first.setdefault(name, time)
            last[name] = time
    last |= dict.fromkeys(outputs, len(order) - 1)
    buffers = [Buffer(name, sizes[name], first[name], last[name]) for name in first]
    overlaps = []
    for time, index in enumerate(order):
        step = steps[index]
        if step.extra:
            buffers.append(Buffer(f"#{index}", step.extra, time, time))
        for name, distance in step.distance.items():
            if last[name] == time and name not in outputs:
                overlaps.append(Overlap(name, step.writes[0], distance, step.exact))
    return lower_bound(buffers, overlaps)


@pytest.mark.parametrize("seed", range(40))
def test_the_order_is_the_best_of_all(seed: int) -> None:
    steps, sizes, inputs, outputs = problem(seed, 4 + seed % 4)
    found = search(steps, sizes, inputs, outputs)
    best = min(peak(steps, sizes, outputs, order) for order in orders(steps))
    assert found.peak == found.bound == best
    assert peak(steps, sizes, outputs, found.steps) == best
    assert found.steps in set(orders(steps))
    assert found.given > best or found.steps == tuple(range(len(steps)))


@pytest.mark.parametrize("seed", range(2))
def test_large_graphs(seed: int) -> None:
    """200 steps: whatever the search found, it says the truth about it."""
    steps, sizes, inputs, outputs = problem(1000 + seed, 200)
    found = search(steps, sizes, inputs, outputs)
    given_order = tuple(range(len(steps)))
    assert sorted(found.steps) == list(given_order)
    assert found.bound <= found.peak == peak(steps, sizes, outputs, found.steps)
    assert found.peak <= peak(steps, sizes, outputs, given_order)
    done: set[str] = {"in"}
    for position, index in enumerate(found.steps):
        assert set(steps[index].reads) <= done and set(steps[index].after) <= set(found.steps[:position])
        done.update(steps[index].writes)


def branches() -> Graph:
    """Two branches that grow before they shrink: side by side they need twice as much as one after the other."""
    n = Fixed()
    x = n.input((1, 8, 8, 2))
    window = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "NONE"}
    grown, shrunk = [], []
    for _ in range(2):
        weights, bias, scale = n.weights(x, (16, 1, 1, 2), 0)
        grown.append(n.emit("CONV_2D", [x, weights, bias], scale, **window))
    for tensor in grown:
        weights, bias, scale = n.weights(tensor, (2, 1, 1, 16), 0)
        shrunk.append(n.emit("CONV_2D", [tensor, weights, bias], scale, **window))
    n.emit("ADD", shrunk, shrunk[0].scale + shrunk[1].scale, activation="NONE")
    return n.finish()


def test_branches_are_executed_one_after_the_other() -> None:
    graph = branches()
    assert [node.op for node in graph.nodes] == ["CONV_2D"] * 4 + ["ADD"]
    program = lower(graph, ("generic",))
    names = [layer.node.name for layer in program.layers]
    assert names.index("n2") == names.index("n0") + 1 or names.index("n3") == names.index("n1") + 1
    grown = graph.tensor("t0").bytes
    assert program.arena_bytes < 1.5 * grown


@given(networks(least=4, most=10))
@few
def test_any_order_is_exact(graph: Graph) -> None:
    found = best_order(graph, chosen_kernels(graph, serve(graph, ("generic",)), {}))
    model = model_sources(graph, ("generic",), "model")
    assert found.bound <= found.peak
    inputs, library = vectors(graph, 1), build(model)
    session = Session(graph)
    same([session.trace(x).outputs for x in inputs], [call(model, library, x) for x in inputs], "generic")


def test_variables_are_read_before_they_are_written() -> None:
    graph = streaming()
    found = best_order(graph, chosen_kernels(graph, serve(graph, ("generic",)), {}))
    users: dict[str, list[str]] = {}
    for index in found.steps:
        node = graph.nodes[index]
        if "variable" in node.attrs:
            users.setdefault(node.attrs["variable"], []).append(node.op)
    assert set(map(tuple, users.values())) == {("READ_VARIABLE", "ASSIGN_VARIABLE")}


def test_a_graph_without_choices_keeps_its_order() -> None:
    names = [f"t{i}" for i in range(6)]
    nodes = tuple(Node(f"n{i}", "RELU", (names[0],), (names[i],)) for i in range(1, 6))
    tensors = {name: activation(name, (1, 4)) for name in names}
    graph = check(Graph("wide", tensors, nodes, (names[0],), tuple(names[1:])))
    program = lower(graph, ("generic",))
    assert [layer.node.name for layer in program.layers] == [node.name for node in nodes]
