"""What recurrent layers are made of, for each instruction set: products of rows, gates and runs of functions, exact
through the portable definitions on this computer; whole layers as instructions on the emulators."""

from __future__ import annotations

import ctypes
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.codegen.decisions import Decisions
from bitwright.codegen.kernels.padding import fours
from bitwright.codegen.project import model_sources
from bitwright.converter import pwl
from bitwright.converter.fixedpoint import requantize_high
from bitwright.converter.ir import DType, Graph, Node
from bitwright.converter.native import write_native
from bitwright.converter.ops.recurrent import GATES, PROJECTION, is_projected
from bitwright.converter.reference import Session
from bitwright.errors import InputError
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import find_target
from bitwright.targets.verify import compare
from cbuild import build, call
from numpy.typing import NDArray
from single import activation, constant, same, single, together, vectors
from tools import needs_target

KERNELS = ROOT / "firmware" / "kernels"
ISAS = {"generic": [], "armv6m": [], "armv7em": [], "mve": ["armv7em"], "rv32": [], "rvv": ["rv32"], "xcv": ["rv32"]}
NAMES = ("bw_rows_column_s8", "bw_rows_s8", "bw_gate_sums_s16", "bw_pwl_run_s16", "bw_pwl_s16")
TARGETS = ["mps2-an386", "mps3-an547", "mps2-an385-m0", "qemu-rv32", "qemu-rv32-rvv", "iss-xcv", "iss-xpulpv2"]
#: Below, at and above what is done at once: rows, and values of a column.
ROWS, DEPTHS = (1, 2, 3, 4, 5, 8, 11), (1, 2, 3, 4, 5, 7, 8, 12, 16, 20, 31, 33, 40, 68)


class Scale(ctypes.Structure):
    """bw_gate_scale"""

    _fields_ = (("multiplier", ctypes.c_void_p), ("left", ctypes.c_int32), ("right", ctypes.c_int32))


@pytest.fixture(scope="module", params=list(ISAS))
def library(request: Any, tmp_path_factory: Any) -> ctypes.CDLL:
    """The functions of a chain of folders, the most specific first."""
    chain = [KERNELS / folder for folder in (request.param, *ISAS[request.param], "generic")]
    files = [next(f / f"{name}.c" for f in chain if (f / f"{name}.c").exists()) for name in NAMES]
    target = tmp_path_factory.mktemp(request.param) / "kernels.so"
    includes = [f"-I{folder}" for folder in (*chain, KERNELS)]
    command = ["gcc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fPIC", "-shared", *includes]
    subprocess.run([*command, *map(str, files), "-o", str(target)], check=True)
    loaded = ctypes.CDLL(str(target))
    for name in ("bw_rows_column_s8", "bw_rows_column_s16"):
        getattr(loaded, name).restype = ctypes.c_void_p
    return loaded


