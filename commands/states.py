"""The options of commands that let a network keep its state from one inference to the next."""

from __future__ import annotations

import argparse

from .. import api
from ..converter.ir import Graph
from ..errors import InputError


def add_arguments(command: argparse.ArgumentParser) -> None:
    """``--stateful``, ``--state`` and ``--steps``."""
    command.add_argument(
        "--stateful",
        action="store_true",
        help="recurrent layers keep their state from one inference to the next; samples may be sequences",
    )
    command.add_argument(
        "--state",
        action="append",
        default=[],
        metavar="IN=OUT",
        help="keep this state of the network's own instead: an input, and the output that is its next value",
    )
    command.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help="take a network over whole sequences N steps at a time, its recurrent layers and caches kept in between",
    )


def in_steps(options: argparse.Namespace, graph: Graph) -> Graph:
    """The integer network as it is, or in steps."""
    return graph if options.steps is None else api.in_steps(graph, options.steps)


def kept(options: argparse.Namespace) -> bool | dict[str, str]:
    """All layers' states, those that are named, or none. Raises InputError, also where ``--steps`` asks for them."""
    pairs = {}
    for text in options.state:
        source, equals, target = text.partition("=")
        if not (source and equals and target) or source in pairs:
            raise InputError(f"--state {text}: give the names of an input and of an output, IN=OUT, each input once")
        pairs[source] = target
    if options.steps is not None and (pairs or options.stateful):
        raise InputError("--steps keeps every state: give it without --stateful and --state")
    return pairs or bool(options.stateful)
