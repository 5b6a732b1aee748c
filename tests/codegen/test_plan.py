"""The memory planner: no collisions, honest bounds, optimal where that can be checked, deterministic and fast."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bitwright.codegen.plan import Buffer, Overlap, Plan, plan, violations
from bitwright.codegen.plan.bound import lower_bound
from bitwright.codegen.plan.greedy import first_fit, forbidden_spans, place, size_of
from bitwright.codegen.plan.model import pairs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

few = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

Problem = tuple[list[Buffer], list[Overlap]]


@st.composite
def problems(draw: Any, most: int = 12, largest: int = 200, steps: int = 6) -> Problem:
    """Buffers with lifetimes, and outputs that may overlap inputs that die where they are written."""
    buffers = []
    for i in range(draw(st.integers(1, most))):
        first = draw(st.integers(0, steps))
        last = draw(st.integers(first, min(first + 3, steps)))
        buffers.append(Buffer(f"b{i}", draw(st.integers(1, largest)), first, last))
    overlaps = []
    targets: dict[int, str] = {}  # one output a step
    for buffer in buffers:
        targets.setdefault(buffer.first, buffer.name)
    for source in buffers:
        target = targets.get(source.last)
        if target is not None and target != source.name and draw(st.booleans()):
            distance, exact = draw(st.integers(-largest, largest)), draw(st.booleans())
            overlaps.append(Overlap(source.name, target, distance // 8 * 8 if exact else distance, exact))
    return buffers, overlaps


def collisions(problem: Problem, made: Plan) -> list[tuple[str, str, int]]:
    """Byte by byte and step by step: what two buffers share that they may not share."""
    buffers, overlaps = problem
    permitted = {(o.source, o.target): o for o in overlaps}

    def allows(a: str, b: str, apart: int) -> bool:
        overlap = permitted.get((a, b))
        return overlap is not None and (apart == overlap.distance or (apart > overlap.distance and not overlap.exact))

    wrong = []
    for step in range(max(b.last for b in buffers) + 1):
        owners: dict[int, list[str]] = {}
        for buffer in buffers:
            if buffer.first <= step <= buffer.last:
                for byte in range(made.offsets[buffer.name], made.offsets[buffer.name] + buffer.bytes):
                    owners.setdefault(byte, []).append(buffer.name)
        for byte, names in owners.items():
            for a in names:
                for b in names:
                    apart = made.offsets[a] - made.offsets[b]
                    if a < b and not allows(a, b, apart) and not allows(b, a, -apart):
                        wrong.append((a, b, byte))
    return wrong


@given(problems(), st.sampled_from([1, 4, 8]))
@few
def test_nothing_collides(problem: Problem, alignment: int) -> None:
    made = plan(*problem, alignment)
    assert not violations(*problem, made, alignment)
    assert not collisions(problem, made)
    assert all(offset % alignment == 0 for offset in made.offsets.values())
    assert made.bytes == max(made.offsets[b.name] + b.bytes for b in problem[0])


@given(problems(), st.sampled_from([1, 4]), st.data())
@few
def test_violations_are_found(problem: Problem, alignment: int, data: Any) -> None:
    """The planner's own check finds exactly what the byte-wise simulation finds, for any offsets."""
    offsets = {b.name: data.draw(st.integers(0, 60)) * alignment for b in problem[0]}
    size = max(offsets[b.name] + b.bytes for b in problem[0])
    some = Plan(offsets, size, 0)
    assert bool(violations(*problem, some, alignment)) == bool(collisions(problem, some))


@given(problems())
@few
def test_the_bound_is_below_every_plan(problem: Problem) -> None:
    buffers, overlaps = problem
    spans = forbidden_spans(buffers, list(pairs(buffers, overlaps)))
    fitted = size_of(buffers, place(spans, first_fit(buffers, spans, 1), 1))
    made = plan(buffers, overlaps, 1)
    assert lower_bound(buffers, overlaps) <= made.lower_bound <= made.bytes <= fitted
    assert made.optimal == (made.bytes == made.lower_bound)


def smallest(problem: Problem) -> int:
    """The optimum by exhaustion: the fewest bytes for which some offsets have no violation."""
    buffers, overlaps = problem
    size = max(b.bytes for b in buffers)
    while not _fits(buffers, overlaps, size, {}):
        size += 1
    return size


def _fits(buffers: list[Buffer], overlaps: list[Overlap], size: int, offsets: dict[str, int]) -> bool:
    if len(offsets) == len(buffers):
        return True
    placed = buffers[: len(offsets) + 1]
    named = [o for o in overlaps if {o.source, o.target} <= {b.name for b in placed}]
    for offset in range(size - placed[-1].bytes + 1):
        trial = {**offsets, placed[-1].name: offset}
        if not violations(placed, named, Plan(trial, size, 0), 1) and _fits(buffers, overlaps, size, trial):
            return True
    return False


@given(problems(most=4, largest=7, steps=3))
@few
def test_tiny_plans_are_optimal(problem: Problem) -> None:
    made = plan(*problem, 1)
    best = smallest(problem)
    assert made.bytes == best
    assert made.lower_bound <= best


def many(count: int) -> Problem:
    """Short-lived buffers, some that live long, and overlaps: more than any bound or first fit settles."""
    rng = random.Random(1)
    starts = [i * 2 // 3 for i in range(count)]
    buffers = [
        Buffer(f"b{i}", rng.randint(1, 20000), first, first + (rng.randint(1, 60) if i % 8 == 0 else 2))
        for i, first in enumerate(starts)
    ]
    targets: dict[int, str] = {}
    for buffer in buffers:
        targets.setdefault(buffer.first, buffer.name)
    overlaps = [
        Overlap(b.name, targets[b.last], rng.randint(-2000, 5000))
        for b in buffers
        if b.last in targets and b.last > b.first
    ]
    return buffers, overlaps


def test_two_hundred_buffers_take_seconds() -> None:
    problem = many(200)
    start = time.process_time()
    made = plan(*problem)
    assert time.process_time() - start < 30
    assert not violations(*problem, made, 4)
    assert made.bytes < 1.05 * made.lower_bound


def test_the_same_input_gives_the_same_plan_in_every_process() -> None:
    """Nothing depends on the order of sets or on what ran before."""
    code = "from test_plan import many; from bitwright.codegen.plan import plan; print(plan(*many(60)))"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    plans = {f"{plan(*many(60))}\n"}
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        command = [sys.executable, "-c", code]
        plans.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(plans) == 1
