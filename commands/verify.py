"""``bitwright verify``: build, run and compare every layer with the reference."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .. import api, console
from ..targets.vectors import load_vectors
from . import choices, place
from .output import check_writable


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq or .tflite")
    place.add_arguments(command)
    command.add_argument("--inputs", type=Path, metavar="X.npy", help="input vectors (.npy; .npz for several inputs)")
    command.add_argument("--vectors", type=int, default=8, metavar="N", help="number of random vectors (default: 8)")
    command.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random vectors (default: 0)")
    command.add_argument(
        "--resume", type=Path, metavar="FILE", help="keep progress in this file; go on where it stopped"
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON ('-': standard output)")
    choices.add_argument(command)


def run(options: argparse.Namespace) -> int:
    """Run the command; 1 where a layer differs from the reference."""
    check_writable(options.json, options.resume)
    where = place.place_of(options)
    graph = api.load(options.model)
    inputs = None if options.inputs is None else load_vectors(graph, options.inputs)
    decisions = choices.decided(options, graph, where.target)
    with console.progress() as progress:
        report = api.verify(
            graph,
            where.target,
            inputs,
            options.vectors,
            options.seed,
            progress,
            decisions,
            journal=options.resume,
            connection=where.connection,
        )
    text = json.dumps(report.to_json(), indent=2) + "\n"
    if options.json is not None and str(options.json) == "-":
        sys.stdout.write(text)
    else:
        console.show_report(report)
        if options.json is not None:
            options.json.write_text(text, encoding="utf-8")
    return 0 if report.bit_exact else 1
