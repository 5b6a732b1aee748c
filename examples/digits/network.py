"""A small convolutional network in plain numpy: forward and backward passes of what train.py needs.

conv 3x3 (12) - depthwise 3x3 - conv 1x1 (24) - average pool 2x2 - fully connected (10), ReLU between, NHWC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FILTERS, CHANNELS, CLASSES = 12, 24, 10


def initial_weights(rng: np.random.Generator) -> dict[str, Array]:
    """He initialisation; weights in TFLite's layouts (OHWI, 1HWC, units x depth)."""

    def normal(fan_in: int, *shape: int) -> Array:
        return rng.normal(0.0, np.sqrt(2.0 / fan_in), shape)

    return {
        "conv": normal(9, FILTERS, 3, 3, 1),
        "conv_bias": np.zeros(FILTERS),
        "depthwise": normal(9, 1, 3, 3, FILTERS),
        "depthwise_bias": np.zeros(FILTERS),
        "pointwise": normal(FILTERS, CHANNELS, 1, 1, FILTERS),
        "pointwise_bias": np.zeros(CHANNELS),
        "dense": normal(16 * CHANNELS, CLASSES, 16 * CHANNELS),
        "dense_bias": np.zeros(CLASSES),
    }


def windows(x: Array) -> Array:
    """All 3x3 windows of [N, H, W, C], zero padded: [N, H, W, 3, 3, C]."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)


def scatter(gradient: Array) -> Array:
    """The adjoint of :func:`windows`."""
    count, height, width = gradient.shape[:3]
    padded = np.zeros((count, height + 2, width + 2, gradient.shape[5]))
    for i in range(3):
        for j in range(3):
            padded[:, i : i + height, j : j + width] += gradient[:, :, :, i, j]
    return padded[:, 1:-1, 1:-1]


@dataclass
class Activations:
    """Every layer's output of one forward pass, by name, with what the backward pass needs."""

    values: dict[str, Array] = field(default_factory=dict)


def forward(w: dict[str, Array], x: Array) -> Activations:
    """Images [N, 8, 8, 1] to logits, keeping every activation."""
    a = {"image": x}
    a["image_windows"] = windows(x)
    a["conv"] = np.maximum(np.einsum("nhwijc,oijc->nhwo", a["image_windows"], w["conv"]) + w["conv_bias"], 0)
    a["conv_windows"] = windows(a["conv"])
    a["depthwise"] = np.maximum(
        np.einsum("nhwijc,ijc->nhwc", a["conv_windows"], w["depthwise"][0]) + w["depthwise_bias"], 0
    )
    a["pointwise"] = np.maximum(a["depthwise"] @ w["pointwise"][:, 0, 0].T + w["pointwise_bias"], 0)
    count = x.shape[0]
    a["pool"] = a["pointwise"].reshape(count, 4, 2, 4, 2, CHANNELS).mean(axis=(2, 4))
    a["logits"] = a["pool"].reshape(count, -1) @ w["dense"].T + w["dense_bias"]
    return Activations(a)


def gradients(w: dict[str, Array], activations: Activations, labels: Array) -> dict[str, Array]:
    """Gradients of the mean cross-entropy."""
    a, g = activations.values, {}
    count = labels.size
    scores = np.exp(a["logits"] - a["logits"].max(axis=1, keepdims=True))
    error = scores / scores.sum(axis=1, keepdims=True)
    error[np.arange(count), labels] -= 1
    error /= count
    g["dense"], g["dense_bias"] = error.T @ a["pool"].reshape(count, -1), error.sum(axis=0)
    pool = (error @ w["dense"]).reshape(count, 4, 1, 4, 1, CHANNELS) / 4
    point = np.broadcast_to(pool, (count, 4, 2, 4, 2, CHANNELS)).reshape(count, 8, 8, CHANNELS) * (a["pointwise"] > 0)
    g["pointwise"] = np.einsum("nhwo,nhwc->oc", point, a["depthwise"])[:, None, None, :]
    g["pointwise_bias"] = point.sum(axis=(0, 1, 2))
    depth = (point @ w["pointwise"][:, 0, 0]) * (a["depthwise"] > 0)
    g["depthwise"] = np.einsum("nhwc,nhwijc->ijc", depth, a["conv_windows"])[None]
    g["depthwise_bias"] = depth.sum(axis=(0, 1, 2))
    spread = depth[:, :, :, None, None, :] * w["depthwise"][0]
    first = scatter(spread) * (a["conv"] > 0)
    g["conv"] = np.einsum("nhwo,nhwijc->oijc", first, a["image_windows"])
    g["conv_bias"] = first.sum(axis=(0, 1, 2))
    return g


def adam(w: dict[str, Array], x: Array, labels: Array, epochs: int, rng: np.random.Generator) -> None:
    """Train in place: Adam, batches of 32, the rate falling to zero along a cosine."""
    mean = {name: np.zeros_like(value) for name, value in w.items()}
    square = {name: np.zeros_like(value) for name, value in w.items()}
    batches = labels.size // 32
    for step in range(epochs * batches):
        if step % batches == 0:
            order = rng.permutation(labels.size)
        pick = order[step % batches * 32 :][:32]
        gradient = gradients(w, forward(w, x[pick]), labels[pick])
        rate = 0.003 * 0.5 * (1 + np.cos(np.pi * step / (epochs * batches)))
        for name in w:
            mean[name] = 0.9 * mean[name] + 0.1 * gradient[name]
            square[name] = 0.999 * square[name] + 0.001 * gradient[name] ** 2
            corrected = mean[name] / (1 - 0.9 ** (step + 1)), square[name] / (1 - 0.999 ** (step + 1))
            w[name] -= rate * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
