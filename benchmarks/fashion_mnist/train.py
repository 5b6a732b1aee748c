"""Train the four networks on the CPU.

    python -m benchmarks.fashion_mnist.train [NETWORK...]

Weights go to .cache/benchmarks/fashion_mnist/NETWORK.pt. Seeds are fixed; the bits still depend on the machine.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor, nn

from . import data
from .networks import NETWORKS, RESCALED, rescale

EPOCHS = {"lenet": 10, "resnet8": 5, "mobilenetv2": 6, "mobilenetv1_unequal": 6}
BATCH, RATE, DECAY, SEED = 128, 0.01, 0.05, 3


def train(network: nn.Module, images: Tensor, labels: Tensor, epochs: int, seed: int = SEED) -> None:
    """AdamW with one cycle of the learning rate; images are mirrored and shifted by up to two pixels."""
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = epochs * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    random = torch.Generator().manual_seed(seed)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    network.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    network.train()
    for _ in range(epochs):
        order = torch.randperm(len(images), generator=random)
        for batch in order.split(BATCH):
            if len(batch) < BATCH:
                continue
            loss = criterion(network(augmented(images[batch], random)), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()


def augmented(images: Tensor, random: torch.Generator) -> Tensor:
    """Each image mirrored with probability 1/2; the batch shifted by the same few pixels, background filling in."""
    mirror = torch.rand(len(images), 1, 1, 1, generator=random) < 0.5
    images = torch.where(mirror, images.flip(3), images)
    down, right = (int(n) for n in torch.randint(0, 5, (2,), generator=random))
    height, width = images.shape[2:]
    padded = nn.functional.pad(images, (2, 2, 2, 2), value=-data.MEAN / data.STD)
    return padded[:, :, down : down + height, right : right + width]


@torch.no_grad()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of right answers."""
    answers = torch.cat([network(batch).argmax(1) for batch in images.split(500)])
    return float((answers == labels).float().mean())


def trained(name: str) -> nn.Module:
    """A network with its weights, in evaluation mode. Raises SystemExit when it has not been trained yet."""
    path = data.CACHE / f"{name}.pt"
    if not path.is_file():
        raise SystemExit(f"{path} is missing: run 'python -m benchmarks.fashion_mnist.train' first")
    network = NETWORKS[name]()
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.to(memory_format=torch.contiguous_format).eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"default: {' '.join(NETWORKS)}")
    parser.add_argument("--threads", type=int, default=2, help="one is faster where the cores are shared")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    split, test = data.load("train"), data.load("test")
    images, labels = torch.from_numpy(split.images), torch.from_numpy(split.labels)
    data.CACHE.mkdir(parents=True, exist_ok=True)
    for name in options.networks or NETWORKS:
        begin = time.perf_counter()
        torch.manual_seed(SEED)
        network = NETWORKS[name]()
        train(network, images, labels, EPOCHS[name])
        if name in RESCALED:
            rescale(network, RESCALED[name], SEED)
        torch.save(network.to(memory_format=torch.contiguous_format).state_dict(), data.CACHE / f"{name}.pt")
        score = accuracy(network, torch.from_numpy(test.images), torch.from_numpy(test.labels))
        print(f"{name}: {score:.2%} of {len(test)} test images, {time.perf_counter() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    main()
