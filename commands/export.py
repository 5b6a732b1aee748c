"""``bitwright export``: a quantized network in another tool's format."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import api, console
from ..converter.writers.tflite import write_tflite
from .output import check_writable

#: Formats, and what each writes.
FORMATS = {"tflite": write_tflite}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("model", type=Path, metavar="MODEL", help="a quantized model: .bwq or .tflite")
    command.add_argument("--format", choices=sorted(FORMATS), default="tflite", help="what to write (default: tflite)")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="file to write (default: MODEL.FORMAT)")


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    graph = api.load(options.model)
    output = options.output or options.model.with_suffix(f".{options.format}")
    check_writable(output)
    data = FORMATS[options.format](graph)
    output.write_bytes(data)
    console.out.print(f"Wrote {output}, {len(data):,} bytes", soft_wrap=True)
    return 0
