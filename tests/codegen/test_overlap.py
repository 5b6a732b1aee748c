"""Outputs inside inputs: the stated distances are safe, by byte-wise simulation and by the kernels themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from bitwright.codegen import program
from bitwright.codegen.kernels.generic.nests import distances, nests
from bitwright.codegen.kernels.overlap import (
    line_distance,
    pair_distance,
    raster_distance,
    row_distance,
    window_distance,
)
from bitwright.codegen.plan import Buffer, Overlap, Plan, violations
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Node, Rounding
from bitwright.converter.ops.window import Window, window
from bitwright.converter.reference import Session
from capsules import length, routing, squash
from cbuild import build, call
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from networks import networks
from single import activation, constant, few, same, seeds, single, vectors, zero_points

many = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

#: What a kernel does next: the bytes of the input that it reads, then the bytes of the output that it writes.
Step = tuple[set[int], set[int]]


def survives(steps: Sequence[Step], distance: int) -> bool:
    """Whether no byte of the input, ``distance`` above the output, is overwritten before it is read."""
    written: set[int] = set()
    for reads, writes in steps:
        if any(byte + distance in written for byte in reads):
            return False
        written |= writes
    return True


def unbuffered(steps: Sequence[Step]) -> list[Step]:
    """A kernel that still reads a step's input while it writes the step's output: any byte may come first."""
    return [part for reads, writes in steps for part in ((set(), writes), (reads, set()))]


def check(steps: Sequence[Step], distance: int, least: int, tight: bool) -> None:
    """The distance and larger ones are safe; one byte less is not, unless nothing of the input can be in reach."""
    assert all(survives(steps, distance + more) for more in range(12))
    if tight and distance > least:
        assert not survives(steps, distance - 1)


def span(start: int, size: int) -> set[int]:
    """Consecutive bytes."""
    return set(range(start, start + size))


@st.composite
def windows(draw: Any) -> tuple[Window, int, int, int]:
    """A window, the batch, and bytes of an input and an output pixel."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 2)]))
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    extra = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    size = tuple(e + (1 if padding == "SAME" else r) for e, r in zip(extra, reach, strict=True))
    batch = draw(st.integers(1, 2))
    node = Node(
        "node", "CONV_2D", (), (), {"stride": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), "padding": padding}
    )
    shape = window(node, (batch, *size, 1), kernel, dilation)
    return shape, batch, draw(st.integers(1, 5)), draw(st.integers(1, 5))


def slides(shape: Window, batch: int, input_pixel: int, output_pixel: int) -> Iterator[Step]:
    """Output pixels in raster order: the bytes of the window, then the bytes of the pixel."""
    number = 0
    for b in range(batch):
        for y in range(shape.output[0]):
            for x in range(shape.output[1]):
                reads: set[int] = set()
                for i in range(shape.kernel[0]):
                    for j in range(shape.kernel[1]):
                        row = y * shape.stride[0] - shape.before[0] + i * shape.dilation[0]
                        column = x * shape.stride[1] - shape.before[1] + j * shape.dilation[1]
                        if 0 <= row < shape.input[0] and 0 <= column < shape.input[1]:
                            place = (b * shape.input[0] + row) * shape.input[1] + column
                            reads |= span(place * input_pixel, input_pixel)
                yield reads, span(number * output_pixel, output_pixel)
                number += 1


@given(windows(), st.booleans())
@many
def test_window_distance(drawn: tuple[Window, int, int, int], buffered: bool) -> None:
    shape, batch, input_pixel, _ = drawn
    steps = list(slides(*drawn))
    distance = window_distance(*drawn, buffered)
    # A dilated window may start with taps in the padding alone.
    tight = shape.dilation == (1, 1)
    check(
        steps if buffered else unbuffered(steps),
        distance,
        -batch * shape.input[0] * shape.input[1] * input_pixel,
        tight,
    )


@given(windows())
@many
def test_pair_distance_with_buffers(drawn: tuple[Window, int, int, int]) -> None:
    """Two windows are buffered, then two pixels are written."""
    steps = list(slides(*drawn))
    pairs = [_merged(steps[i : i + 2]) for i in range(0, len(steps), 2)]
    check(pairs, pair_distance(*drawn, buffered=True), 0, tight=False)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.booleans())
