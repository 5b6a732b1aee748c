"""A vision transformer for 28 x 28 images of under 100,000 parameters, and its training.

    python -m benchmarks.vision_transformer_network [--threads N]

Weights go to .cache/benchmarks/vision_transformer.pt. The seed is fixed; the bits still depend on the machine.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor, nn

from .fashion_mnist import data
from .fashion_mnist.train import accuracy, augmented

WEIGHTS = data.ROOT / ".cache" / "benchmarks" / "vision_transformer.pt"
PATCH, TOKENS, DEPTH, HEADS, HIDDEN, BLOCKS = 7, 16, 56, 7, 144, 3
EPOCHS, BATCH, RATE, DECAY, SEED = 24, 128, 0.004, 0.05, 3


class Block(nn.Module):
    """Attention and a perceptron, each behind a layer norm and beside a residual connection."""

    def __init__(self, depth: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(depth), nn.LayerNorm(depth)
        self.query, self.key, self.value = (nn.Linear(depth, depth) for _ in range(3))
        self.project = nn.Linear(depth, depth)
        self.fc1, self.fc2 = nn.Linear(depth, HIDDEN), nn.Linear(HIDDEN, depth)

    def forward(self, tokens: Tensor) -> Tensor:
        """[batch, tokens, depth], unchanged in shape."""
        normal = self.norm1(tokens)
        query, key, value = (self.split(layer(normal)) for layer in (self.query, self.key, self.value))
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.project(attended.transpose(1, 2).flatten(2))
        return tokens + self.fc2(nn.functional.gelu(self.fc1(self.norm2(tokens))))

    def split(self, tokens: Tensor) -> Tensor:
        """[batch, tokens, depth] as [batch, heads, tokens, depth / heads]."""
        batch, count, depth = tokens.shape
        return tokens.reshape(batch, count, self.heads, depth // self.heads).transpose(1, 2)


class VisionTransformer(nn.Module):
    """Patches as tokens, a learned position each, blocks, a layer norm, the mean of all tokens, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, DEPTH, PATCH, PATCH)
        self.positions = nn.Parameter(torch.randn(1, TOKENS, DEPTH) * 0.02)
        self.blocks = nn.Sequential(*(Block(DEPTH, HEADS) for _ in range(BLOCKS)))
        self.norm, self.head = nn.LayerNorm(DEPTH), nn.Linear(DEPTH, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Scores [batch, 10] of images [batch, 1, 28, 28]."""
        tokens = self.patches(images).flatten(2).transpose(1, 2) + self.positions
        return self.head(self.norm(self.blocks(tokens)).mean(1))


def train(network: nn.Module, images: Tensor, labels: Tensor) -> None:
    """AdamW with one cycle of the learning rate; images are mirrored and shifted by up to two pixels."""
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    random = torch.Generator().manual_seed(SEED)
    criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(EPOCHS):
        begin, total = time.perf_counter(), 0.0
        for batch in torch.randperm(len(images), generator=random)[: steps // EPOCHS * BATCH].split(BATCH):
            loss = criterion(network(augmented(images[batch], random)), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(
            f"epoch {epoch + 1}: loss {total / (steps // EPOCHS):.4f}, {time.perf_counter() - begin:.0f} s", flush=True
        )


def trained() -> VisionTransformer:
    """The network with its weights, in evaluation mode; trained now where that has not been done."""
    network = VisionTransformer()
    if not WEIGHTS.is_file():
        main([])
    network.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return network.eval()


def main(arguments: list[str] | None = None) -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args(arguments).threads)
    torch.manual_seed(SEED)
    split, test = data.load("train"), data.load("test")
    network = VisionTransformer()
    train(network.train(), torch.from_numpy(split.images), torch.from_numpy(split.labels))
    network.eval()
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), WEIGHTS)
    parameters = sum(p.numel() for p in network.parameters())
    score = accuracy(network, torch.from_numpy(test.images), torch.from_numpy(test.labels))
    print(f"{parameters} parameters, {score:.2%} of {len(test)} test images", flush=True)


if __name__ == "__main__":
    main()
