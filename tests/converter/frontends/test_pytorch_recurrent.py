"""nn.RNN, nn.GRU and nn.LSTM: the graph computes what the module computes, in float and, within its error, in int8."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.recipe import find_recipe, quantize
from bitwright.converter.reference import run
from bitwright.converter.simplify import simplify
from bitwright.errors import UnsupportedError
from hypothesis import given
from hypothesis import strategies as st
from torch_peer import expected, few, operators, random, same, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn = torch.nn

KINDS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


class Hidden(nn.Module):  # type: ignore[misc]
    """A layer's outputs and last hidden values."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        outputs, state = self.layer(x)
        return outputs, state[0] if isinstance(state, tuple) else state


@few
@given(
    kind=st.sampled_from(list(KINDS)),
    sizes=st.tuples(st.integers(1, 2), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    layers=st.integers(1, 3),
    flags=st.tuples(*[st.booleans()] * 3),
    unbatched=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_layers(
    kind: str, sizes: tuple[int, ...], layers: int, flags: tuple[bool, ...], unbatched: bool, seed: int
) -> None:
    batch, steps, inputs, cells = sizes
    batch_first, bidirectional, bias = flags
    layer = KINDS[kind](inputs, cells, layers, bias=bias, batch_first=batch_first, bidirectional=bidirectional)
    leading = (steps,) if unbatched else (batch, steps) if batch_first else (steps, batch)
    graph = same(Hidden(shaken(layer, seed)), random(*leading, inputs, seed=seed))
    assert operators(graph).count(kind) == layers * (2 if bidirectional else 1)


def test_nodes_are_named_by_module_layer_and_direction() -> None:
    graph = read_torch(nn.GRU(3, 4, 2, bidirectional=True, batch_first=True), (random(1, 5, 3),))
    names = [node.name for node in graph.nodes if node.op == "GRU"]
    assert [name.split("gru/", 1)[1] for name in names] == [
        "layer0/forward", "layer0/backward", "layer1/forward", "layer1/backward",
    ]  # fmt: skip


class Classifier(nn.Module):  # type: ignore[misc]
    """Two stacked layers and a dense one on the last step."""

    def __init__(self, kind: str, bidirectional: bool = False) -> None:
        super().__init__()
        self.rnn = KINDS[kind](8, 24, 2, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(48 if bidirectional else 24, 5)

    def forward(self, x: Any) -> Any:
        return self.head(self.rnn(x)[0][:, -1])


@pytest.mark.parametrize(("kind", "bidirectional"), [("RNN", False), ("GRU", False), ("LSTM", True)])
def test_int8_against_float(kind: str, bidirectional: bool) -> None:
    """Signal to noise over two stacked layers and 30 steps, as PyTorch initializes them."""
    torch.manual_seed(3)
    module = Classifier(kind, bidirectional).eval()
    graph = simplify(read_torch(module, (random(1, 30, 8),)))
    integer = quantize(graph, calibration(graph, [random(64, 30, 8).numpy()]), find_recipe("minmax")).integer
    fresh = random(12, 30, 8, seed=9)
    (wanted,) = expected(module, fresh)
    got = np.concatenate([run(integer, [x[None]])[0] for x in fresh.numpy()])
    level = 10 * np.log10(np.mean(wanted**2) / np.mean((wanted - got) ** 2))
    assert level > {"RNN": 22, "GRU": 35, "LSTM": 35}[kind], level


class Using(nn.Module):  # type: ignore[misc]
    """A function of a layer and the input."""

    def __init__(self, layer: Any, function: Any) -> None:
        super().__init__()
        self.layer, self.function = layer, function

    def forward(self, x: Any) -> Any:
        return self.function(self.layer, x)


REFUSED: dict[str, tuple[Any, Any, str]] = {
    "initial state": (nn.GRU(4, 3), lambda m, x: m(x, torch.ones(1, 1, 3))[0], "initial state other than zeros"),
    "state of run time": (nn.GRU(4, 3), lambda m, x: m(x, x[:1, :, :3])[0], "initial state other than zeros"),
    "cells": (nn.LSTM(4, 3), lambda m, x: m(x)[1][1], "output 2 is not served"),
    "projection": (nn.LSTM(4, 3, proj_size=2), lambda m, x: m(x)[0], "projection"),
    "cell": (nn.GRUCell(4, 3), lambda m, x: m(x[0]), "whole sequence"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name: str) -> None:
    layer, function, said = REFUSED[name]
    with pytest.raises(UnsupportedError, match=said):
        read_torch(Using(layer, function), (random(5, 1, 4),))
