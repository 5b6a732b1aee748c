"""Recurrent networks of ../shared: tflite-runtime's outputs over sequences, and every layer on the emulated cores."""

from __future__ import annotations

import bitwright
import numpy as np
import pytest
from background import DATA, model_path, needs_data
from bitwright.converter.reference import Session
from tools import needs_target

MODELS = [
    "generated/lstm_int8",
    "tflm/trained_lstm_int8",
    "tflm/dtln_noise_suppression",
    "tflm/keyword_scrambled",
    "tflm/keyword_scrambled_8bit",
]


@needs_data
@pytest.mark.parametrize("name", MODELS)
def test_the_runtimes_outputs(name: str) -> None:
    """Fresh for every sample, and one session over all of them, so that the states carry over."""
    golden = np.load(DATA / "golden" / f"{name.replace('/', '__')}.tflite.npz")
    session = Session(bitwright.load(model_path(name)))
    for prefix in ("", "seq_"):
        if f"{prefix}out0" not in golden:
            continue
        session.reset()
        for sample, expected in zip(golden["in0"], golden[f"{prefix}out0"], strict=True):
            if not prefix:
                session.reset()
            (got,) = session.step([sample])
            assert np.array_equal(got.reshape(-1), expected.reshape(-1))


@needs_data
@pytest.mark.parametrize("target", [needs_target(t) for t in ("mps2-an386", "mps3-an547", "qemu-rv32")])
@pytest.mark.parametrize("name", [name for name in MODELS if "dtln" not in name])
def test_every_layer_on_the_cores(name: str, target: str) -> None:
    report = bitwright.verify(model_path(name), target, vectors=3)
    assert report.bit_exact, report.mismatches[:3]
