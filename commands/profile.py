"""``bitwright profile``: where an inference spends its instructions, without a board."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .. import api, console
from ..report.profile_page import render
from ..targets.instructions import CLASSES, TITLES
from ..targets.profile import LayerProfile, Profile
from ..targets.target import find_target
from ..targets.vectors import load_vectors
from . import choices
from .output import check_writable


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq or .tflite")
    command.add_argument("--target", required=True, metavar="T", help="see `bitwright targets`")
    command.add_argument("--inputs", type=Path, metavar="X.npy", help="its first vector is run (default: a random one)")
    command.add_argument("--core", metavar="C", help="whose cycles to estimate: a name or a .toml (default: T's own)")
    command.add_argument("--static", action="store_true", help="compare the kernels' estimates with what was measured")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the profile as JSON ('-': standard output)")
    command.add_argument("--html", type=Path, metavar="FILE", help="write it as a page with a flame view")
    choices.add_argument(command)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where the inference differs from the reference."""
    check_writable(options.json, options.html)
    target = find_target(options.target)
    graph = api.load(options.model)
    vector = None if options.inputs is None else load_vectors(graph, options.inputs)[0]
    decisions = choices.decided(options, graph, target)
    with console.progress() as progress:
        profile = api.profile(graph, target, vector, options.core, progress, decisions)
    text = json.dumps(profile.to_json(), indent=2) + "\n"
    if options.html is not None:
        options.html.write_text(render(profile), encoding="utf-8")
    if options.json is not None and str(options.json) == "-":
        sys.stdout.write(text)
    else:
        if options.static:
            _show_estimates(profile)
        else:
            _show(profile)
        if options.json is not None:
            options.json.write_text(text, encoding="utf-8")
    return 0 if profile.report.bit_exact else 1


def _show(profile: Profile) -> None:
    """The profile for people."""
    kinds = [kind for kind, count in profile.mix.items() if count]
    rows = [
        [
            str(index),
            layer.name,
            layer.served,
            console.number(layer.macs) if layer.macs else "",
            console.number(layer.instructions),
            _ratio(layer.instructions, layer.macs),
            *(_share(layer.mix[kind], layer.instructions) for kind in kinds),
            console.number(layer.loaded),
            console.number(layer.stored),
            "" if layer.cycles is None else console.number(round(layer.cycles)),
            "" if layer.cycles is None else _ratio(layer.cycles, layer.macs),
        ]
        for index, layer in enumerate(profile.layers)
    ]
    headings = ["#", "layer", "kernel", "MACs", "instructions", "per MAC", *(_SHORT[kind] for kind in kinds)]
    headings += ["loaded", "stored", "~cycles", "per MAC"]
    right = (0, *range(3, len(headings)))
    console.out.print(console.table(headings, rows, right=right))
    console.out.print()
    mix = ", ".join(f"{TITLES[kind]} {_share(profile.mix[kind], profile.instructions)}" for kind in kinds)
    console.out.print(
        f"One inference: {console.number(profile.instructions)} instructions, {console.number(profile.macs)} MACs "
        f"({_ratio(profile.instructions, profile.macs)} per MAC): {mix}"
    )
    if profile.core is None or profile.cycles is None:
        console.out.print("No model of this core's cycles: --core names one")
    else:
        console.out.print(
            f"About {console.number(round(profile.cycles))} cycles on {profile.core.description}, an estimate "
            f"({_ratio(profile.cycles, profile.macs)} per MAC)"
        )
        console.out.print(f"Source: {profile.core.source}", style="dim")
        console.out.print(f"Not modelled: {'; '.join(profile.core.errors)}", style="dim")
    if not profile.report.bit_exact:
        console.out.print("NOT bit-exact: see `bitwright verify`", style="bold red")


_SHORT = dict(zip(CLASSES, ("mac", "mul", "div", "load", "store", "branch", "simd", "alu"), strict=True))


def _show_estimates(profile: Profile) -> None:
    """The kernels' own estimates beside the counts."""
    rows = [
        [
            str(index),
            layer.name,
            layer.kernel,
            console.number(layer.estimate),
            console.number(layer.instructions),
            _error(layer),
        ]
        for index, layer in enumerate(profile.layers)
    ]
    headings = ["#", "layer", "kernel", "estimated", "measured", "error"]
    console.out.print(console.table(headings, rows, right=(0, 3, 4, 5)))


def _error(layer: LayerProfile) -> str:
    if layer.estimate is None or not layer.instructions:
        return ""
    return f"{layer.estimate / layer.instructions - 1:+.1%}"


def _ratio(part: float, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else ""


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole and part > 0 else ""
