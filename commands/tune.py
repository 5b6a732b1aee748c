"""``bitwright tune``: the best kernel for every layer, by measurement, within budgets of flash and RAM."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .. import api, console
from ..targets.target import find_target
from ..targets.tune.choices import to_text
from ..targets.tune.select import ORDER
from ..targets.tune.tune import Tuned, TunedLayer
from .output import check_writable


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq or .tflite")
    command.add_argument(
        "--target", required=True, metavar="T", help="see `bitwright targets`; it must have an emulator"
    )
    command.add_argument("--flash", type=int, metavar="N", help="bytes for code and constants (default: T's flash)")
    command.add_argument("--ram", type=int, metavar="N", help="bytes for arena, variables and stack (default: T's RAM)")
    command.add_argument(
        "--for", dest="objective", choices=list(ORDER), default="speed", help="what is to be small (default: speed)"
    )
    command.add_argument(
        "-o", "--output", type=Path, metavar="F", help="file of choices (default: MODEL-T.choices.json)"
    )
    command.add_argument("--json", action="store_true", help="print the choices as JSON instead of a table")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    target = find_target(options.target)
    output = options.output or Path(f"{options.model.stem}-{target.name}.choices.json")
    check_writable(output)
    graph = api.load(options.model)
    with console.progress() as progress:
        tuned = api.tune(graph, target, options.objective, options.flash, options.ram, progress)
    content = tuned.to_json()
    output.write_text(to_text(content), encoding="utf-8")
    if options.json:
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return 0
    show(tuned)
    console.out.print(f"Wrote {output}; pass it as --choices to compile, verify, profile or report", soft_wrap=True)
    return 0


def show(tuned: Tuned) -> None:
    """The choices for people."""
    rows = [
        [str(index), layer.name, layer.kernel, _number(layer.chosen.instructions), layer.why, _others(layer)]
        for index, layer in enumerate(tuned.layers)
    ]
    headings = ["#", "layer", "kernel", "instructions", "why", "other kernels: instructions, bytes of constants"]
    console.out.print(console.table(headings, rows, right=(0, 3)))
    console.out.print()
    console.show_memory(tuned.sizes.ram, tuned.sizes.flash)
    if tuned.chains:
        console.out.print(f"Fused  {', '.join(tuned.chains)}", soft_wrap=True)
    change = tuned.instructions / tuned.default_instructions - 1 if tuned.default_instructions else 0.0
    console.out.print(
        f"One inference: {_number(tuned.instructions)} instructions, {change:+.1%} against the untuned network "
        f"({_number(tuned.default_instructions)})"
    )


def _others(layer: TunedLayer) -> str:
    return ", ".join(
        f"{c.kernel} {_number(c.instructions)}/{_number(c.constants)}"
        for c in layer.candidates
        if c.kernel != layer.kernel
    )


def _number(value: int) -> str:
    return console.number(value)
