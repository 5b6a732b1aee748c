"""Training of the keyword networks on the CPU, one for each fold.

    python -m benchmarks.speech.train [NETWORK...]

Weights go to .cache/benchmarks/speech/NETWORK-FOLD.pt. Seeds are fixed; the bits still depend on the machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from . import data
from .networks import NETWORKS

BATCH, SEED, VARIANTS = 64, 3, 16


@dataclass(frozen=True)
class Plan:
    """How long and how fast a network learns."""

    steps: int
    rate: float
    decay: float = 0.02


PLANS = {"gru": Plan(2000, 4e-3), "lstm": Plan(2500, 3e-3), "transformer": Plan(2500, 1.5e-3)}


def variants(samples: data.Float32, count: int = VARIANTS, seed: int = SEED) -> Tensor:
    """Frames of augmented recordings [n, count, frames, values]; those of a recording depend on its place alone."""
    rows = []
    for place, one in enumerate(samples):
        random = np.random.default_rng((seed, place))
        rows.append(data.log_mel(np.stack([data.augmented(random, one) for _ in range(count)])))
    return torch.from_numpy(np.stack(rows))


def masked(frames: Tensor, random: torch.Generator) -> Tensor:
    """Up to 8 neighbouring frames and up to 8 channels of a batch at the mean (SpecAugment: Park et al., 2019)."""
    frames = frames.clone()
    for axis, most in ((1, 9), (2, 9)):
        width = int(torch.randint(0, most, (), generator=random))
        start = int(torch.randint(0, frames.shape[axis] - width, (), generator=random))
        frames.narrow(axis, start, width).zero_()
    return frames


def train(network: nn.Module, frames: Tensor, labels: Tensor, plan: Plan, seed: int = SEED) -> None:
    """AdamW with one cycle of the learning rate on variants [n, variants, frames, values], two of which are mixed in
    each sample (mixup: Zhang et al., 2018)."""
    optimizer = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=plan.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.rate, total_steps=plan.steps, pct_start=0.2)
    random = torch.Generator().manual_seed(seed)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    network.train()
    for _ in range(plan.steps):
        chosen = torch.randint(0, len(frames), (BATCH,), generator=random)
        versions = torch.randint(0, frames.shape[1], (BATCH,), generator=random)
        batch, answers = masked(frames[chosen, versions], random), labels[chosen]
        share = 0.3 * float(torch.rand((), generator=random))
        mixed = (1 - share) * batch + share * batch.flip(0)
        scores = network(mixed)
        loss = (1 - share) * criterion(scores, answers) + share * criterion(scores, answers.flip(0))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    network.eval()


@torch.no_grad()
def answers(network: nn.Module, frames: data.Float32) -> data.Labels:
    """The class of each recording."""
    return np.asarray(network(torch.from_numpy(frames)).argmax(1).numpy())


def weights_of(name: str, fold: int) -> Path:
    """Where a fold's weights are kept."""
    return data.CACHE / f"{name}-{fold}.pt"


def trained(name: str, fold: int) -> nn.Module:
    """A network with its weights, in evaluation mode. Raises SystemExit when it has not been trained yet."""
    path = weights_of(name, fold)
    if not path.is_file():
        raise SystemExit(f"{path} is missing: run 'python -m benchmarks.speech.train' first")
    network = NETWORKS[name]()
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def learn(names: Iterable[str], folds: Iterable[int], again: bool = True) -> None:
    """Train networks, one for each fold; those that are there are kept unless ``again``."""
    wanted = [(name, fold) for name in names for fold in folds]
    wanted = [pair for pair in wanted if again or not weights_of(*pair).is_file()]
    if not wanted:
        return
    samples, labels = data.recordings()
    places, frames, learned = data.fold_of(labels), data.log_mel(samples), variants(samples)
    data.CACHE.mkdir(parents=True, exist_ok=True)
    for name, fold in wanted:
        begin = time.perf_counter()
        torch.manual_seed(SEED + fold)
        network = NETWORKS[name]()
        known = places != fold
        train(network, learned[known], torch.from_numpy(labels[known]), PLANS[name])
        torch.save(network.state_dict(), weights_of(name, fold))
        right = int(np.sum(answers(network, frames[~known]) == labels[~known]))
        spent = time.perf_counter() - begin
        print(f"{name}, fold {fold}: {right} of {int(np.sum(~known))}, {spent:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"default: {' '.join(NETWORKS)}")
    parser.add_argument("--folds", nargs="*", type=int, default=list(range(data.FOLDS)))
    options = parser.parse_args()
    torch.set_num_threads(1)
    learn(options.networks or NETWORKS, options.folds)


if __name__ == "__main__":
    main()
