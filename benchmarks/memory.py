"""Arenas of the MLPerf Tiny networks, as they are by default and as small as is found, and how long planning takes.

    python benchmarks/memory.py [--data FOLDER] [--target T ...]

Writes docs/benchmarks/memory.md. The networks are read from FOLDER (default: ../shared/data), which the project does
not ship; the large graphs are made here.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
from bitwright import console
from bitwright.codegen.decide import decide
from bitwright.codegen.decisions import Aim
from bitwright.codegen.program import best_order, chosen_kernels, lower, serve
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor, check
from bitwright.converter.ops import OPERATORS
from bitwright.targets.target import find_target

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks" / "memory.md"
NETWORKS = {"kws": "kws_ref_model", "vww": "vww_96_int8", "ic": "pretrainedResnet_quant", "ad": "ad01_int8"}
TARGETS = ("mps2-an386", "mps3-an547", "qemu-rv32")
HEADINGS = ("target", "network")
FIGURES = (
    "arena",
    "bound",
    "instructions",
    "`--for ram`: arena",
    "bound",
    "instructions",
    "more",
    "stack",
    "fused",
    "planning seconds",
)


@dataclass(frozen=True)
class Row:
    """A network on a target, with the verification of both plans and the seconds that the second took to find."""

    network: str
    target: str
    plain: Any
    least: Any
    fused: str
    seconds: float

    def cells(self) -> list[str]:
        """As in the table."""
        before, after = self.plain.instructions, self.least.instructions
        return [
            self.target,
            self.network,
            *map(console.number, (self.plain.ram["arena"], self.plain.arena_lower_bound, before)),
            *map(console.number, (self.least.ram["arena"], self.least.arena_lower_bound, after)),
            f"{after / before - 1:+.1%}",
            console.number(self.least.ram["stack"]),
            self.fused or "none",
            f"{self.seconds:.1f}",
        ]


def measure(data: Path, targets: list[str]) -> Iterator[Row]:
    """Every network on every target, by default and for RAM."""
    for target in targets:
        for network, file in NETWORKS.items():
            graph = bitwright.load(data / "models" / "mlperf_tiny" / f"{file}.tflite")
            begin = time.process_time()
            decisions = decide(graph, find_target(target).isa, Aim(least=True))
            seconds = time.process_time() - begin
            places = {node.name: index for index, node in enumerate(graph.nodes)}
            fused = ", ".join(f"{places[f.layers[0]]}-{places[f.layers[-1]]}" for f in decisions.fused)
            plain = bitwright.verify(graph, target, vectors=1)
            least = bitwright.verify(graph, target, vectors=1, choices=decisions)
            row = Row(network, target, plain, least, fused, seconds)
            print(" | ".join(row.cells()), flush=True)
            assert plain.bit_exact and least.bit_exact
            yield row


def large_graph(count: int, seed: int) -> Graph:
    """Blocks of a convolutional network with branches: inverted residuals and two paths that are concatenated."""
    rng, draw = np.random.default_rng(seed), random.Random(seed)
    tensors: dict[str, Tensor] = {"x": _activation("x", (1, 24, 24, 8))}
    nodes: list[Node] = []

    def emit(op: str, sources: list[str], **attrs: Any) -> str:
        name = f"t{len(nodes)}"
        node = Node(f"n{len(nodes)}", op, tuple(sources), (name,), attrs)
        tensors[name] = _activation(name, ())
        (shape,) = OPERATORS[op].shapes(Graph("", tensors, (node,), (), ()), node)
        tensors[name] = _activation(name, shape)
        nodes.append(node)
        return name

    def conv(source: str, channels: int, kernel: int = 1, stride: int = 1, depthwise: bool = False) -> str:
        depth = tensors[source].shape[3]
        shape = (1, kernel, kernel, depth) if depthwise else (channels, kernel, kernel, depth)
        number = len(nodes)
        weights = rng.integers(-127, 128, shape).astype(np.int8)
        tensors[f"w{number}"] = Tensor(f"w{number}", shape, DType.INT8, Quantization((0.01,), (0,)), weights)
        bias = np.zeros(depth if depthwise else channels, np.int32)
        tensors[f"b{number}"] = Tensor(f"b{number}", bias.shape, DType.INT32, Quantization((0.0005,), (0,)), bias)
        attrs: dict[str, Any] = {"padding": "SAME", "stride": (stride, stride), "dilation": (1, 1)}
        attrs |= {"activation": "RELU", **({"depth_multiplier": 1} if depthwise else {})}
        return emit("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", [source, f"w{number}", f"b{number}"], **attrs)

    last = "x"
    while len(nodes) < count:
        depth = tensors[last].shape[3]
        if draw.random() < 0.6:
            grown = conv(last, 2 * depth)
            middle = conv(grown, 0, 3, 1, depthwise=True)
            last = emit("ADD", [last, conv(middle, depth)], activation="NONE")
        else:
            # Path beside path, as exporters write them.
            heads = [conv(last, draw.choice((16, 24, 32))) for _ in range(draw.choice((2, 3, 4)))]
            paths = [conv(head, 4, 3) for head in heads]
            joined = emit("CONCATENATION", paths, axis=3, activation="NONE")
            stride = 2 if tensors[last].shape[1] > 3 and draw.random() < 0.1 else 1
            last = conv(joined, draw.choice((8, 12, 16)), 1, stride)
    return check(Graph("large", tensors, tuple(nodes), ("x",), (last,)))


def _activation(name: str, shape: tuple[int, ...]) -> Tensor:
    return Tensor(name, shape, DType.INT8, Quantization((0.05,), (-128,)))


def large_table() -> list[str]:
    """Planning of graphs of 50 to 200 nodes, in seconds of one core."""
    isa = find_target("mps2-an386").isa
    lines = [
        "| nodes | given order: peak | found order: peak | no order can be below | seconds of the search "
        "| arena | bound | seconds of the whole plan | `--for ram`: arena | seconds |",
        "|" + "--:|" * 10,
    ]
    for count in (50, 100, 200):
        graph = large_graph(count, count)
        served = serve(graph, isa)
        chosen = chosen_kernels(graph, served, {})
        begin = time.process_time()
        order = best_order(graph, chosen)
        searched = time.process_time() - begin
        begin = time.process_time()
        program = lower(graph, isa)
        planned = time.process_time() - begin
        begin = time.process_time()
        least = lower(graph, isa, decide(graph, isa, Aim(least=True)))
        decided = time.process_time() - begin
        figures = (len(graph.nodes), order.given, order.peak, order.bound)
        cells = [*map(console.number, figures), f"{searched:.1f}"]
        cells += [console.number(program.arena_bytes), console.number(program.arena_lower_bound), f"{planned:.1f}"]
        cells += [console.number(least.arena_bytes), f"{decided:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    return lines


def page(rows: list[Row], large: list[str]) -> str:
    """The page in Markdown."""
    lines = [
        "# Memory",
        "",
        "Regenerated by `python benchmarks/memory.py`; what the figures mean is in [memory.md](../memory.md). Bytes of",
        "the arena with input, output and kernel scratch, beside the bound that no plan of the same kernels and chains",
        "can be below; instructions of one inference, exact, every layer bit-exact; fused: first and last layer of",
        "each chain. Seconds are of one core.",
        "",
        "| " + " | ".join(HEADINGS + FIGURES) + " |",
        "|" + "---|" * len(HEADINGS) + "--:|" * len(FIGURES),
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
        "",
        "## Large graphs",
        "",
        "Inverted residuals and blocks of two to four paths on 24x24 images, made by the benchmark, with the kernels",
        "of `mps2-an386`. The search is that for the order of operators; the whole plan includes lowering.",
        "",
        *large,
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--target", action="append", help=f"only these targets (default: {', '.join(TARGETS)})")
    parser.add_argument("-o", "--output", type=Path, default=PAGE)
    options = parser.parse_args()
    large = large_table()
    rows = list(measure(options.data, options.target or list(TARGETS)))
    options.output.write_text(page(rows, large))
    print(f"Wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
