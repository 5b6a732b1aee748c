"""A small run of the denoiser: spectra and back, mixtures, a short training, integers, the stream on the host."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import background
import numpy as np
import pytest

torch = pytest.importorskip("torch")


def module(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.{name}")


def hums(seed: int) -> Any:
    """Sounds that a small network tells apart: words are low tones that come and go, noises are high ones."""
    random = np.random.default_rng(seed)
    time = np.arange(31 * 256) / 16000
    pitch, slow = random.uniform(200, 600, (12, 1)), random.uniform(1, 3, (12, 1))
    words = 0.3 * np.sin(2 * np.pi * pitch * time) * np.maximum(0, np.sin(2 * np.pi * slow * time))
    noises = 0.1 * np.sin(2 * np.pi * random.uniform(3000, 6000, (4, 1)) * time)
    return module("speech.denoise").Sounds(words.astype(np.float32), noises.astype(np.float32))


def test_spectra_are_undone() -> None:
    denoise = module("speech.denoise")
    signals = np.random.default_rng(1).normal(0, 0.1, (2, 10 * denoise.HOP)).astype(np.float32)
    frames = denoise.spectra(signals)
    assert frames.shape == (2, 11, denoise.BINS)
    assert np.allclose(denoise.signals(frames), signals, atol=1e-6)


def test_the_ratio_does_not_know_volume() -> None:
    denoise = module("speech.denoise")
    random = np.random.default_rng(2)
    clean, noise = random.normal(0, 1, (2, 3, 50_000))
    found = denoise.si_snr(0.2 * (clean + 0.1 * noise), clean)
    assert found.shape == (3,) and np.allclose(found, 20, atol=0.2)
    assert np.allclose(denoise.si_snr(torch.from_numpy(clean + noise), torch.from_numpy(clean)), 0, atol=0.2)


def test_mixtures_have_the_ratio_and_follow_the_seed() -> None:
    denoise = module("speech.denoise")
    noisy, clean = denoise.mixtures(hums(3), 4, 2, (5.0, 5.0), seed=1)
    assert noisy.shape == clean.shape == (4, 2 * 31 * 256) and np.abs(noisy).max() < 1
    assert np.allclose(10 * np.log10((clean**2).mean(-1) / ((noisy - clean) ** 2).mean(-1)), 5, atol=0.01)
    assert np.array_equal(denoise.mixtures(hums(3), 2, 2, (5.0, 5.0), seed=1)[0], noisy[:2])


@background.needs_data
def test_no_sound_is_both_learned_and_tested() -> None:
    denoise = module("speech.denoise")
    learned, tested = denoise.sounds(heard=True), denoise.sounds(heard=False)
    for first, second in ((learned.words, tested.words), (learned.noises, tested.noises)):
        assert len(second) > 10 and not {one.tobytes() for one in first} & {one.tobytes() for one in second}


def test_a_small_denoiser_loses_little_in_integers_and_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    script, denoise = module("denoiser"), module("speech.denoise")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = denoise.Denoiser(cells=8)
    source = hums(4)
    monkeypatch.setattr(denoise, "RATE", 0.02)
    batches = (denoise.mixtures(source, 4, 1, (0.0, 5.0), seed) for seed in range(40))
    denoise.train(network, batches, 40)
    monkeypatch.setattr(denoise, "trained", lambda: network)
    monkeypatch.setattr(denoise, "sounds", lambda heard: source)
    monkeypatch.setattr(script, "CALIBRATION", 4)
    monkeypatch.setattr(script, "WORDS", 1)
    noisy, clean = denoise.mixtures(source, 4, 1, (3.0, 3.0), seed=99)
    frames = denoise.spectra(noisy)
    found = {
        form: denoise.si_snr(denoise.signals(script.masks(form, denoise.features(frames)) * frames), clean).mean()
        for form in ("float", *script.FORMS)
    }
    assert found["float"] > denoise.si_snr(noisy, clean).mean() + 3
    assert abs(found["mixed"] - found["float"]) < 0.1 and abs(found["int16"] - found["float"]) < 0.1
    row = script.stream("mixed", "host", noisy, frames=12)
    assert row["vectors"] == 12 and row["weights"] == 3 * 8 * (257 + 8 + 16) + 257 * 8


@background.needs_data
def test_the_page_tells_ratios_and_memory() -> None:
    script = module("denoiser")
    ram = {"arena": 100, "static": 20, "stack": 30}
    row = {"vectors": 2, "instructions": 7, "macs": 3, "ram": ram, "flash": {"constants": 480, "code": 9}}
    row |= {"weights": 400, "compiler": "cc"}
    results = {"noisy": [1.0] * 3, "float": [5.0] * 3, "int16": [4.5] * 3, "int16 mps2-an386": row}
    page = script.page(results)
    assert "| float | 5.000 | +4.000 | +0.000 |  | 5.000 | 5.000 | 5.000 |" in page
    assert "| int16 activations, int8 weights | 4.500 | +3.500 | -0.500 |" in page
    assert "| all 16 bits (computed) | 800 | 880 | 100 | 20 | 1,000 | 1.00 x less |" in page
    assert "| 400 | 480 | 100 | 20 | 600 | 1.67 x less |" in page