@many
def test_row_distance(rows: int, input_row: int, output_row: int, buffered: bool) -> None:
    steps = [(span(i * input_row, input_row), span(i * output_row, output_row)) for i in range(rows)]
    distance = row_distance(rows, input_row, output_row, buffered)
    check(steps if buffered else unbuffered(steps), distance, -input_row, tight=True)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
@many
def test_pair_distance_of_single_pixels(height: int, width: int, input_pixel: int, output_pixel: int) -> None:
    """Without buffers, two pixels are read and written at once."""
    shape = Window((height, width), (1, 1), (1, 1), (1, 1), (0, 0), (height, width))
    steps = list(slides(shape, 1, input_pixel, output_pixel))
    pairs = unbuffered([_merged(steps[i : i + 2]) for i in range(0, len(steps), 2)])
    check(pairs, pair_distance(shape, 1, input_pixel, output_pixel, buffered=False), 0, tight=False)


@given(windows(), st.booleans())
@many
def test_line_distance(drawn: tuple[Window, int, int, int], copied: bool) -> None:
    """Whole rows of outputs, after the rows of the input down to the last of the windows were copied, or without."""
    shape, batch, input_pixel, output_pixel = drawn
    assume(shape.dilation == (1, 1))
    input_row, output_row = input_pixel * shape.input[1], output_pixel * shape.output[1]
    steps: list[Step] = []
    for b in range(batch):
        copied_to = 0
        for y in range(shape.output[0]):
            top = y * shape.stride[0] - shape.before[0]
            first = max(copied_to if copied else 0, top, 0)
            copied_to = max(copied_to, min(top + shape.kernel[0], shape.input[0]))
            place = (b * shape.input[0] + first) * input_row
            reads = span(place, max(copied_to - first, 0) * input_row)
            steps.append((reads, span((b * shape.output[0] + y) * output_row, output_row)))
    distance = line_distance(shape, batch, input_row, output_row, shape.kernel[0] if copied else 0)
    least = -batch * shape.input[0] * input_row
    check(steps if copied else unbuffered(steps), distance, least, tight=False)


def _merged(steps: Sequence[Step]) -> Step:
    return set().union(*(reads for reads, _ in steps)), set().union(*(writes for _, writes in steps))


@given(st.data(), st.integers(1, 2), st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
@many
def test_raster_distance(data: Any, batch: int, height: int, width: int, pixel: int) -> None:
    """Patches of one pixel that start anywhere, as resizing reads them."""
    rows = np.array(data.draw(st.lists(st.integers(0, height - 1), min_size=1, max_size=6)))
    columns = np.array(data.draw(st.lists(st.integers(0, width - 1), min_size=1, max_size=6)))
    reads = [((b * height + y) * width + x) * pixel for b in range(batch) for y in rows for x in columns]
    steps = [(span(int(start), pixel), span(i * pixel, pixel)) for i, start in enumerate(reads)]
    distance = raster_distance(rows, columns, (batch, height, width), pixel, pixel, buffered=False)
    check(unbuffered(steps), distance, -batch * height * width * pixel, tight=True)


@given(st.data())
@many
def test_distances_of_moves(data: Any) -> None:
    """Any map: the nests write every element once, and the distance of each source is safe and the smallest."""
    shapes = data.draw(st.lists(st.lists(st.integers(1, 3), min_size=2, max_size=2), min_size=1, max_size=2))
    sizes = [int(np.prod(shape)) for shape in shapes]
    parts = [
        np.arange(size).reshape(shape) + sum(sizes[:i])
        for i, (size, shape) in enumerate(zip(sizes, shapes, strict=True))
    ]
    moved = [_moved(data.draw, part) for part in parts]
    index = moved[0] if len(moved) == 1 else np.concatenate([part.reshape(1, -1) for part in moved], axis=1)
    if len(moved) == 1 and data.draw(st.booleans()):
        index = np.pad(
            index,
            data.draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * index.ndim)),
            constant_values=-1,
        )
    starts = [0, *np.cumsum(sizes).tolist()]
    table = nests(index, starts, 0)
    found = np.full(index.size, -2)
    for nest in table:
        for read, write in zip(nest.reads().tolist(), nest.writes().tolist(), strict=True):
            assert np.all(found[write : write + nest.run] == -2)
            run = np.arange(read, read + nest.run) + starts[nest.source]
            found[write : write + nest.run] = -1 if nest.source < 0 else run
    assert np.array_equal(found, index.reshape(-1))
    for source, distance in distances(table, sizes).items():
        steps = [
            (span(read, nest.run) if nest.source == source else set(), span(write, nest.run))
            for nest in table
            for read, write in zip(nest.reads().tolist(), nest.writes().tolist(), strict=True)
        ]
        check(steps, distance, -sizes[source], tight=True)


