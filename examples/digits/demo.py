"""Handwritten digits on a Cortex-M4 and on RV32IMC: compile, run all held-out images on QEMU, compare every layer.

Writes the generated projects and the picture of the memory plan to build/digits/.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import bitwright
import numpy as np
from bitwright import console
from bitwright.codegen.project import model_sources
from bitwright.targets.emulator import PACKAGES
from bitwright.targets.image import plan_picture
from bitwright.targets.target import Target, find_target
from bitwright.targets.toolchain import TOOLCHAINS
from bitwright.targets.vectors import load_vectors

HERE = Path(__file__).parent
OUTPUT = HERE.parent.parent / "build" / "digits"
WANTED = ("mps2-an386", "qemu-rv32")


def missing_for(target: Target) -> list[str]:
    """Packages that a target lacks on this computer."""
    packages = [] if shutil.which(TOOLCHAINS[target.toolchain].compiler) else [*TOOLCHAINS[target.toolchain].packages]
    if target.emulator is not None and not shutil.which(target.emulator.program):
        packages.append(PACKAGES[target.emulator.program])
    return packages


def main() -> int:
    """Run the demo; 0 when every target is bit-exact."""
    graph = bitwright.load(HERE / "digits_int8.tflite")
    vectors = load_vectors(graph, HERE / "heldout.npz")
    labels = np.load(HERE / "heldout.npz")["labels"]
    missing = {name: missing_for(find_target(name)) for name in WANTED}
    targets = [name for name in WANTED if not missing[name]] or ["host"]
    OUTPUT.mkdir(parents=True, exist_ok=True)
    rows, exact = [], True
    for name in targets:
        bitwright.generate(graph, name, OUTPUT / name)
        with console.progress() as progress:
            report = bitwright.verify(graph, name, inputs=vectors, progress=progress)
        console.out.rule(f"{name}: every layer of {report.vectors} held-out images")
        console.show_report(report)
        answers = [np.frombuffer(outputs[0], np.int8).argmax() for outputs in report.outputs]
        ram, flash = report.ram, report.flash
        rows.append(
            [name, f"{np.mean(answers == labels):.2%}", "yes" if report.bit_exact else "NO"]
            + [console.number(value) for value in (ram["arena"], ram["stack"], flash["code"], flash["constants"])]
            + [console.number(report.instructions)]
        )
        exact &= report.bit_exact
    picture = OUTPUT / "memory_plan.svg"
    picture.write_text(plan_picture(model_sources(graph, find_target(targets[0]).isa, "digits")))
    console.out.rule("Handwritten digits")
    headings = ["target", "accuracy", "bit-exact", "arena", "stack", "code", "constants", "instructions"]
    console.out.print(console.table(headings, rows, right=(1, 3, 4, 5, 6, 7)))
    console.out.print(f"\nGenerated C: {OUTPUT}/<target>; memory plan: {picture}", soft_wrap=True)
    for name, packages in missing.items():
        if packages:
            console.out.print(f"Left out {name}: needs {' '.join(packages)}", style="yellow")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
