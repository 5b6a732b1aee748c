"""``bitwright report``: one self-contained HTML page about an integer network on a target."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import api, console
from ..converter.native import is_native, read_judgement
from ..report.page import render
from ..targets.emulator import start
from ..targets.image import built
from ..targets.profile import profile
from ..targets.target import find_target
from ..targets.vectors import random_vectors
from ..targets.verify import compare
from . import choices
from .output import check_writable


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq or .tflite")
    command.add_argument("--target", default="host", metavar="T", help="where it runs (default: host, without counts)")
    command.add_argument("--vectors", type=int, default=2, metavar="N", help="random vectors to verify on (default: 2)")
    command.add_argument("--profile", action="store_true", help="with a flame view of instructions and cycles")
    command.add_argument("-o", "--output", type=Path, metavar="F.html", help="file to write (default: MODEL.html)")
    choices.add_argument(command)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where the verification found a difference."""
    target = find_target(options.target)
    graph = api.load(options.model)
    output = options.output or options.model.with_suffix(".html")
    check_writable(output)
    data = options.model.read_bytes()
    judgement = read_judgement(data, str(options.model)) if is_native(data) else None
    found = choices.given(options, graph)
    vectors = random_vectors(graph, options.vectors, 0)
    with (
        console.progress() as progress,
        built(graph, target, choices=choices.decided(options, graph, target)) as image,
    ):
        with start(image.target, image.elf) as link:
            report = compare(image, link, vectors, progress)
        profiled = profile(image, vectors[0]) if options.profile else None
        tuned = None if found is None else found.content
        page = render(image.model.program, report, judgement, profiled, tuned)
    output.write_text(page, encoding="utf-8")
    console.out.print(f"Wrote {output}: open it in a browser", soft_wrap=True)
    return 0 if report.bit_exact else 1
