"""Layers in float one by one, for float_layers.py: instructions on a Cortex-M55, and what float16 differs by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import bitwright
import numpy as np
import torch
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.judge import integer_outputs
from pages import table

TARGET = "mps3-an547"
FORMS = ("int8", "f32", "f16")


class _First(torch.nn.Module):
    """The sequence that a recurrent layer writes."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.layer(x)[0]
        return result


class _Attention(torch.nn.Module):
    """Two heads of 32 over 32 tokens."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (x[:, :, at : at + 64].reshape(1, 32, 2, 32).transpose(1, 2) for at in (0, 64, 128))
        return torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class _Product(torch.nn.Module):
    def __init__(self, transposed: bool) -> None:
        super().__init__()
        self.transposed = transposed

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        right = x[:, :, 48:]
        return x[:, :, :48] @ (right.transpose(1, 2) if self.transposed else right)


#: What is measured: a module and the shape of its input.
LAYERS: Mapping[str, tuple[torch.nn.Module, tuple[int, ...]]] = {
    "dense, 8 rows, 128 to 64": (torch.nn.Linear(128, 64), (1, 8, 128)),
    "dense, 512 to 16": (torch.nn.Linear(512, 16), (1, 512)),
    "GRU, 20 steps, 16 to 48": (_First(torch.nn.GRU(16, 48, batch_first=True)), (1, 20, 16)),
    "LSTM, the same": (_First(torch.nn.LSTM(16, 48, batch_first=True)), (1, 20, 16)),
    "RNN, the same": (_First(torch.nn.RNN(16, 48, batch_first=True)), (1, 20, 16)),
    "attention, 2 heads of 32, 32 tokens": (_Attention(), (1, 32, 192)),
    "product of 48x48, second transposed": (_Product(True), (1, 48, 96)),
    "product of 48x48": (_Product(False), (1, 48, 96)),
    "convolution 3x3, 16 to 32, 12x12": (torch.nn.Conv2d(16, 32, 3, padding=1), (1, 16, 12, 12)),
    "convolution 1x1, 32 to 64, 12x12": (torch.nn.Conv2d(32, 64, 1), (1, 32, 12, 12)),
    "depthwise 3x3 of 32, 12x12": (torch.nn.Conv2d(32, 32, 3, padding=1, groups=32), (1, 32, 12, 12)),
}


@dataclass(frozen=True)
class Kind:
    """A layer: instructions of each form; what float16 differs from float32 by, relative to the largest output."""

    name: str
    macs: int
    instructions: tuple[int, ...]
    sqnr: float
    largest: float
    mean: float


def measure_kinds() -> Iterator[Kind]:
    """Every layer in every form, compared with the reference, and over 24 samples with itself in float32."""
    generator = np.random.default_rng(0)
    for name, (module, shape) in LAYERS.items():
        torch.manual_seed(0)
        for weights in module.parameters():
            torch.nn.init.normal_(weights, std=weights[0].numel() ** -0.5 if weights.ndim > 1 else 0.1)
        graph = bitwright.load(module.eval(), (torch.zeros(shape),))
        data = generator.normal(size=(24, *shape[1:])).astype(np.float32)
        counts, outputs, macs = [], {}, 0
        for form in FORMS:
            switched = {} if form == "int8" else {form: ["*"]}
            network = bitwright.quantize(graph, data, recipe="minmax", **switched).graph
            outputs[form] = integer_outputs(network, calibration(graph, [data]))[0].astype(np.float64)
            report = bitwright.verify(network, TARGET, vectors=2)
            assert report.bit_exact, report.mismatches[:3]
            layer = max(report.layers, key=lambda cost: cost.macs)
            assert layer.instructions is not None
            counts.append(layer.instructions)
            macs = layer.macs
        difference, size = np.abs(outputs["f16"] - outputs["f32"]), np.abs(outputs["f32"]).max()
        sqnr = 10 * np.log10(np.mean(outputs["f32"] ** 2) / np.mean(difference**2))
        print(f"{name:40} {counts}", flush=True)
        yield Kind(name, macs, tuple(counts), sqnr, difference.max() / size, difference.mean() / size)


def kinds_section(found: list[Kind]) -> list[str]:
    """The part of the page."""
    rows = [
        (
            kind.name,
            f"{kind.macs:,}",
            *(f"{count:,}" for count in kind.instructions),
            f"{kind.instructions[2] / kind.macs:.2f}",
            f"{kind.instructions[1] / kind.instructions[2]:.1f}",
            f"{kind.sqnr:.1f}",
            f"{kind.largest:.1e}",
            f"{kind.mean:.1e}",
        )
        for kind in found
    ]
    headings = ("layer", "MACs", *FORMS, "f16 per MAC", "f32 / f16", "SQNR, dB", "largest", "mean")
    return [
        "## Layer by layer on a Cortex-M55",
        "",
        f"Instructions of the layer alone on {TARGET}, random weights and inputs of unit variance, bit-exact over 2",
        "vectors. float16 sums eight lanes at a time in half precision; the last columns are what that differs by from",
        "float32 with the same int8 weights, over 24 samples: noise, and the largest and the mean deviation as parts",
        "of the largest output.",
        "",
        *table(headings, rows),
    ]
