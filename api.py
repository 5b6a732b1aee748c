"""The public Python API; ``import bitwright`` offers all of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .converter.ir import Array, Graph
from .converter.load import load
from .converter.reference import run
from .targets import image as _image
from .targets.emulator import start
from .targets.target import Target, find_target
from .targets.vectors import random_vectors
from .targets.verify import Progress, Report, compare

__all__ = ["Graph", "Report", "Target", "generate", "load", "run", "verify"]


def generate(graph: Graph, target: str | Target, folder: str | Path, name: str | None = None) -> Path:
    """Write a self-contained C project of the graph for a target.

    Args:
        target: a target's name (``bitwright targets`` lists them) or its description.
        folder: created, or replaced where it already holds a Bitwright project.
        name: prefix of the C names; derived from the graph's name when absent.

    Returns:
        The folder.

    Raises:
        BitwrightError: an operator cannot be served, the network does not fit, or the folder is in use.
    """
    _image.generate(graph, _target(target), Path(folder), name)
    return Path(folder)


def verify(
    graph: Graph | str | Path,
    target: str | Target,
    inputs: Sequence[Sequence[Array]] | None = None,
    vectors: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Build a network for a target, run it there and compare every layer of every vector with the reference.

    Args:
        graph: a graph or a model file.
        inputs: integer inputs, one list of arrays per vector; random and extreme ones when absent.
        vectors, seed: number and seed of the random vectors.
        progress: called with a stage's name, the steps done and their number.

    Raises:
        BitwrightError: the network cannot be served, built or run. A mismatch is no error: see ``Report.bit_exact``.
    """
    network = graph if isinstance(graph, Graph) else load(graph)
    rows = random_vectors(network, vectors, seed) if inputs is None else inputs
    if progress is not None:
        progress("build", 0, 1)
    with _image.built(network, _target(target)) as image:
        if progress is not None:
            progress("build", 1, 1)
        with start(image.target, image.elf) as link:
            return compare(image, link, rows, progress)


def _target(target: str | Target) -> Target:
    return target if isinstance(target, Target) else find_target(target)
