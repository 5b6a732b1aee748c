"""The MLPerf Tiny networks on every emulated target, beside today's peers: instructions, RAM, flash, seconds.

    python benchmarks/instructions.py [--vectors N] [--data FOLDER] [--target T ...]

Writes docs/benchmarks/instructions.md and instructions.svg. The networks are read from FOLDER (default:
../shared/data), which the project does not ship; the peers' figures are those of benchmarks/peers.toml.
"""

from __future__ import annotations

import argparse
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bitwright
from bitwright import console
from bitwright.errors import ResourceError
from bitwright.targets.target import all_targets
from bitwright.targets.verify import Report
from chart import instruction_chart

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks" / "instructions.md"
NETWORKS = {"kws": "kws_ref_model", "vww": "vww_96_int8", "ic": "pretrainedResnet_quant", "ad": "ad01_int8"}
TUNED = "mps2-an386"
HEADINGS = ("target", "network", "what")
FIGURES = ("instructions", "x", "per MAC", "arena", "stack", "code", "constants", "seconds")


@dataclass(frozen=True)
class Measured:
    """A network on a target; ``seconds`` from the file to the generated project."""

    network: str
    target: str
    graph: Any
    report: Report
    seconds: float


def measure(data: Path, targets: list[str], vectors: int) -> Iterator[Measured]:
    """Every network on every target that it fits, each layer compared with the reference."""
    for target in targets:
        for network, file in NETWORKS.items():
            begin = time.perf_counter()
            graph = bitwright.load(data / "models" / "mlperf_tiny" / f"{file}.tflite")
            try:
                bitwright.generate(graph, target, ROOT / ".cache" / "benchmarks" / f"{network}-{target}")
                seconds = time.perf_counter() - begin
                report = bitwright.verify(graph, target, vectors=vectors)
            except ResourceError as error:
                print(f"{target:16} {network:4} {error}", flush=True)
                continue
            exact = "bit-exact" if report.bit_exact else "DIFFERS"
            print(f"{target:16} {network:4} {console.number(report.instructions):>12} {exact}", flush=True)
            yield Measured(network, target, graph, report, seconds)


def rows(results: list[Measured], peers: Mapping[str, Any]) -> Iterator[list[str]]:
    """Ours, and below it what peers need there."""
    for result in results:
        report = result.report
        cells = [report.instructions, report.ram["arena"], report.ram["stack"]]
        cells += [report.flash["code"], report.flash["constants"]]
        yield _row(result, "**Bitwright**" if report.bit_exact else "**DIFFERS**", cells, f"{result.seconds:.1f}")
        for peer in peers.get(result.target, {}).values():
            if result.network in peer:
                theirs = peer[result.network]
                cells = [theirs["instructions"], theirs["arena"], None, theirs["code"], None]
                yield _row(result, peer["name"], cells, "")


def _row(result: Measured, what: str, cells: list[int | None], seconds: str) -> list[str]:
    count, *sizes = ["" if cell is None else console.number(cell) for cell in cells]
    ratio = per_mac = ""
    if cells[0] and result.report.instructions:
        ratio = f"{cells[0] / result.report.instructions:.2f}"
        per_mac = f"{cells[0] / result.report.macs:.3f}"
    return [result.target, result.network, what, count, ratio, per_mac, *sizes, seconds]


def classes(result: Measured) -> dict[str, float]:
    """Instructions per MAC of each class of layer, or per output where nothing is multiplied."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    first = True
    nodes = {node.name: node for node in result.graph.nodes}
    for layer in result.report.layers:
        node = nodes[layer.name]
        name = node.op
        if node.op == "CONV_2D":
            kernel = result.graph.input(node, 1).shape[1:3]
            name = "first convolution" if first else "x".join(map(str, kernel))
            first = False
        elif node.op == "DEPTHWISE_CONV_2D":
            name = "depthwise"
        per = layer.macs or (result.graph.output(node).elements if node.outputs else 0)
        if layer.instructions and per:
            totals[f"{result.network} {name}"][0] += layer.instructions
            totals[f"{result.network} {name}"][1] += per
    return {name: instructions / per for name, (instructions, per) in totals.items()}


def class_table(results: list[Measured], theirs: Mapping[str, Any]) -> list[str]:
    """A column per target; CMSIS-NN's figure in brackets where it is known."""
    targets = list(dict.fromkeys(result.target for result in results))
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for result in results:
        known = theirs.get(result.target, {})
        for name, value in classes(result).items():
            peer = f" ({known[name]:.2f})" if name in known else ""
            cells[name][result.target] = f"{value:.2f}{peer}"
    lines = ["| layers | " + " | ".join(targets) + " |", "|---|" + "--:|" * len(targets)]
    lines += [f"| {name} | " + " | ".join(row.get(t, "") for t in targets) + " |" for name, row in cells.items()]
    return lines


