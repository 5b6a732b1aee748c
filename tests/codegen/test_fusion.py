"""Fused layers: what is executed a few rows at a time is, integer by integer, what the reference computes."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT, model_path, needs_data
from bitwright.cli import main
from bitwright.codegen.decide import decide
from bitwright.codegen.decisions import Aim, Decisions, Fusion
from bitwright.codegen.fusion.chain import Bands, fuse, is_closed
from bitwright.codegen.fusion.loops import Line, loops
from bitwright.codegen.fusion.schedule import Compute, Move, Pace
from bitwright.codegen.program import alignment_of, chosen_kernels, lower, serve
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph, Tensor
from bitwright.converter.reference import Session
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import InputError, ResourceError
from bitwright.targets.emulator import start
from bitwright.targets.image import built
from bitwright.targets.target import all_targets, find_target
from bitwright.targets.tune.choices import decided_json
from bitwright.targets.verify import compare
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from networks import FUSED, Fixed, Network, networks
from single import few, same, vectors
from tools import needs_target

M4 = pytest.mark.parametrize("target", [needs_target("mps2-an386")])
ISAS = sorted({target.isa for target in all_targets()})


def windowed(n: Network, x: Tensor, rectified: bool) -> Tensor:
    """A convolution, depthwise or not, or pooling; any kernel, stride, dilation and padding."""
    op = n.pick("CONV_2D", "DEPTHWISE_CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")
    kernel = (n.pick(1, 2, 3, 3, 5), n.pick(1, 3, 3))
    stride = (n.pick(1, 1, 2, 3), n.pick(1, 1, 2))
    dilation = (n.pick(1, 1, 2), 1) if "CONV" in op else (1, 1)
    reach = [(taps - 1) * spread + 1 for taps, spread in zip(kernel, dilation, strict=True)]
    margins = tuple((n.pick(0, r // 2, r - 1), n.pick(0, r // 2)) for r in reach)
    fits = [s + sum(m) >= r for s, m, r in zip(x.shape[1:3], margins, reach, strict=True)]
    padding: Any = n.pick("SAME", margins) if all(fits) and "CONV" in op else "SAME"
    attrs: dict[str, Any] = {
        "padding": padding,
        "stride": stride,
        "activation": "RELU" if rectified else n.pick(*FUSED),
    }
    if "POOL" in op:
        return n.same(op, [x], filter=kernel, **attrs)
    attrs["dilation"] = dilation
    depthwise = op == "DEPTHWISE_CONV_2D"
    channels = x.shape[3] if depthwise else n.pick(4, 4, 8, 12)
    shape = (1, *kernel, channels) if depthwise else (channels, *kernel, x.shape[3])
    weights, bias, scale = n.weights(x, shape, 3 if depthwise else 0)
    attrs |= {"depth_multiplier": 1} if depthwise else {}
    return n.emit(op, [x, weights, bias], scale, -128 if rectified else None, **attrs)


def elementwise(n: Network, x: Tensor) -> Tensor:
    """An operator that is made row by row from rows of images of the same shape."""
    other = n.pick(*(t for t in n.alive if t.shape == x.shape))
    kind = n.pick("ADD", "MUL", "RELU", "CONCATENATION")
    if kind == "CONCATENATION":
        return n.same(kind, [x, x], axis=3, activation="NONE")
    if kind == "RELU":
        return n.emit(kind, [x], x.scale)
    return n.emit(kind, [x, other], n._scale(x.scale + other.scale), activation=n.pick(*FUSED))


@st.composite
def images(draw: Any, most: int = 5) -> Graph:
    """Layers one after the other, with skips, on an image whose rows are whole words."""
    n = Network(draw)
    x = n.input((1, draw(st.integers(4, 14)), draw(st.integers(2, 9)), n.pick(4, 4, 8)))
    for _ in range(draw(st.integers(2, most))):
        x = windowed(n, x, n.pick(True, False)) if n.pick(True, True, False) else elementwise(n, x)
        n.alive = [tensor for tensor in n.alive if tensor.elements <= 3000]
    return n.finish()


def reference(graph: Graph, inputs: Sequence[Any]) -> list[list[Any]]:
    session = Session(graph)
    return [session.trace(values).outputs for values in inputs]


def check_in_c(graph: Graph, isa: Sequence[str], decisions: Decisions, seed: int = 1) -> None:
    model = model_sources(graph, isa, "model", decisions)
    inputs, compiled = vectors(graph, seed), build(model)
    same(reference(graph, inputs), [call(model, compiled, values) for values in inputs], isa[0])


def fusions(graph: Graph, isa: Sequence[str], pace: Pace) -> list[Fusion]:
    """Every run of layers that can be fused, none twice, the longest first."""
    bands, served = Bands(graph, isa), serve(graph, isa)
    kernels = {name: (candidate.kernel,) for name, candidate in chosen_kernels(graph, served, {}).items()}
    result, start_at, count = [], 0, len(graph.nodes)
    while start_at < count:
        for last in reversed(range(start_at + 1, count)):
            if fuse(bands, start_at, last, kernels, pace, alignment_of(graph)) is not None:
                names = tuple(node.name for node in graph.nodes[start_at : last + 1])
                result.append(Fusion(names, pace.rows, pace.matched))
                start_at = last
                break
        start_at += 1
    return result


paces = st.builds(Pace, st.sampled_from([1, 1, 2, 3, 5]), st.booleans())
FOUND: list[int] = []


@given(images(), st.sampled_from(ISAS), paces)
@few
def test_fused_layers_equal_the_reference(graph: Graph, isa: Sequence[str], pace: Pace) -> None:
    found = fusions(graph, isa, pace)
    FOUND.append(len(found))
    if found:
        order = tuple(node.name for node in graph.nodes)
        check_in_c(graph, isa, Decisions(order=order, fused=tuple(found)))


def test_enough_was_fused() -> None:
    """The test above draws networks that can be fused, mostly."""
    assert not FOUND or sum(map(bool, FOUND)) > len(FOUND) / 3


@given(images(most=7) | networks(least=3, most=9), st.sampled_from(ISAS))
@few
def test_the_smallest_arena_is_exact(graph: Graph, isa: Sequence[str]) -> None:
    """Networks of all kinds, as fused as the search for the smallest arena leaves them."""
    decisions = decide(graph, isa, Aim(least=True))
    plain, program = lower(graph, isa), lower(graph, isa, decisions)
    assert program.arena_lower_bound <= program.arena_bytes <= plain.arena_bytes
    check_in_c(graph, isa, decisions)


@given(images(), paces)
@few
def test_schedules_read_rows_that_are_there(graph: Graph, pace: Pace) -> None:
    """Every step in a model of the buffers: rows are where the step looks for them, and none is lost before."""
    bands, count = Bands(graph, ("generic",)), len(graph.nodes)
    for first in range(count - 1):
        for last in range(first + 1, count):
            nodes = graph.nodes[first : last + 1]
            rows = bands.all_rows(nodes)
            if rows is None or not is_closed(graph, first, last):
                continue
            plan = bands.schedule(nodes, rows, pace)
            places: dict[str, list[int | None]] = {name: [None] * size for name, size in plan.capacity.items()}
            done = [0] * len(nodes)
            for step in plan.steps:
                if isinstance(step, Move):
                    held = places[step.tensor]
                    held[: step.rows] = held[step.start : step.start + step.rows]
                    continue
                assert isinstance(step, Compute) and step.first == done[step.layer] < step.last
                band = rows[step.layer].band(step.first, step.last)
                for name, at in zip(rows[step.layer].images, step.read, strict=True):
                    wanted = list(range(band.first, band.last))
                    assert at == band.first if name not in places else places[name][at : at + len(wanted)] == wanted
                name = nodes[step.layer].outputs[0]
                if name in places:
                    made = range(step.first, step.last)
                    assert step.written + len(made) <= len(places[name])
                    places[name][step.written : step.written + len(made)] = made
                done[step.layer] = step.last
            assert done[-1] == rows[-1].height


@pytest.mark.parametrize("seed", range(30))
def test_loops_are_the_steps(seed: int) -> None:
    rng = random.Random(seed)
    lines: list[Line] = []
    for _ in range(rng.randint(1, 4)):
        body = [(rng.randint(0, 3), rng.randint(0, 9), rng.randint(-2, 2)) for _ in range(rng.randint(1, 4))]
        times = rng.randint(1, 6)
        lines += [Line(kind, (start + step * i,)) for i in range(times) for kind, start, step in body]
    written = []
    for loop in loops(lines):
        assert loop.times > 1 or loop.body == 1
        for turn in range(loop.times):
            for i in range(loop.body):
                line = lines[loop.start + i]
                moved = zip(line.places, loop.strides[i], strict=True)
                written.append(Line(line.kind, tuple(place + stride * turn for place, stride in moved)))
    assert written == lines


def small_mobile(seed: int = 0) -> Graph:
    """conv - depthwise - pointwise - depthwise, rectified, on an image of 16x16x4; always the same."""
    n = Fixed(seed)
    x = n.input((1, 16, 16, 4))
    kinds = [("CONV_2D", (16, 3, 3, 4), 1), ("DEPTHWISE_CONV_2D", (1, 3, 3, 16), 1)]
    kinds += [("CONV_2D", (24, 1, 1, 16), 1), ("DEPTHWISE_CONV_2D", (1, 3, 3, 24), 2)]
    for op, shape, stride in kinds:
        depthwise = op == "DEPTHWISE_CONV_2D"
        weights, bias, scale = n.weights(x, shape, 3 if depthwise else 0)
        attrs = {"padding": "SAME", "stride": (stride, stride), "dilation": (1, 1), "activation": "RELU"}
        x = n.emit(op, [x, weights, bias], scale, -128, **attrs, **({"depth_multiplier": 1} if depthwise else {}))
    return n.finish()


@M4
def test_on_the_emulator(target: str) -> None:
    """Every layer of a fused network is traced in parts; a difference is found in its layer and at its place."""
    graph, board = small_mobile(), find_target(target)
    decisions = decide(graph, board.isa, Aim(least=True))
    plain = lower(graph, board.isa)
    assert decisions.fused
    with built(graph, board, choices=decisions) as image, start(board, image.elf) as link:
        program = image.model.program
        assert program.arena_bytes < 0.7 * plain.arena_bytes
        inputs = vectors(graph, 3)
        report = compare(image, link, inputs)
        assert report.bit_exact and all(layer.instructions for layer in report.layers)
        # Another reference: the bias of one channel of the third layer is another.
        node = program.graph.nodes[2]
        bias = program.graph.input(node, 2)
        changed = bias.value().copy()
        changed[5] += 9000
        other = replace(program.graph, tensors={**program.graph.tensors, bias.name: replace(bias, data=changed)})
        wrong = replace(image, model=replace(image.model, program=replace(program, graph=other)))
        trace = Session(program.graph).trace(inputs[-1])
        expected = Session(other).trace(inputs[-1]).tensors[node.outputs[0]].reshape(-1)
        got = trace.tensors[node.outputs[0]].reshape(-1)
        first = int(np.flatnonzero(expected != got)[0])
        mismatch = compare(wrong, link, inputs[-1:]).mismatches[0]
        assert (mismatch.layer, mismatch.first_index) == (node.name, first)
        assert (mismatch.expected, mismatch.got) == (expected[first], got[first])


@M4
def test_profiles_of_fused_layers(target: str) -> None:
    graph = small_mobile()
    profile = bitwright.profile(graph, target, objective="ram")
    assert profile.report.bit_exact
    assert profile.instructions == profile.report.instructions
    assert all(layer.instructions > 1000 for layer in profile.layers)


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph, isa = small_mobile(), find_target("host").isa
    file = tmp_path / "small.tflite"
    file.write_bytes(write_tflite(graph))
    plain = lower(graph, isa).arena_bytes
    base = [str(file), "--target", "host"]
    assert main(["compile", *base, "--for", "ram", "-o", str(tmp_path / "p")]) == 0
    shown = capsys.readouterr().out
    assert "CONV_2D (fused 0-" in shown
    record = json.loads((tmp_path / "p" / "bitwright.json").read_text())
    assert record["fused"] and record["arena_bytes"] < plain
    assert "for (int32_t i = 0; i < " in (tmp_path / "p" / "src" / "small.c").read_text()
    budget = (plain + record["arena_bytes"]) // 2
    assert main(["verify", *base, "--ram", str(budget), "--vectors", "2"]) == 0
    assert "bit-exact" in capsys.readouterr().out
    for arguments, message in (
        (["--ram", "100"], "no plan with an arena of 100 bytes is found; the least is "),
        (["--ram", "0"], "a budget is a number of bytes above zero"),
        (["--for", "fun"], "invalid choice"),
    ):
        assert main(["verify", *base, *arguments]) == 2
        assert message in capsys.readouterr().err


def test_decisions_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of choices keeps order and fused layers; what does not fit the network is refused."""
    graph = small_mobile()
    file, model = tmp_path / "c.json", tmp_path / "small.tflite"
    model.write_bytes(write_tflite(graph))
    loaded = bitwright.load(model)
    decisions = decide(loaded, ("generic",), Aim(least=True))
    content = {"bitwright": "choices 1", "kernels": dict(decisions.kernels), **decided_json(decisions)}
    file.write_text(json.dumps(content))
    assert main(["verify", str(model), "--target", "host", "--choices", str(file), "--vectors", "1"]) == 0
    fused = content["fused"]
    for change, message in (
        ({"fused": [{"layers": ["a"]}]}, "'fused' must list"),
        ({"order": [1]}, "'order' must list"),
        ({"order": ["a"]}, "does not name every layer"),
        ({"fused": [{**fused[0], "layers": fused[0]["layers"][::-1]}]}, "do not follow each other"),
        ({"fused": [{**fused[0], "layers": []}]}, "do not follow each other"),
        ({"fused": fused + fused}, "in two chains"),
    ):
        file.write_text(json.dumps({**content, **change}))
        capsys.readouterr()
        assert main(["verify", str(model), "--target", "host", "--choices", str(file)]) == 2
        assert message in capsys.readouterr().err
    file.write_text(json.dumps(content))
    assert main(["verify", str(model), "--target", "host", "--choices", str(file), "--ram", "9999"]) == 2
    assert "either these or a budget of RAM" in capsys.readouterr().err


