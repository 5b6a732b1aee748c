"""The character model's benchmark: text comes apart and together, scores are what they are called, forms quantize."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bitwright.converter.reference import Session
from bitwright.converter.stepping import in_steps

torch = pytest.importorskip("torch")
Modules = tuple[Any, Any]


@pytest.fixture
def benchmark() -> Modules:
    """The benchmark and its model."""
    return importlib.import_module("benchmarks.char_lm"), importlib.import_module("benchmarks.char_model")


@pytest.fixture
def small(benchmark: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Modules:
    """An untrained model over its own text, a few short sequences to calibrate with."""
    char_lm, char_model = benchmark
    monkeypatch.setattr(char_model, "WEIGHTS", tmp_path / "char.pt")
    monkeypatch.setattr(char_model, "TEXT", tmp_path / "text.npy")
    text = char_model.encoded("".join(chr(32 + place * place % 90) for place in range(20 * char_model.PIECE)))
    np.save(char_model.TEXT, text)
    torch.manual_seed(0)
    torch.save(char_model.CharModel().state_dict(), char_model.WEIGHTS)
    for module in (char_model, char_lm):
        monkeypatch.setattr(module, "TOKENS", 24)
    monkeypatch.setattr(char_lm, "CALIBRATION", 3)
    return benchmark


def test_text_comes_apart_and_together(small: Modules) -> None:
    _, char_model = small
    learned, held = char_model.corpus()
    assert held.shape == (2, char_model.PIECE) and len(learned) == 18 * char_model.PIECE
    assert np.array_equal(char_model.joined(learned, held), np.load(char_model.TEXT))
    assert char_model.encoded("\n a~é").tolist() == [0, 1, 66, 95, char_model.CHARACTERS.index("?")]


def test_bits_of_scores(benchmark: Modules) -> None:
    char_lm, _ = benchmark
    scores = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))
    bits, right = char_lm.scored(scores + 3, np.array([1, 1]))
    assert bits == pytest.approx((2 - math.log2(0.8)) / 2) and right == 0.5


def test_at_most_300000_parameters(benchmark: Modules) -> None:
    _, char_model = benchmark
    assert sum(parameter.numel() for parameter in char_model.CharModel().parameters()) <= 300_000


def test_a_form_token_by_token(small: Modules) -> None:
    """More tokens than the ring holds: one by one as at once; a quarter of int16's bytes at 4 bits."""
    char_lm, char_model = small
    form = replace(char_lm.FORMS["kv4"], wide=())
    network = char_lm.quantized(form)
    text = char_model.corpus()[1][0, : char_model.CONTEXT + 20]
    (whole,) = Session(in_steps(network, len(text))).trace([text[None]]).outputs
    one = Session(in_steps(network))
    steps = [one.trace([token[None, None]]).outputs[0] for token in text]
    assert np.array_equal(np.concatenate(steps, axis=1), whole)
    assert char_lm.cache(network)["elements"] * 4 == char_model.CONTEXT * 2 * char_model.DIM * 2 * char_model.LAYERS
