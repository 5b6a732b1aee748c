"""The public Python API; ``import bitwright`` offers all of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .converter.ir import Array, Graph
from .converter.load import load
from .converter.native import write_native
from .converter.quantize.run import CALIBRATION_SAMPLES, quantize_model
from .converter.quantize.run import Result as Quantization
from .converter.reference import run
from .errors import InputError
from .targets import image as _image
from .targets.emulator import start
from .targets.target import Target, find_target
from .targets.vectors import random_vectors
from .targets.verify import Progress, Report, compare

__all__ = [
    "Graph",
    "Quantization",
    "Report",
    "Target",
    "generate",
    "load",
    "quantize",
    "run",
    "save",
    "verify",
]


def quantize(
    graph: Graph,
    calibration: Any,
    evaluation: Any = None,
    recipe: str = "auto",
    max_drop: float = 0.5,
    samples: int = CALIBRATION_SAMPLES,
) -> Quantization:
    """Quantize a float graph and judge the integer network.

    Args:
        graph: a float graph, as :func:`load` gives for float models.
        calibration, evaluation: samples in the model's own layout: a path (.npy, .npz, folder of images or wav files),
            an array, or an iterable of batches such as a PyTorch DataLoader, labels included where there are any.
            Without evaluation data the network is judged on the calibration samples.
        recipe: a name, a TOML file, or ``auto``: the cheapest recipe that loses at most ``max_drop`` points of
            accuracy (without labels: percent of noise in the output's power).
        samples: calibration samples to use at most.

    Returns:
        The integer network as ``graph``, with ``judgement``, ``attempts`` and ``within_budget``.

    Raises:
        InputError: the data does not fit. UnsupportedError, AccumulatorOverflowError: a node cannot be quantized.
    """
    return quantize_model(graph, calibration, evaluation, recipe, max_drop, samples)


def save(network: Graph | Quantization, path: str | Path) -> None:
    """Write an integer network as a ``.bwq`` file, with what quantizing it cost where that is known.

    Raises:
        InputError: the path does not end in ``.bwq``, or the graph is float.
    """
    if Path(path).suffix != ".bwq":
        raise InputError(f"'{path}': networks are saved as .bwq")
    graph = network if isinstance(network, Graph) else network.graph
    if graph.is_float:
        raise InputError(f"'{graph.name}' is float: quantize it first")
    Path(path).write_bytes(write_native(graph, None if isinstance(network, Graph) else network.to_json()))


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
