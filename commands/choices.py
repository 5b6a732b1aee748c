"""The options that decide about kernels, order and fused layers: ``--choices``, ``--ram`` and ``--for``."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import api
from ..codegen.decisions import Decisions
from ..converter.ir import Graph
from ..targets.target import Target
from ..targets.tune.choices import Choices, read_choices


def add_argument(command: argparse.ArgumentParser) -> None:
    """The options."""
    command.add_argument("--choices", type=Path, metavar="F", help="kernels that `bitwright tune` chose")
    command.add_argument("--ram", type=int, metavar="N", help="bytes for the arena: fuse layers where it takes more")
    command.add_argument(
        "--for",
        dest="objective",
        choices=["speed", "ram"],
        default="speed",
        help="what is to be small: ram fuses layers until the arena is as small as is found (default: speed)",
    )


def given(options: argparse.Namespace, graph: Graph) -> Choices | None:
    """The file's content; None where the option is absent. Raises InputError."""
    return None if options.choices is None else read_choices(options.choices, graph)


def decided(options: argparse.Namespace, graph: Graph, target: Target) -> Decisions:
    """What the options decide. Raises InputError, ResourceError."""
    return api.decisions(graph, target, options.choices, options.ram, options.objective)
