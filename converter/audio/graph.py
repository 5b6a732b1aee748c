"""The graph of a front end, before a network: over a whole recording, or over a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import InputError
from ..ir import Array, DType, Graph, Node, Quantization, Tensor, Variable, check
from ..ops import OPERATORS
from ..ops.signal.features import GAIN_FRACTION
from ..ops.signal.log2 import LOG2_FRACTION
from ..ops.signal.spectrum import spectrum_exponent
from ..reference import Session
from ..serve import check_integer, check_served
from .settings import FrontEnd
from .tables import dct_matrix, hann, mel_filters

_WEIGHT = 15  # fractional bits of windows and filters
_OFFSET = 24  # of the logarithms, which else would not fit int16
_LN2 = float(np.log(2.0))


@dataclass
class _Builder:
    """Nodes one after the other, all names with one prefix."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    nodes: list[Node] = field(default_factory=list)
    variables: dict[str, Variable] = field(default_factory=dict)

    def tensor(self, name: str, shape: tuple[int, ...], dtype: DType, scale: float = 1.0) -> str:
        self.tensors[name] = Tensor(name, shape, dtype, Quantization((float(np.float32(scale)),), (0,)))
        return name

    def constant(self, name: str, value: Array, scale: float | None = None) -> str:
        quant = None if scale is None else Quantization((float(np.float32(scale)),), (0,))
        self.tensors[name] = Tensor(name, value.shape, DType(value.dtype.name), quant, value)
        return name

    def op(self, name: str, op: str, inputs: tuple[str | None, ...], target: Tensor, **attrs: Any) -> str:
        """A node; the output's shape is the operator's."""
        self.tensors[target.name] = target
        node = Node(f"frontend/{name}", op, inputs, (target.name,), attrs)
        (shape,) = OPERATORS[op].shapes(Graph("", self.tensors, (), (), (), self.variables), node)
        self.tensors[target.name] = replace(target, shape=tuple(int(size) for size in shape))
        self.nodes.append(node)
        return target.name

    def like(self, name: str, of: str) -> Tensor:
        """A tensor of another's type and scale."""
        return replace(self.tensors[of], name=name)

    def keep(self, name: str, value: str) -> None:
        self.nodes.append(Node(f"frontend/{name}", "ASSIGN_VARIABLE", (value,), (), {"variable": name}))

    def last(self, name: str, new: str, count: int, kept: int) -> tuple[str, str]:
        """The variable's ``kept`` rows with the new ones after them, and the last ``count`` rows of these."""
        self.variables[name] = Variable(
            name,
            np.zeros((1, kept, *self.tensors[new].shape[2:]), self.tensors[new].dtype.numpy),
            self.tensors[new].quant,
        )
        old = self.op(f"{name}/read", "READ_VARIABLE", (), self.like(f"{name}_old", new), variable=name)
        joined = self.op(
            f"{name}/join", "CONCATENATION", (old, new), self.like(f"{name}_all", new), axis=1, activation="NONE"
        )
        rows = self.tensors[joined].shape[1]
        rest = (0,) * (len(self.tensors[joined].shape) - 2)
        begin = self.constant(f"{name}_begin", np.array([0, rows - count, *rest], np.int32))
        size = self.constant(f"{name}_size", np.array([-1, count, *(-1 for _ in rest)], np.int32))
        tail = self.op(f"{name}/tail", "SLICE", (joined, begin, size), self.like(f"{name}_tail", new))
        self.keep(name, tail)
        return joined, tail


def with_front_end(network: Graph, settings: FrontEnd | None = None, hops: int = 0, samples: int = 0) -> Graph:
    """A network that listens to int16 samples.

    Args:
        network: an integer graph whose one input is [1, frames, values] or has as many elements, frame by frame.
        hops: 0: the input is a whole recording of as many frames; else it is a stream's next ``hops * stride``
            samples, and the frames before them are state.
        samples: of a whole recording, more than its frames need; 0 for just those.

    Raises:
        InputError: the network's input does not fit. UnsupportedError, ModelError: its scale does not.
    """
    settings = settings or FrontEnd()
    target = _network_input(network, settings)
    frames = target.elements // settings.values
    if not 0 <= hops <= frames:
        raise InputError(f"{hops} hops per inference; a network of {frames} frames takes 1 to {frames}")
    if hops and settings.stride > settings.window:
        raise InputError("a stream with strides beyond the window is not served")
    b = _Builder()
    count = hops * settings.stride if hops else _recording(settings, frames, samples)
    pcm = heard = b.tensor("pcm", (1, count), DType.INT16, 2.0**-15)
    overlap = settings.window - settings.stride
    if hops and overlap:
        heard, _ = b.last("overlap", pcm, overlap, overlap)
    rows = _frames(b, heard, settings)
    level = _level(b, heard, settings) if settings.normalize == "peak" else None
    if hops:
        _, rows = b.last("frames", rows, frames, frames)
        level = None if level is None else b.last("levels", level, frames, frames)[1]
    _features(b, rows, level, settings, target)
    return _joined(network, b, pcm, hops and settings.stride)


