"""Samples that front ends must stand, and the proof that reference and generated C agree on operators without a .tflite
form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from bitwright.converter.serve import check_served
from cbuild import build, call
from hypothesis import settings
from numpy.typing import NDArray
from single import few, same

Array = NDArray[Any]

#: Every example compiles C.
fewer = settings(parent=few, max_examples=8)


def proven(graph: Graph, inputs: Sequence[Sequence[Array]]) -> None:
    """Reference == C on the host, after a journey through a file."""
    loaded = check_served(read_native(write_native(graph), "model"))
    session = Session(loaded)
    expected = [session.trace(values).outputs for values in inputs]
    model = model_sources(loaded, ["generic"], "model")
    library = build(model)
    same(expected, [call(model, library, values) for values in inputs], "C")


def signals(samples: int, seed: int) -> list[list[Array]]:
    """Silence, an impulse at every kind of place, full-scale square waves, extremes, and noise of all volumes."""
    rng = np.random.default_rng(seed)
    silence = np.zeros(samples, np.int16)
    impulse, square = silence.copy(), silence.copy()
    impulse[rng.integers(samples)] = rng.choice([-32768, 32767])
    square[:] = np.where(np.arange(samples) // rng.integers(1, 64) % 2, 32767, -32768)
    noise = [(rng.normal(0, 10.0**power, samples)).clip(-32768, 32767).astype(np.int16) for power in (0, 2, 4)]
    lowest, highest = np.full(samples, -32768, np.int16), np.full(samples, 32767, np.int16)
    return [[x.reshape(1, -1)] for x in (silence, impulse, square, lowest, highest, *noise)]
