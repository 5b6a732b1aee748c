"""The graph of a front end, before a network: over a whole recording, or over a stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ...errors import InputError
from ..fixedpoint import as_int64
from ..ir import DType, Graph, Tensor, Variable
from ..reference import Session
from ..sensors.builder import Builder, joined, network_input
from .mel import LN2, mel_frames, mel_level, mel_volume
from .micro import micro_frames
from .settings import FrontEnd


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
    b = Builder()
    count = hops * settings.stride if hops else _recording(settings, frames, samples)
    pcm = heard = b.tensor("pcm", (1, count), DType.INT16, 2.0**-15)
    overlap = settings.window - settings.stride
    if hops and overlap:
        heard, _ = b.remember("overlap", pcm, overlap)
    rows, level = _stages(b, heard, settings, bool(hops))
    if hops < frames and hops:
        _, rows = b.remember("frames", rows, frames)
        level = None if level is None else b.remember("levels", level, frames)[1]
    _features(b, rows, level, settings, target)
    return _joined(network, b, pcm, hops and settings.stride)


def _stages(b: Builder, heard: str, settings: FrontEnd, stream: bool) -> tuple[str, str | None]:
    """Frames and, where the volume is taken from them, levels."""
    if settings.kind == "micro":
        return micro_frames(b, heard, settings, stream), None
    rows = mel_frames(b, heard, settings)
    return rows, mel_level(b, heard, settings) if settings.normalize == "peak" else None


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
    target = network_input(network)
    if target.dtype is not DType.INT8 or target.elements % settings.values:
        raise InputError(
            f"'{network.name}' takes {target.dtype.value} {list(target.shape)}; the front end gives int8 frames of "
            f"{settings.values} values"
        )
    edge = network.edges.get(target.name)
    if edge is not None and edge.permutation is not None:
        raise InputError(f"'{network.name}' takes its frames with dimensions exchanged, which a front end does not")
    return target


def _features(b: Builder, rows: str, level: str | None, settings: FrontEnd, target: Tensor) -> None:
    """Frames in the network's own grid."""
    nothing = as_int64(np.zeros(settings.values))
    gain, bias = (nothing, nothing) if settings.kind == "micro" else mel_volume(settings, b.tensors[rows].scale)
    operands = [
        rows,
        b.constant("level_gain", gain.astype(np.int32)),
        b.constant("level_bias", bias.astype(np.int64)),
    ]
    factor = LN2 if settings.kind == "log-mel" else 1.0
    operands += [] if level is None else [level]
    b.last("features", "AUDIO_FEATURES", operands, target, shape=target.shape, factor=factor)


def _joined(network: Graph, b: Builder, pcm: str, stride: int) -> Graph:
    """The front end before the network; the state starts as after endless silence."""
    graph = joined(network, b, pcm, stride)
    return replace(graph, variables={**graph.variables, **_silence(graph, b.variables)})


def _silence(graph: Graph, names: Iterable[str]) -> dict[str, Variable]:
    """Variables after as much silence as they hold: rows are all as the last."""
    session = Session(graph)
    session.trace([np.zeros(graph.tensor(name).shape, np.int16) for name in graph.inputs])
    result = {}
    for name in names:
        state = session.state[name]
        initial = np.ascontiguousarray(np.broadcast_to(state[:, -1:], state.shape))
        result[name] = replace(graph.variables[name], initial=initial)
    return result