def _recording(settings: FrontEnd, frames: int, samples: int) -> int:
    """Samples of a recording of that many frames. Raises InputError where the number that is wanted gives others."""
    least = settings.window + (frames - 1) * settings.stride
    if samples and not least <= samples < least + settings.stride:
        raise InputError(
            f"{samples} samples do not give {frames} frames of {settings.window} every {settings.stride}: "
            f"{least} to {least + settings.stride - 1} do"
        )
    return samples or least


def _network_input(network: Graph, settings: FrontEnd) -> Tensor:
    check_integer(network)
    if len(network.inputs) != 1:
        raise InputError(f"'{network.name}' has {len(network.inputs)} inputs; a front end serves one")
    target = network.tensor(network.inputs[0])
    if target.dtype is not DType.INT8 or target.elements % settings.values:
        raise InputError(
            f"'{network.name}' takes {target.dtype.value} {list(target.shape)}; the front end gives int8 frames of "
            f"{settings.values} values"
        )
    edge = network.edges.get(target.name)
    if edge is not None and edge.permutation is not None:
        raise InputError(f"'{network.name}' takes its frames with dimensions exchanged, which a front end does not")
    return target


def _frames(b: _Builder, pcm: str, settings: FrontEnd) -> str:
    """Samples to int16 [1, frames, values]."""
    filters = np.minimum(np.rint(mel_filters(settings) * 2.0**_WEIGHT), 2**_WEIGHT - 1).astype(np.int16)
    used = np.flatnonzero(filters.any(axis=1))
    if used.size == 0 or not filters.any(axis=0).all():
        raise InputError(
            f"{settings.mel_channels} filters between {settings.lower_hz:g} and {settings.upper_hz:g} Hz are narrower "
            f"than the {settings.sample_rate / settings.fft_length:g} Hz of a bin: take fewer, or a longer fft"
        )
    window = np.minimum(np.rint(hann(settings.window) * 2.0**_WEIGHT), 2**_WEIGHT - 1).astype(np.int16)
    exponent = spectrum_exponent(settings.fft_length)
    spectrum = b.op(
        "spectrum",
        "AUDIO_SPECTRUM",
        (pcm, b.constant("window", window, 2.0**-_WEIGHT)),
        Tensor("spectrum", (), DType.INT32, Quantization((2.0 ** -(exponent + 15),), (0,))),
        stride=settings.stride,
        fft=settings.fft_length,
        bins=int(used[-1]) + 1,
    )
    bands = []
    for channel in filters.T:
        inside = np.flatnonzero(channel)
        bands.append((int(inside[0]), int(inside[-1]) + 1 - int(inside[0])))
    weights = np.concatenate([filters[s : s + n, c] for c, (s, n) in enumerate(bands)])
    floor = max(1, round(settings.floor * 2.0 ** (15 + exponent + _WEIGHT)))
    mel = b.op(
        "log_mel",
        "AUDIO_LOG_MEL",
        (
            spectrum,
            b.constant("mel_weights", weights, 2.0**-_WEIGHT),
            b.constant("mel_bands", np.array(bands, np.int32)),
        ),
        Tensor("log_mel", (), DType.INT16, Quantization((2.0**-LOG2_FRACTION,), (0,))),
        floor=floor,
        offset=_OFFSET << LOG2_FRACTION,
    )
    if settings.kind == "log-mel":
        return mel
    matrix, scale, result = _scaled_dct(settings)
    return b.op(
        "dct",
        "AUDIO_DCT",
        (mel, b.constant("dct_matrix", matrix, scale)),
        Tensor("mfcc", (), DType.INT16, Quantization((result,), (0,))),
    )


