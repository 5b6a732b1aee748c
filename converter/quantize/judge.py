"""What quantization cost: the integer network against the float one, over data and layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..float_reference import run_float, run_node, takes_batches
from ..ir import Array, DType, Graph, Node, Tensor
from ..reference import Session, Trace, quantized, real
from .calibration import Calibration
from .recipe import Quantized

#: Samples that the layer by layer comparison runs.
_LAYER_SAMPLES = 32
_BINS = 48
_LARGEST = 200.0  # dB: what is written where nothing differs


@dataclass(frozen=True)
class LayerError:
    """How one layer's integers differ from the float network's values.

    Attributes:
        sqnr: signal to quantization noise of the layer's output, in dB, all earlier layers quantized too.
        own: the same when the layer's input is right: what the layer itself adds.
        share: of the noise at this layer that the layer itself adds, 0 to 1.
        float_histogram, integer_histogram: counts of the output over ``edges``.
    """

    name: str
    op: str
    dtype: str
    sqnr: float
    own: float
    share: float
    edges: tuple[float, float]
    float_histogram: tuple[int, ...]
    integer_histogram: tuple[int, ...]


@dataclass(frozen=True)
class Judgement:
    """The integer network against the float one.

    Attributes:
        samples: evaluated; accuracy_float, accuracy_integer: share of right answers, None without labels.
        agreement: share of samples with the same largest output.
        mse: mean-squared error of the (first) output against float; sqnr: in dB.
        confusion: counts [label][answer of the integer network], None without labels.
        layers: in order of execution.
    """

    samples: int
    accuracy_float: float | None
    accuracy_integer: float | None
    agreement: float
    mse: float
    sqnr: float
    confusion: tuple[tuple[int, ...], ...] | None
    layers: tuple[LayerError, ...] = ()

    @property
    def drop(self) -> float | None:
        """Points of accuracy that were lost; None without labels."""
        if self.accuracy_float is None or self.accuracy_integer is None:
            return None
        return 100 * (self.accuracy_float - self.accuracy_integer)

    @property
    def loss(self) -> float:
        """What a budget is set on: points of accuracy, without labels percent of noise in the output's power."""
        return self.drop if self.drop is not None else float(100 * 10 ** (-self.sqnr / 10))

    def worst_layers(self, count: int = 5) -> list[LayerError]:
        """The layers that lose most: lowest ratio of signal to the noise that they add themselves."""
        return sorted(self.layers, key=lambda layer: layer.own)[:count]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        return {**asdict(self), "drop": self.drop}


def float_outputs(graph: Graph, data: Calibration) -> list[Array]:
    """The float graph's outputs over all samples."""
    rows = [run_float(graph, batch) for batch in data.batches()]
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def integer_outputs(graph: Graph, data: Calibration) -> list[Array]:
    """The integer network's outputs over all samples, as real values in the graph's layout."""
    rows = [[_real(graph, name, trace.tensors[name]) for name in graph.outputs] for trace in _traces(graph, data)]
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def _traces(graph: Graph, data: Calibration) -> Iterator[Trace]:
    """The integer network on every sample, each from reset state."""
    session = Session(graph)
    for sample in data.singles(graph):
        session.reset()
        yield session.trace([_levels(graph.tensor(n), v) for n, v in zip(graph.inputs, sample, strict=True)])


def _levels(tensor: Tensor, value: Array) -> Array:
    """A sample in a tensor's integers; what is integers already stays."""
    return quantized(tensor, value) if value.dtype.kind == "f" else value


def _real(graph: Graph, name: str, value: Array) -> Array:
    """Integers of a tensor as real values; indices stay as they are."""
    tensor = graph.tensor(name)
    if tensor.quant is None or len(tensor.quant.scale) != 1 or tensor.dtype in (DType.INT32, DType.INT64):
        return value
    return real(tensor, value)


