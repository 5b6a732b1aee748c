"""The option ``--choices``: kernels that ``bitwright tune`` chose."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..converter.ir import Graph
from ..targets.tune.choices import Choices, read_choices


def add_argument(command: argparse.ArgumentParser) -> None:
    """The option."""
    command.add_argument("--choices", type=Path, metavar="F", help="kernels that `bitwright tune` chose")


def given(options: argparse.Namespace, graph: Graph) -> Choices | None:
    """The file's content; None where the option is absent. Raises InputError."""
    return None if options.choices is None else read_choices(options.choices, graph)
