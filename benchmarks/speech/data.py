"""Recordings of Speech Commands in 12 classes (Warden, 2018; CC BY 4.0), their log-mel frames, and folds of them.

Read from wav files that the project does not ship.
"""

from __future__ import annotations

import csv
import wave
from pathlib import Path

import numpy as np
from bitwright.converter.audio.settings import FrontEnd
from bitwright.converter.audio.tables import hann, mel_filters
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "samples" / "speech_commands_12class_wav"
CACHE = ROOT / ".cache" / "benchmarks" / "speech"
RATE = 16000
CLASSES, SILENCE = 12, 10
FOLDS = 5
#: 49 frames of 30 ms every 20 ms, 40 filters up to 7.6 kHz, of recordings that their highest sample brings to 1.
SETTINGS = FrontEnd(kind="log-mel", upper_hz=7600.0)
#: What brings the frames near zero mean and unit variance.
MEAN, STD = -1.5, 2.9

Float32 = NDArray[np.float32]
Labels = NDArray[np.int64]


def recordings(folder: Path = FOLDER) -> tuple[Float32, Labels]:
    """float32 [n, 16000] in [-1, 1), zeros after the end of short ones, and labels int64 [n]."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    samples = np.zeros((len(rows), RATE), np.float32)
    for place, row in zip(samples, rows, strict=True):
        with wave.open(str(folder / row["file"])) as recording:
            values = np.frombuffer(recording.readframes(RATE), "<i2")
        place[: values.size] = values / 32768.0
    return samples, np.array([int(row["label"]) for row in rows], np.int64)


def fold_of(labels: Labels, seed: int = 5) -> NDArray[np.int64]:
    """The fold [n] that tests each recording: every class is spread evenly over all folds."""
    random = np.random.default_rng(seed)
    folds = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        folds[members] = (np.arange(members.size) + label) % FOLDS
    return folds


def log_mel(samples: Float32) -> Float32:
    """Normalized frames [n, frames, channels] of recordings [n, samples]."""
    peaks = np.maximum(np.abs(samples).max(axis=-1, keepdims=True), 1.0 / 32768)
    frames = np.lib.stride_tricks.sliding_window_view(samples / peaks, SETTINGS.window, axis=-1)
    windowed = frames[:, :: SETTINGS.stride] * hann(SETTINGS.window)
    magnitudes = np.abs(np.fft.rfft(windowed, SETTINGS.fft_length))
    values = np.log(magnitudes @ mel_filters(SETTINGS) + SETTINGS.floor)
    return ((values - MEAN) / STD).astype(np.float32)


def coloured_noise(random: np.random.Generator, count: int) -> Float32:
    """Noise of unit power [count] whose power falls with the frequency to a random exponent in [0, 2]."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    places = np.arange(spectrum.size)
    spectrum *= np.maximum(places, 4) ** (-random.uniform(0, 1))
    noise = np.fft.irfft(spectrum, count)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def augmented(random: np.random.Generator, samples: Float32) -> Float32:
    """A recording [samples] faster or slower by up to a sixth, moved by up to 0.1 s, with noise 5 to 45 dB below it."""
    places = np.arange(RATE)
    speed = random.uniform(0.86, 1.16)
    moved = (places - RATE / 2) * speed + RATE / 2 + random.uniform(-0.1, 0.1) * RATE
    spoken = np.interp(moved, places, samples, left=0.0, right=0.0)
    level = np.sqrt(np.mean(spoken**2) + 1e-8) * 10 ** (-random.uniform(5, 45) / 20)
    return (spoken + level * coloured_noise(random, RATE)).astype(np.float32)