def _moved(draw: Any, part: Any) -> Any:
    kind = draw(st.sampled_from(["same", "transpose", "slice", "reverse", "tile", "take", "mirror"]))
    if kind == "transpose":
        return part.T
    if kind == "slice":
        return part[draw(st.integers(0, part.shape[0] - 1)) :, :: draw(st.integers(1, 2))]
    if kind == "reverse":
        return part[:, ::-1]
    if kind == "tile":
        return np.tile(part, draw(st.tuples(st.integers(1, 2), st.integers(1, 3))))
    if kind == "take":
        return part[draw(st.lists(st.integers(0, part.shape[0] - 1), min_size=1, max_size=5))]
    return np.pad(part, 1, mode="symmetric") if kind == "mirror" else part


def placed(buffers: list[Buffer], overlaps: list[Overlap], alignment: int, lift: int, dense: bool) -> Plan:
    """The first input that may share memory with the output at its distance, or ``lift`` units above if that is not
    exact; the rest apart.

    Args:
        dense: whether buffers may start at any byte.
    """
    assume(overlaps)
    unit, chosen = 1 if dense else alignment, overlaps[0]
    apart = -(-chosen.distance // unit) * unit + (0 if chosen.exact else lift * unit)
    offsets = {chosen.target: max(0, -apart), chosen.source: max(0, apart)}
    sizes = {buffer.name: buffer.bytes for buffer in buffers}
    for buffer in buffers:
        end = max(offset + sizes[name] for name, offset in offsets.items())
        offsets.setdefault(buffer.name, -(-end // 8) * 8)
    result = Plan(offsets, max(offset + sizes[name] for name, offset in offsets.items()), 0)
    assert not violations(buffers, overlaps, result, unit)
    return result


@pytest.mark.parametrize(
    ("isa", "dtype"),
    [
        ("generic", DType.INT8),
        ("armv7em", DType.INT8),
        ("armv7m", DType.INT8),
        ("armv6m", DType.INT8),
        ("mve", DType.INT8),
        ("rv32", DType.INT8),
        ("rvv", DType.INT8),
        ("generic", DType.INT16),
    ],
    ids=lambda value: getattr(value, "value", value),
)
@given(st.data(), st.integers(0, 3), seeds)
@few
def test_kernels_at_their_distance(isa: str, dtype: DType, data: Any, lift: int, seed: int) -> None:
    """Whole kernels with output and input as close as they claim to bear, in the arena of the generated C."""
    graph: Graph = data.draw(networks(dtype, least=1, most=1))
    with pytest.MonkeyPatch.context() as patch:
        dense = isa == "generic" and dtype is DType.INT8
        patch.setattr(program, "plan", partial(placed, lift=lift, dense=dense))
        model = model_sources(graph, [isa, "woven", "generic"], "model")
    library, session = build(model), Session(graph)
    for values in vectors(graph, seed):
        same([session.trace(values).outputs], [call(model, library, values)], isa)


@given(st.data(), st.integers(0, 3), seeds)
@few
def test_tiles_at_their_distance(data: Any, lift: int, seed: int) -> None:
    """Winograd's convolution writes four tiles of 2x2 pixels at a time."""
    rng = np.random.default_rng(seed)
    size, in_c, out_c = rng.integers(3, 14, 2).tolist(), 4 * data.draw(st.integers(1, 4)), data.draw(st.integers(1, 16))
    tensors = [
        activation("x", (data.draw(st.integers(1, 3)), *size, in_c), 0.05, data.draw(zero_points)),
        constant("w", rng.integers(-127, 128, (out_c, 3, 3, in_c)).astype(np.int8), [0.01] * out_c, axis=0),
        constant("b", rng.integers(-1000, 1000, out_c).astype(np.int32), [0.0005] * out_c, axis=0),
    ]
    padding = data.draw(st.sampled_from(["SAME", "VALID"]))
    attrs = {"padding": padding, "stride": (1, 1), "dilation": (1, 1), "activation": "NONE"}
    graph = single("CONV_2D", tensors, [activation("y", (), 0.4, data.draw(zero_points))], attrs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "plan", partial(placed, lift=lift, dense=False))
        model = model_sources(graph, ["armv7em", "generic"], "model", {"node": "winograd"})
    library, session = build(model), Session(graph)
    for values in vectors(graph, seed):
        same([session.trace(values).outputs], [call(model, library, values)], "winograd")


@given(st.sampled_from(["armv7em", "rv32"]), st.data(), st.integers(0, 3), st.booleans(), seeds)
@settings(few, max_examples=12)
def test_attention_at_its_distance(isa: str, data: Any, lift: int, first: bool, seed: int) -> None:
    """Two or three queries are read before the first of their outputs is written."""
    heads, queries, keys, depth = (data.draw(st.integers(1, most)) for most in (3, 8, 5, 9))
    shapes = [(1, heads, tokens, depth) if first else (1, tokens, heads * depth) for tokens in (queries, keys, keys)]
    inputs = [activation(name, shape, 0.02, 3) for name, shape in zip("qkv", shapes, strict=True)]
    output = activation("y", (), 0.02, data.draw(zero_points))
    graph = single("ATTENTION", inputs, [output], {} if first else {"heads": heads})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "plan", partial(placed, lift=lift, dense=True))
        model = model_sources(graph, [isa, "generic"], "model")
    library, session = build(model), Session(graph)
    for values in vectors(graph, seed):
        same([session.trace(values).outputs], [call(model, library, values)], isa)


@given(st.sampled_from([["armv7em"], ["armv7m", "woven"], ["rv32"]]), st.data(), st.integers(0, 3), seeds)
@settings(few, max_examples=12)
def test_rows_of_int16_at_their_distance(isa: list[str], data: Any, lift: int, seed: int) -> None:
    """Two to four rows are copied before the first of their outputs is written."""
    rng, (rows, units, depth) = np.random.default_rng(seed), (data.draw(st.integers(2, 9)) for _ in range(3))
    tensors = [
        activation("x", (rows, depth), 0.0002, 0, DType.INT16),
        constant("w", rng.integers(-127, 128, (units, depth)).astype(np.int8), [0.01] * units, axis=0),
        constant("b", rng.integers(-9999, 9999, units).astype(np.int64), [2e-6] * units, axis=0),
    ]
    attrs = {"activation": "NONE", "keep_num_dims": False}
    graph = single("FULLY_CONNECTED", tensors, [activation("y", (), 0.001, 0, DType.INT16)], attrs)
    graph = replace(graph, nodes=tuple(replace(node, rounding=Rounding.WIDE) for node in graph.nodes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "plan", partial(placed, lift=lift, dense=False))
        model = model_sources(graph, [*isa, "generic"], "model")
    assert model.program.layers[0].call.function == "bw_fully_connected_s16_tile"
    library, session = build(model), Session(graph)
    for values in vectors(graph, seed):
        same([session.trace(values).outputs], [call(model, library, values)], isa[0])


CAPSULES = (
    squash((1, 5, 3)),
    length((1, 7, 1)),
    length((1, 5, 4)),
    routing((2, 2, 3, 5), batch=1),
    routing((2, 2, 3, 5), batch=3),  # longer samples out than in
    routing((4, 5, 2, 3), batch=3),  # shorter ones
)


@given(st.sampled_from(CAPSULES), st.integers(0, 3), seeds)
@settings(few, max_examples=12)
def test_capsules_at_their_distance(graph: Graph, lift: int, seed: int) -> None:
    """Vectors in place, and samples written as soon as they were read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "plan", partial(placed, lift=lift, dense=True))
        model = model_sources(graph, ["generic"], "model")
    library, session = build(model), Session(graph)
    for values in vectors(graph, seed):
        same([session.trace(values).outputs], [call(model, library, values)], "generic")