def page(results: list[Measured], peers: Mapping[str, Any], choices: list[str]) -> str:
    """The page in Markdown; ``choices`` is the part about tuned networks."""
    lines = [
        "# Instructions, RAM and flash beside today's peers",
        "",
        "Regenerated by `python benchmarks/instructions.py`. Instructions of one inference, exact, not cycles; every",
        "layer bit-exact with the reference; x: how many times ours a peer takes. Arena: with input,",
        "output and kernel scratch; code and constants: of the model alone; seconds: from the file to the generated",
        "project. The peers' figures, and how they were measured, are in `benchmarks/peers.toml`; their code includes",
        "constants that are not weights.",
        "",
        "| " + " | ".join(HEADINGS + FIGURES) + " |",
        "|" + "---|" * len(HEADINGS) + "--:|" * len(FIGURES),
        *("| " + " | ".join(row) + " |" for row in rows(results, peers)),
        "",
        "![Instructions of one inference beside the peers'](instructions.svg)",
        "",
        "## Where flash may grow",
        "",
        *choices,
        "",
        "## Per class of layer",
        "",
        "Instructions per multiply-accumulate, or per output where nothing is multiplied; in brackets CMSIS-NN called",
        "by hand, -O2, where it was measured.",
        "",
        *class_table(results, peers["classes"]),
    ]
    return "\n".join(lines) + "\n"


def tuned(data: Path, target: str) -> Iterator[list[str]]:
    """What `bitwright tune --for speed` finds on a target, where flash may grow, beside what is chosen by itself."""
    for network, file in NETWORKS.items():
        graph = bitwright.load(data / "models" / "mlperf_tiny" / f"{file}.tflite")
        plain = bitwright.verify(graph, target, vectors=1)
        found = bitwright.tune(graph, target)
        report = bitwright.verify(graph, target, vectors=2, choices=found)
        assert report.bit_exact and report.instructions and plain.instructions
        print(f"{target:16} {network:4} {console.number(report.instructions):>12} tuned", flush=True)
        growth = report.flash["total"] / plain.flash["total"] - 1
        cells = [report.instructions, report.ram["arena"], report.flash["code"], report.flash["constants"]]
        less = 1 - report.instructions / plain.instructions
        yield [network, *map(console.number, cells), f"{less:.1%}", f"{growth:.0%}"]


def tuned_table(data: Path, target: str) -> list[str]:
    """The same as a table."""
    headings = ["network", "instructions", "arena", "code", "constants", "fewer instructions", "more flash"]
    return [
        f"What `bitwright tune --for speed` chooses on {target}; it may take more flash: Winograd's form of 3x3",
        "convolutions has 3.6 times their weights.",
        "",
        "| " + " | ".join(headings) + " |",
        "|---|" + "--:|" * (len(headings) - 1),
        *("| " + " | ".join(row) + " |" for row in tuned(data, target)),
    ]


def charted(results: list[Measured], peers: Mapping[str, Any]) -> dict[str, dict[str, dict[str, int]]]:
    """Instructions by target, network and implementation, where a peer was measured."""
    figures: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for result in results:
        theirs = {p["name"]: p[result.network]["instructions"] for p in peers.get(result.target, {}).values()}
        if theirs and result.report.instructions:
            figures[result.target][result.network] = {"Bitwright": result.report.instructions, **theirs}
    return figures


def main() -> int:
    """Run; 0 when everything is bit-exact."""
    emulated = [target.name for target in all_targets() if target.emulator is not None]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vectors", type=int, default=2, help="random vectors per network and target")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--target", action="append", choices=emulated, help="only these targets (default: all)")
    parser.add_argument("-o", "--output", type=Path, default=PAGE)
    options = parser.parse_args()
    results = list(measure(options.data, options.target or emulated, options.vectors))
    peers = tomllib.loads((ROOT / "benchmarks" / "peers.toml").read_text())
    options.output.write_text(page(results, peers, tuned_table(options.data, TUNED)))
    instruction_chart(charted(results, peers), options.output.with_suffix(".svg"))
    print(f"Wrote {options.output}")
    return 0 if all(result.report.bit_exact for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