def judge(
    network: Quantized,
    data: Calibration,
    labels: Array | None = None,
    floating: Sequence[Array] | None = None,
    layers: bool = True,
    found: Sequence[Array] | None = None,
) -> Judgement:
    """Compare over evaluation data.

    Args:
        labels: integer class of every sample; the network's first output is taken as its scores.
        floating: the float graph's outputs where they are known already.
        layers: also compare layer by layer, on the first samples.
        found: the integer network's outputs where they are known already.
    """
    expected = float_outputs(network.floating, data) if floating is None else list(floating)
    found = integer_outputs(network.integer, data) if found is None else found
    samples = len(expected[0]) if floating is not None else len(data)
    first, answer = expected[0].reshape(samples, -1), found[0].reshape(samples, -1)
    noise = float(np.mean((first.astype(np.float64) - answer) ** 2))
    top_float, top_integer = first.argmax(axis=1), answer.argmax(axis=1)
    right_float = right_integer = confusion = None
    if labels is not None:
        right_float, right_integer = float(np.mean(top_float == labels)), float(np.mean(top_integer == labels))
        classes = int(max(first.shape[1], labels.max() + 1))
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (labels, top_integer), 1)
        confusion = tuple(tuple(int(value) for value in row) for row in counts)
    return Judgement(
        samples=samples,
        accuracy_float=right_float,
        accuracy_integer=right_integer,
        agreement=float(np.mean(top_float == top_integer)),
        mse=noise,
        sqnr=_decibel(float(np.mean(first.astype(np.float64) ** 2)), noise),
        confusion=confusion,
        layers=layer_errors(network, data) if layers else (),
    )


def layer_errors(network: Quantized, data: Calibration) -> tuple[LayerError, ...]:
    """Every layer of the integer network against the float graph's tensor of the same name, on the first samples."""
    data = data.first(_LAYER_SAMPLES if takes_batches(network.floating) else 1)
    expected: dict[str, Array] = {}
    for batch in data.batches(len(data)):
        run_float(network.floating, batch, expected.__setitem__)
    integer = network.integer
    traces = [trace.tensors for trace in _traces(integer, data)]
    found = {
        tensor.name: np.concatenate([_real(integer, tensor.name, trace[tensor.name]) for trace in traces])
        for tensor in integer.activations()
    }
    names = {node.name for node in network.floating.nodes}
    return tuple(
        _layer_error(network, node, expected, found)
        for node in integer.nodes
        if node.name in names and node.outputs and node.outputs[0] in expected
    )


def _layer_error(network: Quantized, node: Node, expected: dict[str, Array], found: dict[str, Array]) -> LayerError:
    name = node.outputs[0]
    want, got = expected[name].astype(np.float64), found[name].astype(np.float64).reshape(expected[name].shape)
    original = next(other for other in network.floating.nodes if other.name == node.name)
    # The float operator on what the integer network gave it: its output differs by what this layer adds.
    operands = [
        None if source is None else found[source] if source in found else network.floating.tensors[source].data
        for source in _sources(network, node, original)
    ]
    alone = run_node(network.floating, original, operands)[0].astype(np.float64)
    signal, total = float(np.mean(want**2)), float(np.mean((want - got) ** 2))
    added = float(np.mean((alone - got) ** 2))
    low, high = float(min(want.min(), got.min())), float(max(want.max(), got.max()))
    edges = (low, high if high > low else low + 1.0)
    return LayerError(
        name=node.name,
        op=node.op,
        dtype=network.integer.tensor(name).dtype.value,
        sqnr=_decibel(signal, total),
        own=_decibel(float(np.mean(alone**2)), added),
        share=min(1.0, added / total) if total > 0 else 0.0,
        edges=edges,
        float_histogram=tuple(int(c) for c in np.histogram(want, _BINS, edges)[0]),
        integer_histogram=tuple(int(c) for c in np.histogram(got, _BINS, edges)[0]),
    )


def _sources(network: Quantized, node: Node, original: Node) -> list[str | None]:
    """The operands of the float node, activations as the integer node names them (QUANTIZE may stand between); rows
    with scales of their own stand for the tensor that they were made from."""
    integer = network.integer
    rows = {other.outputs[0]: other.inputs[0] for other in integer.nodes if other.op == "QUANTIZE_TOKENS"}
    sources: list[str | None] = []
    for index, name in enumerate(original.inputs):
        constant = name is not None and network.floating.tensors[name].is_constant
        taken = node.inputs[index] if index < len(node.inputs) else None
        taken = rows.get(taken or "", taken)
        sources.append(name if constant or taken is None or taken not in integer.tensors else taken)
    return sources


def _decibel(signal: float, noise: float) -> float:
    if noise <= 0:
        return _LARGEST
    return float(10 * np.log10(max(signal, 1e-30) / noise))
