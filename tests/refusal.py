"""What a bad file must lead to, and what an odd but meaningful one."""

from __future__ import annotations

import time

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.reference import run
from bitwright.errors import BitwrightError


def refused(data: bytes, error: type[BitwrightError], message: str, seconds: float = 5.0) -> str:
    """The message of the error that loading or generating a file raises, within seconds."""
    started = time.monotonic()
    with pytest.raises(error, match=message) as caught:
        model_sources(from_bytes(data, "model"), ["generic"])
    assert time.monotonic() - started < seconds
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600
    return str(caught.value)


def served(data: bytes) -> Graph:
    """The graph of a file that is odd but means something; it runs and generates."""
    graph = from_bytes(data, "model")
    run(graph, [np.zeros(graph.tensor(name).shape, graph.tensor(name).dtype.numpy) for name in graph.inputs])
    model_sources(graph, ["generic"])
    return graph