def _scaled_dct(settings: FrontEnd) -> tuple[Array, float, float]:
    """The matrix, which also turns log2 into ln, in int16; its scale; and the finest scale of the coefficients that
    holds them for any int16 input."""
    real = dct_matrix(settings) * _LN2
    fraction = 14 - int(np.ceil(np.log2(np.abs(real).max())))
    matrix = np.rint(real * 2.0**fraction).astype(np.int16)
    reach = np.abs(matrix.astype(np.int64)).sum(axis=1).max() * 2.0**-fraction * 2.0 ** (15 - LOG2_FRACTION)
    return matrix, 2.0**-fraction, 2.0 ** (int(np.floor(np.log2(reach))) + 1 - 15)


def _level(b: _Builder, pcm: str, settings: FrontEnd) -> str:
    return b.op(
        "peak",
        "AUDIO_PEAK",
        (pcm,),
        Tensor("level", (), DType.INT16, Quantization((2.0**-LOG2_FRACTION,), (0,))),
        window=settings.window,
        stride=settings.stride,
    )


def _features(b: _Builder, rows: str, level: str | None, settings: FrontEnd, target: Tensor) -> None:
    """Takes from every value what the volume, and the units of the sums of the filters, add to it."""
    source = b.tensors[rows]
    if settings.kind == "mfcc":
        unit = np.round(dct_matrix(settings).sum(axis=1) * _LN2, 12) / source.scale
        factor = 1.0
    else:
        unit = np.full(settings.values, 1.0 / source.scale)
        factor = _LN2
    exponent = spectrum_exponent(settings.fft_length) + _WEIGHT + (15 if level is None else 0)
    gain = np.rint(unit * 2.0 ** (GAIN_FRACTION - LOG2_FRACTION))
    bias = np.rint(unit * (exponent - _OFFSET) * 2.0**GAIN_FRACTION)
    operands = (
        rows,
        b.constant("level_gain", (gain if level is not None else 0 * gain).astype(np.int32)),
        b.constant("level_bias", bias.astype(np.int64)),
    )
    b.op(
        "features",
        "AUDIO_FEATURES",
        operands if level is None else (*operands, level),
        target,
        shape=target.shape,
        factor=factor,
    )


def _joined(network: Graph, b: _Builder, pcm: str, stride: int) -> Graph:
    """The front end before the network; the state starts as after endless silence."""
    mine = {name: f"frontend/{name}" for name in b.tensors if name not in network.inputs}
    states = {name: f"frontend/{name}" for name in b.variables}
    nodes = [_renamed(node, mine, states) for node in b.nodes]
    tensors = {mine.get(name, name): replace(t, name=mine.get(name, name)) for name, t in b.tensors.items()}
    variables = {states[name]: replace(v, name=states[name]) for name, v in b.variables.items()}
    graph = Graph(
        network.name,
        {**network.tensors, **tensors},
        (*nodes, *network.nodes),
        (mine[pcm],),
        network.outputs,
        {**variables, **network.variables},
        {name: edge for name, edge in network.edges.items() if name not in network.inputs},
        network.digest,
        stride,
    )
    graph = check_served(check(graph))
    return replace(graph, variables={**graph.variables, **_silence(graph, states.values())}) if states else graph


def _renamed(node: Node, tensors: Mapping[str, str], states: Mapping[str, str]) -> Node:
    attrs = dict(node.attrs)
    if "variable" in attrs:
        attrs["variable"] = states[attrs["variable"]]
    inputs = tuple(None if name is None else tensors.get(name, name) for name in node.inputs)
    return replace(node, inputs=inputs, outputs=tuple(tensors.get(name, name) for name in node.outputs), attrs=attrs)


def _silence(graph: Graph, names: Any) -> dict[str, Variable]:
    """The front end's variables after as much silence as they hold."""
    session = Session(graph)
    quiet = [np.zeros(graph.tensor(name).shape, np.int16) for name in graph.inputs]
    session.trace(quiet)
    result = {}
    for name in names:
        variable = graph.variables[name]
        state = session.state[name]
        result[name] = replace(variable, initial=np.ascontiguousarray(np.broadcast_to(state[:, -1:], state.shape)))
    return result