@pytest.mark.skipif(not (shutil.which("clang-format") and shutil.which("cppcheck")), reason="needs both programs")
def test_the_text(tmp_path: Path) -> None:
    """As clang-format leaves it, and nothing for cppcheck to ask about."""
    graph = small_mobile()
    for isa in ISAS:
        files = model_sources(graph, isa, "small", decide(graph, isa, Aim(least=True))).files
        text = files["src/small.c"]
        style = [f"--style=file:{ROOT / '.clang-format'}", "--assume-filename=small.c"]
        result = subprocess.run(["clang-format", *style], input=text, capture_output=True, text=True, check=True)
        assert result.stdout == text
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(content)
        command = "cppcheck --quiet --std=c99 --enable=warning,portability,performance --error-exitcode=1 "
        command += "--suppress=missingIncludeSystem -I include -I src -I bitwright src"
        checked = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
        assert checked.returncode == 0 and not checked.stderr, checked.stderr


def test_what_cannot_be_fused() -> None:
    graph = small_mobile()
    names = tuple(node.name for node in graph.nodes)
    for fusion in (Fusion(names[:1], 1, False), Fusion(names[1:3], 0, False), Fusion((names[0], names[2]), 1, False)):
        with pytest.raises(InputError):
            lower(graph, ("generic",), Decisions(fused=(fusion,)))
    with pytest.raises(ResourceError, match="the least is"):
        decide(graph, ("generic",), Aim(most=64))


@needs_data
@pytest.mark.parametrize("target", [needs_target("mps2-an386"), needs_target("mps3-an547")])
def test_visual_wake_words_in_thirty_kilobytes(target: str) -> None:
    report = bitwright.verify(model_path("mlperf_tiny/vww_96_int8"), target, vectors=1, objective="ram")
    assert report.bit_exact and (report.ram["arena"] or 0) <= 30_720 and (report.ram["stack"] or 0) <= 512
