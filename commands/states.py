"""The options of commands that let a network keep its state from one inference to the next."""

from __future__ import annotations

import argparse

from ..errors import InputError


def add_arguments(command: argparse.ArgumentParser) -> None:
    """``--stateful`` and ``--state``."""
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


def kept(options: argparse.Namespace) -> bool | dict[str, str]:
    """All layers' states, those that are named, or none. Raises InputError."""
    pairs = {}
    for text in options.state:
        source, equals, target = text.partition("=")
        if not (source and equals and target) or source in pairs:
            raise InputError(f"--state {text}: give the names of an input and of an output, IN=OUT, each input once")
        pairs[source] = target
    return pairs or bool(options.stateful)
