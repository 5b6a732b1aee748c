"""The public Python API; ``import bitwright`` offers all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .codegen.decide import decide
from .codegen.decisions import Aim, Decisions
from .converter.audio.graph import with_front_end
from .converter.audio.settings import FrontEnd
from .converter.ir import Array, Graph
from .converter.load import load
from .converter.native import write_native
from .converter.quantize.recipe import Switched
from .converter.quantize.run import CALIBRATION_SAMPLES, quantize_model
from .converter.quantize.run import Result as Quantization
from .converter.reference import run
from .converter.serve import check_integer
from .converter.states import with_kept_states
from .converter.stepping import in_steps
from .errors import InputError
from .targets import image as _image
from .targets import profile as _profile
from .targets.cycles import find_core
from .targets.hardware import Connection, resolved, started
from .targets.profile import Profile
from .targets.target import Target, find_target
from .targets.tune import tune as _tune
from .targets.tune.choices import read_choices
from .targets.tune.tune import Tuned
from .targets.vectors import random_vectors
from .targets.verify import Progress, Report, compare

__all__ = [
    "Connection",
    "FrontEnd",
    "Graph",
    "Profile",
    "Quantization",
    "Report",
    "Target",
    "Tuned",
    "generate",
    "in_steps",
    "keep_states",
    "load",
    "profile",
    "quantize",
    "run",
    "save",
    "tune",
    "verify",
    "with_front_end",
]

#: Kernels by layer: a mapping, what :func:`tune` gives, or a file of ``bitwright tune``; or all that was decided.
Choices = Mapping[str, str] | Decisions | Tuned | str | Path


def quantize(
    graph: Graph,
    calibration: Any,
    evaluation: Any = None,
    recipe: str = "auto",
    max_drop: float = 0.5,
    samples: int = CALIBRATION_SAMPLES,
    f32: Sequence[str] = (),
    f16: Sequence[str] = (),
    int8_state: Sequence[str] = (),
    stateful: bool | Mapping[str, str] = False,
) -> Quantization:
    """Quantize a float graph and judge the integer network.

    Args:
        graph: a float graph, as :func:`load` gives for float models.
        calibration: samples in the model's own layout: a path (.npy, .npz, folder of images or wav files), an array, or
            an iterable of batches such as a PyTorch DataLoader, labels included where there are any.
        evaluation: the same; without it the network is judged on the calibration samples.
        recipe: a name, a TOML file, or ``auto``: the cheapest recipe that loses at most ``max_drop`` points of
            accuracy (without labels: percent of noise in the output's power).
        samples: calibration samples to use at most.
        f32: patterns of names of layers that compute in float32, on cores that can.
        f16: the same in float16.
        int8_state: patterns of names of GRU, LSTM and RNN layers that keep their states in int8, not int16.
        stateful: recurrent layers keep their state from one inference to the next; or the names of inputs that are
            states, with the outputs that are their next values. Samples may then be sequences, whose first dimension
            is a multiple of the input's.

    Returns:
        The integer network as ``graph``, with ``judgement``, ``attempts`` and ``within_budget``.

    Raises:
        InputError: the data does not fit. UnsupportedError, AccumulatorOverflowError: a node cannot be quantized.
    """
    switched = Switched(tuple(f32), tuple(f16), tuple(int8_state))
    return quantize_model(
        graph, calibration, evaluation, recipe, max_drop, samples, switched=switched, stateful=stateful
    )


def keep_states(graph: Graph, states: Mapping[str, str] | None = None) -> Graph:
    """An integer network whose recurrent layers keep their state from one inference to the next.

    Args:
        states: inputs that are states instead, with the outputs that are their next values.

    Raises:
        InputError: there is no such state, or a layer runs backward. UnsupportedError: the graph is float.
    """
    return with_kept_states(check_integer(graph), states)


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


def generate(
    graph: Graph,
    target: str | Target,
    folder: str | Path,
    name: str | None = None,
    choices: Choices | None = None,
    ram: int | None = None,
    objective: str = "speed",
) -> Path:
    """Write a self-contained C project of the graph for a target.

    Args:
        target: a target's name (``bitwright targets`` lists them) or its description.
        folder: created, or replaced where it already holds a Bitwright project.
        name: prefix of the C names; derived from the graph's name when absent.
        choices: the kernels of some or all layers; the others are chosen by estimate.
        ram: bytes that the arena may take; layers are fused where it would take more.
        objective: ``speed``, or ``ram`` for the smallest arena that is found.

    Returns:
        The folder.

    Raises:
        BitwrightError: an operator cannot be served, the network does not fit, or the folder is in use.
    """
    board = _target(target)
    _image.generate(graph, board, Path(folder), name, decisions(graph, board, choices, ram, objective))
    return Path(folder)


def verify(
    graph: Graph | str | Path,
    target: str | Target,
    inputs: Sequence[Sequence[Array]] | None = None,
    vectors: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
    choices: Choices | None = None,
    ram: int | None = None,
    objective: str = "speed",
    journal: Path | None = None,
    connection: Connection | str | None = None,
) -> Report:
    """Build a network for a target, run it there and compare every layer of every vector with the reference.

    Args:
        graph: a graph or a model file.
        inputs: integer inputs, one list of arrays per vector; random and extreme ones when absent.
        vectors: number of random vectors.
        seed: of the random vectors.
        progress: called with a stage's name, the steps done and their number.
        choices: the kernels of some or all layers; the others are chosen by estimate.
        ram: bytes that the arena may take; layers are fused where it would take more.
        objective: ``speed``, or ``ram`` for the smallest arena that is found.
        journal: a file that keeps what is done; where it exists, the verification goes on where it stopped.
        connection: how the board itself is reached, or its port alone; the target's emulator when absent.

    Raises:
        BitwrightError: the network cannot be served, built or run. A mismatch is no error: see ``Report.bit_exact``.
    """
    network = graph if isinstance(graph, Graph) else load(graph)
    rows = random_vectors(network, vectors, seed) if inputs is None else inputs
    if progress is not None:
        progress("build", 0, 1)
    board = _target(target) if connection is None else _target(target).on_hardware()
    reached = Connection(connection) if isinstance(connection, str) else connection
    if reached is not None:
        reached = resolved(board, reached)
    with _image.built(network, board, choices=decisions(network, board, choices, ram, objective)) as image:
        if progress is not None:
            progress("build", 1, 1)
        with started(image, reached, progress) as link:
            return compare(image, link, rows, progress, journal)


def profile(
    graph: Graph | str | Path,
    target: str | Target,
    inputs: Sequence[Array] | None = None,
    core: str | None = None,
    progress: Progress | None = None,
    choices: Choices | None = None,
    ram: int | None = None,
    objective: str = "speed",
) -> Profile:
    """Count every instruction of one inference on a target's emulator, layer by layer, and estimate cycles.

    Args:
        graph: a graph or a model file.
        inputs: integer inputs of the inference; random ones when absent.
        core: whose cycles to estimate, a name or a TOML file; the target's own when absent.
        choices: the kernels of some or all layers; the others are chosen by estimate.
        ram: bytes that the arena may take; layers are fused where it would take more.
        objective: ``speed``, or ``ram`` for the smallest arena that is found.

    Raises:
        BitwrightError: the network cannot be served, built or run, or the target's emulator cannot count.
    """
    network = graph if isinstance(graph, Graph) else load(graph)
    vector = random_vectors(network, 1, 0)[0] if inputs is None else inputs
    model = None if core is None else find_core(core)
    board = _target(target)
    with _image.built(network, board, choices=decisions(network, board, choices, ram, objective)) as image:
        return _profile.profile(image, vector, model, progress)


def tune(
    graph: Graph | str | Path,
    target: str | Target,
    objective: str = "speed",
    flash: int | None = None,
    ram: int | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Measure every kernel that can serve each layer, and keep the best combination.

    Args:
        graph: a graph or a model file.
        objective: ``speed``, ``ram`` or ``flash``: what is to be small.
        flash: bytes that the model's code and constants may take.
        ram: bytes that arena, static variables and stack may take.

    Returns:
        The combination, for ``choices`` of :func:`generate`, :func:`verify` and :func:`profile`.

    Raises:
        BitwrightError: nothing fits, the target counts nothing, or a kernel differs from the reference.
    """
    network = graph if isinstance(graph, Graph) else load(graph)
    return _tune.tune(network, _target(target), objective, flash, ram, progress)


def decisions(
    graph: Graph, target: Target, choices: Choices | None = None, ram: int | None = None, objective: str = "speed"
) -> Decisions:
    """What is decided about a network before it is lowered: kernels, order and fused layers.

    Args:
        choices: what is decided already; where that includes order or fused layers, nothing else is.
        ram: bytes that the arena may take; objective: ``speed`` or ``ram``.

    Raises:
        InputError: a budget or an objective that is none. ResourceError: no arena that is found is small enough.
    """
    if objective not in ("speed", "ram"):
        raise InputError(f"there is no objective '{objective}'; there are speed, ram")
    if ram is not None and ram < 1:
        raise InputError("a budget is a number of bytes above zero")
    aim = Aim(ram, objective == "ram")
    given = _given(graph, choices)
    if not aim:
        return given
    if given.fused or given.order is not None:
        raise InputError("the choices have fused layers: give either these or a budget of RAM")
    return decide(graph, target.serving(graph).isa, aim, given.kernels, cores=target.cores)


def _given(graph: Graph, choices: Choices | None) -> Decisions:
    if isinstance(choices, str | Path):
        return read_choices(Path(choices), graph).decisions
    if isinstance(choices, Tuned):
        return choices.decisions
    return choices if isinstance(choices, Decisions) else Decisions(choices or {})


def _target(target: str | Target) -> Target:
    return target if isinstance(target, Target) else find_target(target)
