"""A small run of the spoken words: synthetic tones in the place of words, one short training, integers, the host."""

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


def tones(count: int, seed: int) -> tuple[Any, Any]:
    """Recordings of three chirps that differ in where they begin and end, and their classes."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    time = np.arange(16000) / 16000
    ends = np.array([[300.0, 300.0], [300.0, 2500.0], [2500.0, 300.0]])[labels]
    pitch = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * time / 2
    clean = 0.3 * np.sin(2 * np.pi * pitch * time + random.uniform(0, 6, (count, 1)))
    return (clean + random.normal(0, 0.02, clean.shape)).astype(np.float32), labels


def test_every_recording_is_tested_once_and_classes_are_spread() -> None:
    data = module("speech.data")
    labels = np.arange(120) % data.CLASSES
    folds = data.fold_of(labels)
    assert np.array_equal(np.bincount(folds), np.full(data.FOLDS, 24))
    assert all(np.bincount(folds[labels == label]).min() == 2 for label in range(data.CLASSES))


@background.needs_data
def test_the_recordings_are_read_and_their_frames_normalized() -> None:
    data = module("speech.data")
    samples, labels = data.recordings()
    frames = data.log_mel(samples[:60])
    assert samples.shape == (699, 16000) and np.bincount(labels).min() == 49
    assert frames.shape == (60, 49, 40)
    assert abs(float(frames.mean())) < 0.3 and abs(float(frames.std()) - 1) < 0.3


@pytest.mark.parametrize("name", ["lstm", "gru", "transformer"])
def test_networks_are_small_and_score_all_classes(name: str) -> None:
    network = module("speech.networks").NETWORKS[name]().eval()
    assert sum(weights.numel() for weights in network.parameters()) <= 150_000
    assert network(torch.zeros(2, 49, 40)).shape == (2, 12)


def test_augmentation_keeps_the_recording_and_follows_the_seed() -> None:
    data, train = module("speech.data"), module("speech.train")
    samples, _ = tones(2, seed=1)
    first, again = (data.augmented(np.random.default_rng(4), samples[0]) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.all(np.isfinite(first)) and not np.array_equal(first, samples[0])
    both, alone = train.variants(samples, 2), train.variants(samples[:1], 2)
    assert both.shape == (2, 2, 49, 40) and torch.equal(both[:1], alone)


def test_a_gru_is_trained_and_its_integers_agree_with_float_and_with_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    script, data, train = module("spoken_words"), module("speech.data"), module("speech.train")
    networks = module("speech.networks")
    samples, labels = tones(40, seed=2)
    frames, folds = data.log_mel(samples), np.arange(40) % 2
    monkeypatch.setattr(train, "BATCH", 16)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = networks.Recurrent(torch.nn.GRU, 12)
    plan = train.Plan(steps=150, rate=0.02)
    train.train(network, torch.from_numpy(frames)[:, None], torch.from_numpy(labels), plan)
    monkeypatch.setattr(script, "trained", lambda name, fold: network)
    monkeypatch.setattr(script, "CALIBRATION", 10)
    monkeypatch.setattr(data, "FOLDS", 2)
    floating = script.decided("gru", "float", frames, folds)
    assert np.mean(floating == labels) > 0.9
    assert np.mean(script.decided("gru", "int8", frames, folds) == floating) > 0.95
    graph = script.quantized("gru", 0, "int8", frames, folds)
    row, answers = script.verified(graph, "host", [script.to_integers(graph, [one[None]]) for one in frames[:3]])
    assert row["vectors"] == 3 and row["macs"] > 49 * 36 * 52 and answers.shape == (3, 12)
    stateful = module("stateful")
    monkeypatch.setattr(stateful, "trained", lambda name, fold: network)
    graph = stateful.every_frame("gru", "int8", frames, folds)
    row = stateful.streamed(graph, "host", frames[:3].reshape(-1, 40))
    assert row["vectors"] == 147 and row["ram"]["static"] >= 2 * 12  # the hidden state, int16


def test_the_page_tells_what_was_lost() -> None:
    script = module("spoken_words")
    labels = np.zeros(4, np.int64)
    page = script.page({"gru float": [0, 0, 0, 1], "gru int8": [0, 0, 2, 1]}, labels)
    assert "| gru | 40,908 | float | 3 | 75.00% | | |" in page
    assert "| | | int8, `minmax` | 2 | 50.00% | +25.00 | 75.00% |" in page
