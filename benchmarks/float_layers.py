"""What layers in float cost and give: one recurrent network in int8, in int16 and in float, on cores with an FPU, and
layers one by one on a Cortex-M55.

    python benchmarks/float_layers.py [--vectors N]

Writes docs/benchmarks/float_layers.md. The weights are random, from a seed: the figures are about arithmetic and
instructions, not about an application.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bitwright
import numpy as np
import torch
from bitwright.targets.verify import Report
from float_kinds import Kind, kinds_section, measure_kinds
from pages import deliver

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "float_layers.md"
STEPS, INPUTS = 20, 16
#: What is switched: scheme entries of a recipe, with the patterns of layers.
FORMS = {
    "int8": "",
    "int16": 'wide = ["*"]',
    "GRU in f16": 'f16 = ["{gru}"]',
    "f16": 'f16 = ["*"]',
    "GRU in f32": 'f32 = ["{gru}"]',
    "f32": 'f32 = ["*"]',
}
TARGETS = ("mps2-an386", "mps2-an500", "mps3-an547")


class Network(torch.nn.Module):
    """A GRU, a layer norm and a head for every step."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = torch.nn.GRU(INPUTS, 48, batch_first=True)
        self.norm, self.hidden, self.head = torch.nn.LayerNorm(48), torch.nn.Linear(48, 32), torch.nn.Linear(32, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[1, steps, inputs] to [1, steps, 10]."""
        return self.head(torch.nn.functional.gelu(self.hidden(self.norm(self.gru(x)[0]))))


@dataclass(frozen=True)
class Measured:
    """A form on a target; ``sqnr`` in dB against the float network."""

    form: str
    target: str
    sqnr: float
    report: Report


def measure(vectors: int) -> Iterator[Measured]:
    """Every form on every core that can compute it, each layer compared with the reference."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    graph = bitwright.load(Network().eval(), (torch.zeros(1, STEPS, INPUTS),))
    data = generator.normal(size=(64, STEPS, INPUTS)).astype(np.float32)
    gru = next(node.name for node in graph.nodes if node.op == "GRU")
    with tempfile.TemporaryDirectory() as folder:
        for form, switched in FORMS.items():
            recipe = Path(folder) / "form.toml"
            recipe.write_text(f"[scheme]\n{switched.format(gru=gru)}\n")
            result = bitwright.quantize(graph, data[:32], data[32:], recipe=str(recipe))
            for target in TARGETS:
                if "f16" in form and target != "mps3-an547":
                    continue
                report = bitwright.verify(result.graph, target, vectors=vectors)
                assert report.bit_exact, report.mismatches[:3]
                print(f"{form:12} {target:12} {result.judgement.sqnr:5.1f} dB {report.instructions:,}", flush=True)
                yield Measured(form, target, result.judgement.sqnr, report)


def page(found: list[Measured], kinds: list[Kind], vectors: int) -> str:
    """The page."""
    lines = [
        "# Layers in float",
        "",
        f"A GRU of 48 cells over {STEPS} steps of {INPUTS} values, layer norm, two fully connected layers, GELU, with",
        "random weights (`python benchmarks/float_layers.py`). The error is that of the whole network against float32,",
        f"over 32 sequences; every layer was bit-exact over {vectors} vectors. Run in emulators only: instructions are",
        "not cycles, and a Cortex-M4 takes 14 of these for one quotient.",
        "",
        "| form | core | SQNR, dB | instructions | per MAC | arena, bytes | constants, bytes | code, bytes |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found:
        report = one.report
        assert report.instructions is not None
        lines.append(
            f"| {one.form} | {one.target} | {one.sqnr:.1f} | {report.instructions:,} | "
            f"{report.instructions / report.macs:.2f} | {report.ram['arena']:,} | {report.flash['constants']:,} | "
            f"{report.flash['code']:,} |"
        )
    lines += [
        "",
        "All forms keep int8 weights, so that their constants differ by tables and scales only. What is left in float",
        "is the error of these weights; float16 has it at little more than half of float32's arena.",
        "",
        *kinds_section(kinds),
        f"Compiled by {found[0].report.compiler}; run by {found[0].report.emulator}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=3)
    options = parser.parse_args()
    deliver(page(list(measure(options.vectors)), list(measure_kinds()), options.vectors), PAGE, parser)


if __name__ == "__main__":
    main()
