"""Simulated vibration of a motor: windows of a three-axis accelerometer, healthy and with three kinds of faults."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
RATE, SAMPLES, AXES = 1600, 256, 3  # Hz; samples of a window, 160 ms
SCALE = 16 / 32768  # g a step: an accelerometer of +-16 g
FAULTS = ("imbalance", "bearing", "looseness")


def window(rng: np.random.Generator, fault: str | None = None) -> Array:
    """One window, int16 [SAMPLES, AXES]: a shaft's harmonics at a speed that varies, gravity and noise."""
    time = np.arange(SAMPLES) / RATE
    speed = rng.uniform(24, 32)  # revolutions a second
    load = rng.uniform(0.8, 1.2)
    gains = np.array([1.0, 0.7, 0.4])
    signal = np.tile([0.0, 0.0, 1.0], (SAMPLES, 1))
    for harmonic, amplitude in ((1, 0.30), (2, 0.12), (3, 0.05), (7, 0.04)):
        phase = rng.uniform(0, 2 * np.pi, AXES)
        grown = 1.9 if fault == "imbalance" and harmonic == 1 else 1.0
        signal += amplitude * load * grown * gains * np.sin(2 * np.pi * harmonic * speed * time[:, None] + phase)
    if fault == "bearing":  # a short ringing at every passage of a ball over the damaged place
        since = (time * speed * 3.57 + rng.uniform()) % 1 / (speed * 3.57)
        signal += (1.1 * np.exp(-since * 700) * np.sin(2 * np.pi * 610 * since))[:, None] * gains
    if fault == "looseness":  # the foot lifts: what exceeds a limit is cut and thrown back
        signal[:, 2] = np.where(signal[:, 2] < 0.95, 0.95 + 1.5 * (0.95 - signal[:, 2]), signal[:, 2])
    signal += rng.normal(0, 0.03, signal.shape)
    return np.clip(np.rint(signal / SCALE), -32768, 32767).astype(np.int16)


def windows(seed: int, count: int, fault: str | None = None) -> Array:
    """int16 [count, SAMPLES, AXES]."""
    rng = np.random.default_rng(seed)
    return np.stack([window(rng, fault) for _ in range(count)])
