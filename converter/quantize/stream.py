"""Sequences as samples: what a network that keeps its state sees at every step of them, states included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ..float_reference import run_float
from ..ir import Array, Graph
from ..reference import Session, quantized, real
from ..states import Outside
from .calibration import Calibration, calibration
from .data import model_shape

#: Sequences that run at once.
_BATCH = 32


@dataclass(frozen=True, eq=False)
class Steps:
    """Every inference over some sequences, one sequence after the other.

    Attributes:
        data: inputs and states of each, as the float network has them.
        outputs: the float network's outputs, [sequences * length, ...] each, states left out.
        length: inferences per sequence, each of which starts from the first state.
    """

    data: Calibration
    outputs: tuple[Array, ...]
    length: int

    @property
    def last(self) -> slice:
        """The last inference of each sequence."""
        return slice(self.length - 1, None, self.length)


def steps(outside: Outside, arrays: Sequence[Array]) -> Steps:
    """Run the float network over sequences, each from its first state.

    Args:
        arrays: one per input that is no state, [sequences, ...] in the layout of the model's interface, where the
            first dimension of a sample is any multiple of the input's or comes before all of the input's.

    Raises:
        InputError: the data does not fit.
    """
    graph = replace(outside.graph, inputs=outside.inputs)
    shapes = [model_shape(graph, name) for name in outside.inputs]
    if len(arrays) != len(shapes):
        raise InputError(f"the model has {len(shapes)} inputs beside its states, the data has {len(arrays)} arrays")
    parts = [_split(name, shape, array) for name, shape, array in zip(outside.inputs, shapes, arrays, strict=True)]
    lengths = {part.shape[1] for part in parts}
    if len(lengths) != 1:
        raise InputError(f"the inputs hold sequences of {sorted(lengths)} inferences; they must be as many for each")
    data = calibration(graph, [part.reshape(-1, *part.shape[2:]) for part in parts])
    (length,) = lengths
    inputs = [array.reshape(-1, length, *array.shape[1:]) for array in data.inputs]
    runs = [_run(outside, [array[at : at + _BATCH] for array in inputs]) for at in range(0, len(inputs[0]), _BATCH)]
    seen, outputs = ([np.concatenate(column) for column in zip(*rows, strict=True)] for rows in zip(*runs, strict=True))
    return Steps(Calibration(tuple(map(_flat, seen))), tuple(map(_flat, outputs)), length)


def integer_outputs(graph: Graph, outside: Outside, over: Steps) -> list[Array]:
    """The outputs of the integer network that keeps its states, as real values, over the same inferences."""
    session, rows = Session(graph), []
    places = [outside.graph.inputs.index(name) for name in graph.inputs]
    for number in range(len(over.data)):
        if number % over.length == 0:
            session.reset()
        values = [over.data.inputs[place][number] for place in places]
        tensors = [graph.tensor(name) for name in graph.inputs]
        trace = session.trace([quantized(t, v.reshape(t.shape)) for t, v in zip(tensors, values, strict=True)])
        rows.append([real(graph.tensor(name), trace.tensors[name]) for name in graph.outputs])
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _flat(values: Array) -> Array:
    return values.reshape(-1, *values.shape[2:])


def _split(name: str, shape: tuple[int, ...], array: Array) -> Array:
    """Sequences as inferences, [sequences, length, ...]."""
    sample, wanted = array.shape[1:], shape[1:]
    if len(sample) == len(wanted) + 1 and sample[1:] == wanted:
        return array
    whole = len(sample) == len(wanted) > 0 and sample[1:] == wanted[1:] and sample[0] % wanted[0] == 0
    if not whole or not sample[0]:
        raise InputError(
            f"input '{name}' takes {list(wanted)}, the data holds sequences of {list(sample)}: their first dimension "
            f"must be a multiple of {wanted[0] if wanted else 1}"
        )
    return array.reshape(len(array), sample[0] // wanted[0], *wanted)


def _run(outside: Outside, inputs: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Inputs [sequences, length, ...] to all inputs of the graph, states included, and its outputs, alike."""
    graph, count = outside.graph, len(inputs[0])
    states = {name: np.stack([outside.first(name)] * count) for name in outside.pairs}
    seen, made = [], []
    for number in range(inputs[0].shape[1]):
        values = dict(zip(outside.inputs, (array[:, number] for array in inputs), strict=True))
        values |= {name: _joined(graph, name, state) for name, state in states.items()}
        results = dict(zip(graph.outputs, run_float(graph, [values[name] for name in graph.inputs]), strict=True))
        seen.append([values[name] for name in graph.inputs])
        made.append([_apart(graph, name, results[name], count) for name in outside.outputs])
        states = {name: _apart(graph, name, results[target], count) for name, target in outside.pairs.items()}
    return [np.stack(column, axis=1) for column in zip(*seen, strict=True)], [
        np.stack(column, axis=1) for column in zip(*made, strict=True)
    ]


def _apart(graph: Graph, name: str, value: Array, count: int) -> Array:
    """One tensor for each sample."""
    return value.reshape(count, *graph.tensor(name).shape)


def _joined(graph: Graph, name: str, value: Array) -> Array:
    """The same with the leading 1, where a tensor has one, taken by the samples."""
    return value[:, 0] if graph.tensor(name).shape[:1] == (1,) else value
