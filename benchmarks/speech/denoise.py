"""A recurrent speech denoiser: noisy mixtures, short-time spectra, the network that masks them, and its training.

    python -m benchmarks.speech.denoise

Weights go to .cache/benchmarks/speech/denoiser.pt. The signal in frames of 32 ms every 16 ms, square roots of Hann
windows before and after, as many as perfect reconstruction takes; the network sees the logarithm of each frame's
magnitudes and gives each bin's gain in (0, 1); the phase stays. It looks at no later frame.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from . import data
from .data import Float32

WINDOW, HOP = 512, 256
BINS, CELLS = WINDOW // 2 + 1, 96
#: What brings the logarithms near zero mean and unit variance; the floor is below the step of a 16-bit recording.
FLOOR, MEAN, STD = 1e-3, -1.7, 1.75
WEIGHTS = data.CACHE / "denoiser.pt"
STEPS, BATCH, RATE, SEED = 1500, 24, 3e-3, 7
#: Signal to noise of the mixtures that are learned from, in dB, and their levels, in dB of full scale.
LEARNED_SNR, LEVELS = (-7.5, 15.0), (-35.0, -15.0)

_ROOT_HANN = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


def spectra(signals: Float32) -> NDArray[np.complex64]:
    """[n, samples], whole hops -> [n, frames, bins]; half a window of zeros before and after."""
    padded = np.pad(signals, ((0, 0), (HOP, HOP)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=-1)[:, ::HOP]
    return np.fft.rfft(frames * _ROOT_HANN).astype(np.complex64)


def signals(frames: NDArray[np.complex64]) -> Float32:
    """The inverse of :func:`spectra`."""
    parts = (np.fft.irfft(frames, WINDOW) * _ROOT_HANN).astype(np.float32)
    count = parts.shape[1]
    result = np.zeros((len(parts), (count + 1) * HOP), np.float32)
    result[:, : count * HOP] += parts[:, :, :HOP].reshape(len(parts), -1)
    result[:, HOP:] += parts[:, :, HOP:].reshape(len(parts), -1)
    return result[:, HOP:-HOP]


def features(frames: NDArray[np.complex64]) -> Float32:
    """What the network sees of spectra [..., bins]."""
    return ((np.log(np.abs(frames) + FLOOR) - MEAN) / STD).astype(np.float32)


class Denoiser(nn.Module):
    """Features [batch, frames, bins] to gains of the same shape."""

    def __init__(self, cells: int = CELLS) -> None:
        super().__init__()
        self.layer = nn.GRU(BINS, cells, num_layers=2, batch_first=True)
        self.mask = nn.Linear(cells, BINS)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.mask(self.layer(x)[0]))


def si_snr(estimates: Any, clean: Any) -> Any:
    """Scale-invariant signal to noise ratio [n] in dB of arrays or tensors [n, samples] (Le Roux et al., 2019)."""
    estimates = estimates - estimates.mean(-1)[:, None]
    clean = clean - clean.mean(-1)[:, None]
    share = (estimates * clean).sum(-1) / ((clean**2).sum(-1) + 1e-9)
    target = share[:, None] * clean
    ratio = ((target**2).sum(-1) + 1e-9) / (((estimates - target) ** 2).sum(-1) + 1e-9)
    return 10 * (torch.log10(ratio) if isinstance(ratio, Tensor) else np.log10(ratio))


@dataclass(frozen=True, eq=False)
class Sounds:
    """What mixtures are made of: words [n, samples] and recordings of noise [m, samples]."""

    words: Float32
    noises: Float32


def sounds(heard: bool) -> Sounds:
    """Those that the network learns from, or those of the fold that tests it, whole hops of
    each recording, and without those that hold nothing."""
    samples, labels = data.recordings()
    samples = samples[:, : samples.shape[1] // HOP * HOP]
    chosen = (data.fold_of(labels) != 0) == heard
    quiet = labels == data.SILENCE
    loud = np.sqrt(np.mean(samples**2, axis=-1)) > 1e-4
    return Sounds(samples[chosen & ~quiet & loud], samples[chosen & quiet & loud])


def mixture(
    random: np.random.Generator, source: Sounds, words: int, snr: tuple[float, float]
) -> tuple[Float32, Float32]:
    """A mixture [samples] of words one after the other with one kind of noise, and the same without the noise.

    The noise is a third each recorded, coloured, and four other words at once.
    """
    clean = source.words[random.choice(len(source.words), words, replace=False)].reshape(-1)
    kind = random.integers(3)
    if kind == 0:
        one = source.noises[random.integers(len(source.noises))]
        noise = np.concatenate([np.roll(one, random.integers(one.size)) for _ in range(words)])
    elif kind == 1:
        noise = data.coloured_noise(random, clean.size)
    else:
        chosen = source.words[random.choice(len(source.words), (4, words))].reshape(4, -1)
        noise = np.sum([np.roll(one, random.integers(one.size)) for one in chosen], axis=0)
    clean = clean * 10 ** (random.uniform(*LEVELS) / 20) / np.sqrt(np.mean(clean**2))
    ratio = np.sqrt(np.mean(clean**2) / (np.mean(noise**2) + 1e-12)) * 10 ** (-random.uniform(*snr) / 20)
    noisy = clean + ratio * noise
    fit = min(1.0, 0.99 / np.abs(noisy).max())
    return (fit * noisy).astype(np.float32), (fit * clean).astype(np.float32)


def mixtures(source: Sounds, count: int, words: int, snr: tuple[float, float], seed: int) -> tuple[Float32, Float32]:
    """``count`` of them, [count, samples] each; those of one seed are always the same."""
    rows = [mixture(np.random.default_rng((seed, n)), source, words, snr) for n in range(count)]
    return np.stack([noisy for noisy, _ in rows]), np.stack([clean for _, clean in rows])


def _batches(source: Sounds) -> Iterator[tuple[Float32, Float32]]:
    for step in range(STEPS):
        yield mixtures(source, BATCH, 1, LEARNED_SNR, SEED * 1_000_003 + step)


def train(network: Denoiser, batches: Iterator[tuple[Float32, Float32]], steps: int) -> None:
    """AdamW with one cycle of the learning rate on the negative SI-SNR of what is heard in the end."""
    optimizer = torch.optim.AdamW(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    window = torch.from_numpy(_ROOT_HANN)
    network.train()
    for noisy, clean in batches:
        frames = spectra(noisy)
        masked = network(torch.from_numpy(features(frames))) * torch.from_numpy(frames)
        parts = torch.fft.irfft(masked, WINDOW) * window
        halves = parts[:, :-1, HOP:] + parts[:, 1:, :HOP]
        loss = -si_snr(halves.flatten(1), torch.from_numpy(clean)).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 3.0)
        optimizer.step()
        schedule.step()
    network.eval()


def learn() -> None:
    """Train the network and keep its weights."""
    begin = time.perf_counter()
    torch.manual_seed(SEED)
    network = Denoiser()
    train(network, _batches(sounds(heard=True)), STEPS)
    data.CACHE.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), WEIGHTS)
    print(f"denoiser: {time.perf_counter() - begin:.0f} s", flush=True)


def trained() -> Denoiser:
    """The network with its weights, trained first where that has not been done."""
    if not WEIGHTS.is_file():
        learn()
    network = Denoiser()
    network.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.parse_args()
    torch.set_num_threads(1)
    learn()


if __name__ == "__main__":
    main()
