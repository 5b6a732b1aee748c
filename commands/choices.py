"""The options that decide about kernels, order and fused layers: ``--choices``, ``--ram``, ``--for`` and
``--stream-weights``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from .. import api
from ..codegen.decisions import Decisions
from ..codegen.kernels.streaming import PREFIX, STREAMED
from ..converter.ir import Graph
from ..errors import InputError
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
    command.add_argument(
        "--stream-weights",
        type=int,
        metavar="N",
        help="copy the weights of recurrent layers from slow memory in tiles of at most N bytes while computing",
    )


def given(options: argparse.Namespace, graph: Graph) -> Choices | None:
    """The file's content; None where the option is absent. Raises InputError."""
    return None if options.choices is None else read_choices(options.choices, graph)


def decided(options: argparse.Namespace, graph: Graph, target: Target) -> Decisions:
    """What the options decide. Raises InputError, ResourceError."""
    if options.stream_weights is None:
        return api.decisions(graph, target, options.choices, options.ram, options.objective)
    known = Decisions() if options.choices is None else read_choices(options.choices, graph).decisions
    streamed = {node.name: f"{PREFIX}{options.stream_weights}" for node in graph.nodes if node.op in STREAMED}
    if not streamed:
        raise InputError("--stream-weights: the network has no recurrent layer of Bitwright's own")
    chosen = replace(known, kernels={**streamed, **known.kernels})
    return api.decisions(graph, target, chosen, options.ram, options.objective)