def at(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


@pytest.mark.parametrize("bits", [8, 16])
def test_products(library: ctypes.CDLL, bits: int) -> None:
    """Weights and values at their ends in turn; words beyond what is to be written stay as they are."""
    rng = np.random.default_rng(bits)
    kind, low = (np.int8, -128) if bits == 8 else (np.int16, -32768)
    make, multiply = getattr(library, f"bw_rows_column_s{bits}"), getattr(library, f"bw_rows_s{bits}")
    for rows in ROWS:
        for depth in DEPTHS:
            padded = depth + -depth % 4
            values = rng.choice(np.array([low, -1 - low, 0, 1, -1, *rng.integers(low, -low, 3)]), depth).astype(kind)
            weights = np.zeros((rows, padded), np.int8)
            weights[:, :depth] = rng.choice(np.array([-127, 127, -128, 3, -60]), (rows, depth))
            bias = rng.integers(-(2**20), 2**20, rows).astype(np.int32)
            scratch, sums = np.full(padded // 2 + 1, 77, np.int32), np.full(rows + 1, 77, np.int32)
            column = ctypes.c_void_p(make(at(values), ctypes.c_int32(depth), at(scratch)))
            multiply(at(weights), column, ctypes.c_int32(padded), ctypes.c_int32(rows), at(bias), at(sums))
            expected = bias + weights[:, :depth].astype(np.int64) @ values.astype(np.int64)
            assert np.array_equal(sums[:rows], expected), (rows, depth)
            assert sums[rows] == 77 and scratch[-1] == 77


def test_gates(library: ctypes.CDLL) -> None:
    rng = np.random.default_rng(2)
    for count in (1, 3, 4, 9, 16):
        for lefts, rights in (((0, 7), (3, 12)), ((9, 2), (1, 30))):
            sums = np.zeros((2, 16), np.int32)
            for line, left in zip(sums, lefts, strict=True):
                line[:] = rng.integers(-(2**31 >> left), 2**31 >> left, 16)
            multipliers = rng.integers(-(2**31) + 1, 2**31, (2, 20)).astype(np.int32)
            parts = [
                requantize_high(line[:count], m[3 : 3 + count], left, right)
                for line, m, left, right in zip(sums, multipliers, lefts, rights, strict=True)
            ]
            scales = [
                Scale(m.ctypes.data, *s) for m, s in zip(multipliers, zip(lefts, rights, strict=True), strict=True)
            ]
            gates = np.full(17, 77, np.int16)
            places = [ctypes.byref(scale) for scale in scales]
            library.bw_gate_sums_s16(*places, at(sums), ctypes.c_int32(3), ctypes.c_int32(count), at(gates))
            assert np.array_equal(gates[:count], np.clip(parts[0] + parts[1], -32768, 32767))
            assert (gates[count:] == 77).all()


@pytest.mark.parametrize("integer_bits", range(7))
def test_functions_of_every_value(library: ctypes.CDLL, integer_bits: int) -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    for name, function in (("bw_tanh_run_s16", pwl.tanh), ("bw_logistic_run_s16", pwl.logistic)):
        values = every.copy()
        getattr(library, name)(at(values), ctypes.c_int32(65536), ctypes.c_int32(integer_bits), at(values))
        assert np.array_equal(values, function(every, integer_bits))


def layer(
    rng: np.random.Generator, kind: str, inputs: int, cells: int, source: DType, hidden: int = 0, **attributes: Any
) -> Graph:
    """Two sequences of three steps, weights that drive some gates into saturation; ``hidden`` values of a projection,
    0: without."""
    x = activation("x", (2, 3, inputs), 0.02 if source is DType.INT8 else 2.0**-12, dtype=source)
    operands: list[Any] = [x, None, None, None, None, None, None, None]
    rows = GATES[kind] * cells
    products = ((1, "w", rows, inputs), (2, "r", rows, hidden or cells), (PROJECTION, "p", hidden, cells))
    for place, name, count, taps in products if hidden else products[:2]:
        values = rng.integers(-127, 128, (count, taps)).astype(np.int8)
        scales = rng.uniform(0.2, 1, len(values)) * rng.choice([1, 4]) / np.sqrt(taps) / 127
        operands[place] = constant(name, values, scales.tolist(), axis=0)
    while operands[-1] is None:
        operands.pop()
    return single(kind, operands, [activation("y", (), 1 / 128)], attributes)


@cache
def layers() -> Graph:
    """Every kind, sizes that four do and do not divide, both inputs, both places of the reset gate; projections to
    fewer and to more values than cells, a state of int8."""
    rng = np.random.default_rng(3)
    return together(
        [
            layer(rng, "GRU", 5, 7, DType.INT8),
            layer(rng, "GRU", 16, 20, DType.INT8, reset_after=False),
            layer(rng, "LSTM", 12, 9, DType.INT8),
            layer(rng, "LSTM", 3, 16, DType.INT16),
            layer(rng, "RNN", 20, 5, DType.INT16),
            layer(rng, "LSTM", 6, 21, DType.INT8, 5),
            layer(rng, "LSTM", 2, 3, DType.INT16, 18),
            layer(rng, "LSTM", 6, 9, DType.INT8, 4, narrow=True),
        ]
    )


@pytest.mark.parametrize("target", [needs_target(name) for name in TARGETS])
def test_layers_on_the_emulators(target: str) -> None:
    with built(layers(), find_target(target), "model") as image, start(image.target, image.elf) as link:
        report = compare(image, link, vectors(layers(), 5))
    assert report.bit_exact, report.mismatches[:3]


def weight_rows(graph: Graph, node: Node) -> list[tuple[int, int]]:
    """Of the gates, and of a projection if there is one: bytes of a row as tiles hold it, and their number."""
    weights = [graph.input(node, index).shape for index in (1, 2)]
    rows = [(sum(fours(taps) for _, taps in weights), weights[0][0])]
    if is_projected(node):
        count, taps = graph.input(node, PROJECTION).shape
        rows.append((fours(taps), count))
    return rows


@pytest.mark.parametrize("rows", [1, 2, 5, 8, 17, 1000])
def test_tiles_of_every_size_give_the_same_bits(rows: int) -> None:
    graph = layers()
    choices, scratch = {}, {}
    for node in graph.nodes:
        sizes = weight_rows(graph, node)
        longest = max(row for row, _ in sizes)
        size = rows * longest + longest - 1
        choices[node.name] = f"streamed:{size}"
        scratch[node.name] = 2 * max(row * min(size // row, count) for row, count in sizes)
    model, plain = (model_sources(graph, ["generic"], "model", chosen) for chosen in (choices, {}))
    before = {layer.node.name: layer.call.scratch for layer in plain.program.layers}
    for layer in model.program.layers:
        assert layer.call.scratch == before[layer.node.name] + scratch[layer.node.name]
    library, session = build(model), Session(graph)
    for values in vectors(graph, 1):
        same([session.trace(values).outputs], [call(model, library, values)], f"{rows} rows")


def test_streams_that_are_refused() -> None:
    for choice, said in (("streamed:15", "no room for one row"), ("streamed:much", "bytes of a tile")):
        with pytest.raises(InputError, match=said):
            model_sources(layers(), ["generic"], "model", {layers().nodes[0].name: choice})
    *_, last, _ = layers().nodes
    # Rows of the gates take 4 + 20 bytes, those of the projection 4.
    model_sources(layers(), ["generic"], "model", {last.name: "streamed:24"})
    with pytest.raises(InputError, match="no room for one row of weights, 24 bytes"):
        model_sources(layers(), ["generic"], "model", {last.name: "streamed:23"})


@pytest.mark.parametrize("target", [needs_target(name) for name in ("mps2-an386", "qemu-rv32")])
@pytest.mark.parametrize("size", [40, 100])
def test_tiles_on_the_emulators(target: str, size: int) -> None:
    graph = layers()
    chosen = {node.name: f"streamed:{size}" for node in graph.nodes}
    decisions = Decisions(kernels=chosen)
    with built(graph, find_target(target), "model", decisions) as image, start(image.target, image.elf) as link:
        report = compare(image, link, vectors(graph, 5))
    assert report.bit_exact, report.mismatches[:3]


COPIES = """
#include "bw_stream.h"
#include <string.h>
static struct { void *to; const void *from; int32_t size; } waiting[4];
static int32_t count;
int32_t begun, waited;
void bw_stream_start(void *to, const void *from, int32_t size) {
    memset(to, 0x55, (size_t)size); /* whoever reads before the wait reads this */
    waiting[count].to = to, waiting[count].from = from, waiting[count++].size = size, ++begun;
}
void bw_stream_wait(void) {
    for (; count > 0; --count, ++waited) {
        memcpy(waiting[count - 1].to, waiting[count - 1].from, (size_t)waiting[count - 1].size);
    }
}
"""


def test_copies_that_complete_no_sooner_than_they_are_waited_for() -> None:
    """As of a slow DMA: functions of one's own take the place of the weak ones."""
    graph = layers()
    model = model_sources(graph, ["generic"], "model", {node.name: "streamed:200" for node in graph.nodes})
    files = {**model.files, "copies.c": COPIES}
    library, session = build(replace(model, files=files), further=("copies.c",)), Session(graph)
    for values in vectors(graph, 2):
        same([session.trace(values).outputs], [call(model, library, values)], "slow copies")
    begun, waited = (ctypes.c_int32.in_dll(library, name).value for name in ("begun", "waited"))
    assert begun == waited > 1000


def test_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a tile lies is written in the generated parameters; a network without such layers is told so."""
    model, folder = tmp_path / "layers.bwq", tmp_path / "out"
    model.write_bytes(write_native(layers()))
    command = ["compile", str(model), "--target", "host", "-o", str(folder), "--stream-weights"]
    assert main([*command, "400"]) == 0
    assert ".tile_rows = 16," in (folder / "src" / "layers.c").read_text()
    assert main([*command, "7"]) == 2
    assert "no room for one row" in capsys.readouterr().err
    scale = [activation("x", (1, 4)), activation("y", (1, 4))]
    model.write_bytes(write_native(single("RELU", scale[:1], scale[1:])))
    assert main([*command, "400"]) == 2
    assert "no recurrent layer" in capsys.readouterr().err
