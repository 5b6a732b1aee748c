"""AUDIO_PEAK: the logarithm of the highest sample of every frame, for features that do not depend on the volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...fixedpoint import as_int64
from ...ir import Array, DType, Graph, Node
from ..operator import Inputs, Operator, require
from .frames import MOST_WINDOW, Frames, frames_of, whole
from .log2 import log2_fixed


@dataclass(frozen=True, eq=False)
class Peak:
    """int16 [1, samples] -> int16 [1, frames, 1]."""

    frames: Frames


def _shapes(graph: Graph, node: Node) -> list[tuple[int, ...]]:
    return [(1, frames_of(graph, node, whole(node, "window", 1, MOST_WINDOW)).count, 1)]


def _prepare(graph: Graph, node: Node) -> Peak:
    require(graph.output(node).dtype is DType.INT16, node, "levels of another type than int16")
    return Peak(frames_of(graph, node, whole(node, "window", 1, MOST_WINDOW)))


def _reference(params: Peak, inputs: Inputs) -> list[Array]:
    samples = inputs[0]
    assert samples is not None
    highest = np.maximum(params.frames.of(samples).max(axis=1), 1)
    return [log2_fixed(as_int64(highest)).astype(np.int16)[None, :, None]]


AUDIO_PEAK = Operator("AUDIO_PEAK", "int16", "log2 of the highest sample", _shapes, _prepare, _reference)
