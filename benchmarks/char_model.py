"""A small causal transformer over characters, and its training on the CPU; other benchmarks of language use it, too.

    python -m benchmarks.char_model [--steps N]

It learns from this project's documentation and sources, of which every tenth piece is held back. Weights go to
.cache/benchmarks/language/char.pt, with the text beside them; what was broken off goes on from
its last checkpoint. Seeds are fixed; the bits still depend on the machine and on the text of the day.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from bitwright.nn.attention import CausalSelfAttention
from numpy.typing import NDArray
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / ".cache" / "benchmarks" / "language" / "char.pt"
SOURCES = ("docs/*.md", "docs/howto/*.md", "converter/**/*.py", "codegen/**/*.py")
TEXT = WEIGHTS.with_name("text.npy")
#: What a character is to the model: printable ones and the new line, anything else a question mark.
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))
PIECE, HELD_BACK = 2048, 10
DIM, HEADS, LAYERS, HIDDEN, CONTEXT = 96, 4, 2, 384, 64
TOKENS, BATCH, RATE, STEPS, SEED = 192, 16, 4e-3, 8000, 5


class Block(nn.Module):  # type: ignore[misc]
    """Attention and two dense layers, each behind a normalization and beside a shortcut."""

    def __init__(self, cache_bits: int, past_only: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.attn = CausalSelfAttention(DIM, HEADS, CONTEXT, cache_bits=cache_bits, past_only=past_only)
        self.up, self.act, self.down = nn.Linear(DIM, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, DIM)

    def forward(self, x: Tensor) -> Tensor:
        """[N, tokens, DIM] -> the same."""
        x = x + self.attn(self.norm1(x))
        result: Tensor = x + self.down(self.act(self.up(self.norm2(x))))
        return result


class CharModel(nn.Module):  # type: ignore[misc]
    """Characters [N, tokens] to scores of the next one [N, tokens, characters]."""

    def __init__(self, cache_bits: int = 8, past_only: bool = True) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(CHARACTERS), DIM)
        self.blocks = nn.Sequential(*(Block(cache_bits, past_only) for _ in range(LAYERS)))
        self.norm, self.head = nn.LayerNorm(DIM), nn.Linear(DIM, len(CHARACTERS))

    def forward(self, tokens: Tensor) -> Tensor:
        """Scores before the softmax."""
        result: Tensor = self.head(self.norm(self.blocks(self.embed(tokens))))
        return result


def encoded(text: str) -> NDArray[np.int32]:
    """Characters as numbers."""
    places = {character: place for place, character in enumerate(CHARACTERS)}
    return np.array([places.get(character, places["?"]) for character in text], np.int32)


def corpus() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Text to learn from, and what is held back: every tenth piece of 2048 characters.

    Of a trained model it is the text of that day, which lies beside the weights.
    """
    if TEXT.is_file():
        text = np.load(TEXT)
    else:
        files = sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)})
        text = encoded("\n".join(path.read_text(encoding="utf-8") for path in files))
    pieces = text[: len(text) // PIECE * PIECE].reshape(-1, PIECE)
    held = np.arange(len(pieces)) % HELD_BACK == HELD_BACK - 1
    return pieces[~held].reshape(-1), pieces[held]


def rate(step: int, steps: int) -> float:
    """Of learning: up over 200 steps, then down to a hundredth along half a cosine."""
    return RATE * min(1.0, (step + 1) / 200) * (0.505 + 0.495 * math.cos(math.pi * step / steps))


def train(model: CharModel, text: Tensor, steps: int, checkpoint: Path) -> None:
    """AdamW on random windows of a text, int64; goes on from the checkpoint where there is one."""
    random = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.05)
    begin, mean = 0, 4.0
    if checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
        begin, mean = kept["step"], kept["mean"]
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        random.set_state(kept["random"])
    for step in range(begin, steps):
        if step % 250 == 0:
            print(f"step {step} of {steps}: {mean / math.log(2):.3f} bits a character", flush=True)
            kept = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "random": random.get_state()}
            torch.save({**kept, "step": step, "mean": mean}, checkpoint)
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        starts = torch.randint(len(text) - TOKENS - 1, (BATCH,), generator=random)
        rows = torch.stack([text[start : start + TOKENS + 1] for start in starts])
        loss = nn.functional.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        mean += 0.02 * (float(loss.detach()) - mean)


def learn(steps: int = STEPS) -> None:
    """Trains on the text of the day, which is kept first, and keeps the weights."""
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = WEIGHTS.with_name("checkpoint.pt")
    if not checkpoint.is_file():
        TEXT.unlink(missing_ok=True)
        np.save(TEXT, joined(*corpus()))
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = CharModel().train()
    train(model, torch.from_numpy(corpus()[0].astype(np.int64)), steps, checkpoint)
    torch.save(model.state_dict(), WEIGHTS)
    checkpoint.unlink()


def joined(learned: NDArray[np.int32], held: NDArray[np.int32]) -> NDArray[np.int32]:
    """The text again, from its two parts."""
    count = len(learned) // PIECE + len(held)
    back = np.arange(count) % HELD_BACK == HELD_BACK - 1
    pieces = np.empty((count, PIECE), np.int32)
    pieces[~back], pieces[back] = learned.reshape(-1, PIECE), held
    return pieces.reshape(-1)


def trained(cache_bits: int = 8, past_only: bool = True) -> CharModel:
    """The trained model; learns where that has not been done."""
    if not WEIGHTS.is_file():
        learn()
    model = CharModel(cache_bits, past_only)
    model.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    return model.eval()


def main() -> None:
    """Learns anew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of learning (default: {STEPS})")
    learn(parser.parse_args().steps)
    print(f"{sum(parameter.numel() for parameter in trained().parameters())} parameters in {WEIGHTS}")


if __name__ == "__main__":
    main()
