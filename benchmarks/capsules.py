"""A capsule network on Fashion-MNIST in both arithmetics: accuracy, flash, instructions, and proof on emulated cores.

    python -m benchmarks.capsules [--images N] [--vectors N]

Trains the network where .cache/benchmarks/capsules/network.pt is missing (some minutes on one core, fixed seed), and
writes docs/benchmarks/capsules.md. Fashion-MNIST is read as benchmarks/fashion_mnist/data.py says.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import torch
from bitwright import console
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.judge import judge
from bitwright.converter.quantize.recipe import Quantized, find_recipe, quantize
from bitwright.nn.capsule import CapsuleLayer, Length, PrimaryCapsules, margin_loss
from bitwright.targets.verify import Report
from numpy.typing import NDArray
from torch import Tensor, nn

from . import capsules_float
from .fashion_mnist import data
from .pages import deliver, table

CACHE = data.ROOT / ".cache" / "benchmarks" / "capsules"
PAGE = data.ROOT / "docs" / "benchmarks" / "capsules.md"
TARGETS = ("mps2-an386", "mps2-an500", "qemu-rv32")
EPOCHS, BATCH, RATE, SEED = 8, 100, 4e-3, 1


def network() -> nn.Sequential:
    """215,968 parameters: 16 kinds of 8-D capsules on a grid of 4x4, routed three times to ten 8-D capsules."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 7, stride=2),
        nn.ReLU(),
        PrimaryCapsules(16, 16, 8, kernel_size=5, stride=2),
        CapsuleLayer(4 * 4 * 16, 8, 10, 8, iterations=3),
        Length(),
    )


def pixels(split: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Images in [0, 1], [samples, 1, 28, 28], and their classes."""
    loaded = data.load(split)
    return np.clip(loaded.images * data.STD + data.MEAN, 0, 1).astype(np.float32), loaded.labels


def train() -> nn.Sequential:
    """Adam with one cycle of the learning rate."""
    torch.manual_seed(SEED)
    images, labels = (torch.from_numpy(array) for array in pixels("train"))
    net, random = network(), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters(), RATE)
    steps = EPOCHS * (len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        begin, total = time.perf_counter(), 0.0
        for batch in torch.randperm(len(images), generator=random).split(BATCH):
            loss = margin_loss(net(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch}: loss {total / len(images):.4f}, {time.perf_counter() - begin:.0f} s", flush=True)
    return net.eval()


def trained() -> nn.Sequential:
    """The network, trained now or before."""
    path = CACHE / "network.pt"
    if not path.exists():
        torch.set_num_threads(1)
        net = train()
        CACHE.mkdir(parents=True, exist_ok=True)
        torch.save(net.state_dict(), path)
    net = network()
    net.load_state_dict(torch.load(path, weights_only=True))
    return net.eval()


@torch.no_grad()
def answers(net: nn.Module, images: NDArray[np.float32]) -> NDArray[np.int64]:
    """The float network's classes."""
    parts: list[Tensor] = [net(part).argmax(1) for part in torch.from_numpy(images).split(500)]
    return np.asarray(torch.cat(parts).numpy())


def papers() -> nn.Sequential:
    """The layer shapes of the paper's network for MNIST, as its published code states them; random weights."""
    torch.manual_seed(SEED)
    return nn.Sequential(
        nn.Conv2d(1, 16, 7),
        nn.ReLU(),
        PrimaryCapsules(16, 16, 4, kernel_size=7, stride=2),
        CapsuleLayer(8 * 8 * 16, 4, 10, 6, iterations=3),
        Length(),
    ).eval()


def turned(images: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """Each image turned by up to 15 degrees, scaled by up to a tenth and shifted by up to two pixels."""
    random = np.random.default_rng(seed)
    angle = np.radians(random.uniform(-15, 15, len(images)))
    scale = random.uniform(0.9, 1.1, (2, len(images)))
    shift = random.uniform(-2, 2, (2, len(images))) / 14
    rows = np.stack([np.cos(angle) * scale[0], -np.sin(angle) * scale[1], shift[0]], axis=1)
    columns = np.stack([np.sin(angle) * scale[0], np.cos(angle) * scale[1], shift[1]], axis=1)
    theta = torch.from_numpy(np.stack([rows, columns], axis=1).astype(np.float32))
    grid = nn.functional.affine_grid(theta, list(images.shape), align_corners=False)
    return nn.functional.grid_sample(torch.from_numpy(images), grid, align_corners=False).numpy()


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """A way to quantize, and the integers that it gives."""

    label: str
    network: Quantized


def quantized(graph: Any, images: NDArray[np.float32], folder: Path) -> list[Arithmetic]:
    """The network in both arithmetics; paper_q7 also with the addends of its logits in one format."""
    aligned = folder / "aligned.toml"
    recipe = data.ROOT / "converter" / "quantize" / "recipes" / "paper-q7.toml"
    aligned.write_text(recipe.read_text() + 'logits = "aligned"\n')
    rows = [
        ("affine_s8, recipe minmax", "minmax"),
        ("affine_s8, recipe mse", "mse"),
        ("paper_q7", "paper-q7"),
        ("paper_q7, logits aligned", str(aligned)),
    ]
    samples = calibration(graph, [images])
    return [Arithmetic(label, quantize(graph, samples, find_recipe(name))) for label, name in rows]


def right(network: Quantized, images: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Share of right answers of the integers."""
    found = judge(network, calibration(network.floating, [images]), labels, layers=False)
    assert found.accuracy_integer is not None
    return found.accuracy_integer


def accuracies(net: nn.Module, arithmetics: list[Arithmetic], images: NDArray[np.float32], labels: Any) -> list[str]:
    """The table of accuracy."""
    moved = turned(images)
    plain, hard = (float(np.mean(answers(net, x) == labels)) for x in (images, moved))
    rows = [["float32", f"{plain:.2%}", "", f"{hard:.2%}", ""]]
    for one in arithmetics:
        found, under = right(one.network, images, labels), right(one.network, moved, labels)
        drops = f"{100 * (plain - found):.2f}", f"{100 * (hard - under):.2f}"
        print(one.label, found, under, flush=True)
        rows.append([one.label, f"{found:.2%}", drops[0], f"{under:.2%}", drops[1]])
    return table(["arithmetic", "accuracy", "drop, points", "turned and shifted", "drop, points"], rows)


def run(graph: Any, target: str, inputs: Any, kernel: str | None = None) -> Report:
    """Every layer of every vector compared on the target."""
    choices = {node.name: kernel for node in graph.nodes if node.op == "CAPSULE_ROUTING" and kernel is not None}
    report = bitwright.verify(graph, target, inputs, choices=choices)
    if not report.bit_exact:
        raise SystemExit(f"{graph.name} on {target}: {report.mismatches[:3]}")
    print(target, kernel, report.instructions, flush=True)
    return report


def integers(graph: Any, images: NDArray[np.float32]) -> list[list[NDArray[Any]]]:
    """Images as the integer network's inputs."""
    tensor = graph.tensor(graph.inputs[0])
    levels = np.clip(np.rint(images / tensor.scale) + tensor.zero_point, -128, 127).astype(np.int8)
    return [[level.reshape(tensor.shape)] for level in levels]


#: Arithmetic, target and kernel -> what was found there.
Reports = dict[tuple[str, str, str], Report]


def everywhere(arithmetics: list[Arithmetic], images: NDArray[np.float32]) -> Reports:
    """Both arithmetics with both kernels on all targets, bit-exact."""
    return {
        (one.label.split(",")[0], target, kernel): run(
            one.network.integer, target, integers(one.network.integer, images), kernel
        )
        for one in (arithmetics[0], arithmetics[2])
        for target in TARGETS
        for kernel in ("recomputed", "kept")
    }


def costs(reports: Reports) -> list[str]:
    """The table of what the networks take."""
    rows = []
    for place, report in reports.items():
        values = [report.instructions, report.flash["constants"], report.flash["code"]]
        values += [report.ram["arena"], report.ram["stack"]]
        rows.append([*place, *map(console.number, values)])
    headings = ["arithmetic", "target", "kernel", "instructions", "constants", "code", "arena", "stack"]
    return table(headings, rows, left=3)


def flashes(net: nn.Sequential, images: NDArray[np.float32], reports: Reports) -> list[str]:
    """The table of whole firmwares beside the same network in float C, whose answers are judged on the host first."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        found = capsules_float.answers(net, images, Path(folder))
        with torch.no_grad():
            assert np.allclose(found, net(torch.from_numpy(images)).numpy(), atol=1e-5)
        for build, (target, *_) in capsules_float.BUILDS.items():
            floating = capsules_float.flash(net, build, Path(folder))
            cells = [build, console.number(floating)]
            for arithmetic in ("affine_s8", "paper_q7"):
                whole = reports[arithmetic, target, "recomputed"].flash["total"]
                cells += [console.number(whole), f"{whole / floating:.4f}"]
            rows.append(cells)
    headings = ["core, unit for float", "float C", "affine_s8", "/ float", "paper_q7", "/ float"]
    return table(headings, rows)


def layers(reports: Reports) -> list[str]:
    """Instructions of the primary capsules (convolution and squash) and of the capsule layer."""
    rows = []
    for place, report in reports.items():
        counts = [layer.instructions or 0 for layer in report.layers]
        ops = [layer.op for layer in report.layers]
        conv = counts[[i for i, op in enumerate(ops) if op == "CONV_2D"][1]]
        squash, routing = counts[ops.index("SQUASH")], counts[ops.index("CAPSULE_ROUTING")]
        cells = (conv, squash, conv + squash, routing, report.ram["arena"])
        rows.append([*place, *map(console.number, cells)])
    kinds = ["convolution", "squash", "primary capsules", "capsule layer", "arena"]
    return table(["arithmetic", "target", "kernel", *kinds], rows, left=3)


INTRODUCTION = """# Capsules: Fashion-MNIST and the layers of a published network

Regenerated by `python -m benchmarks.capsules`. A convolution, 16 kinds of 8-D primary capsules on a grid of 4x4, three
times routed to ten 8-D capsules, and their lengths: {parameters:,} parameters ([capsules](../capsules.md)), trained on
55,000 images, calibrated on 500 others. Accuracy is over {images:,} test images, of the integers that the firmware
computes. Everything ran in emulation; nothing has run on hardware.

## Accuracy

*Turned and shifted*: every test image turned by up to 15 degrees, scaled by up to a tenth and shifted by up to two
pixels; the network was not trained on such images. `paper_q7` shifts the logits as the published tool does, which
leaves them within a few steps of zero; *logits aligned* brings their addends to one format first, which the base-2
softmax then takes for far larger differences than they are.

"""
MEMORY = """## On the cores

Every layer of {vectors} test images is bit-exact with the reference on all three cores, in both arithmetics and with
both kernels: predictions computed anew in every iteration, or all of them kept. Sizes in bytes.

"""
FLASH = """## Flash beside float

Bytes of everything that an ELF puts into flash, without the test harness: weights, code and what it calls of the C
library. *Float C* is the same network in plain C in float32 (`benchmarks/capsules_float.c`), weights of four bytes
({weights:,} in all), by the same compiler with -O2; its answers on the host are PyTorch's. Without a unit for float it
takes the compiler's functions in its place. The integers are those of the kernel that computes predictions anew, with
no unit for float at all.

"""
PAPER = """## The published network's layers

The layer shapes of the MNIST network of "Shifting Capsule Networks from the Cloud to the Deep Edge" (arXiv
2110.02911), as its published code states them, with random weights: 16 kinds of 4-D primary capsules by a 7x7
convolution with stride 2 over 22x22x16, then 1,024 capsules routed three times to ten 6-D ones. Instructions of one
inference, and the arena of the whole network in bytes:

"""
CLOSING = """\
The paper's abstract gives 119.94 ms for its primary capsule layer and 90.60 ms for its capsule layer on an STM32H755
(Cortex-M7 at 480 MHz), and 7.02 ms and 38.03 ms on a GAP-8 (eight RISC-V cores with DSP extensions at 170 MHz): 57.6
and 43.5 million cycles of the Cortex-M7, 1.2 and 6.5 million of GAP-8. Instructions are no cycles and no milliseconds:
a Cortex-M7 may issue two at a time and may wait for flash; and the abstract does not say which of its three networks
it timed. `mps2-an500` is the Cortex-M7 here, `mps2-an386` a Cortex-M4, `qemu-rv32` a single RV32IMC core without
GAP-8's extensions. What can be set beside each other is memory: the published code keeps all predictions of this
network, 61,440 bytes, with 20,480 of logits and couplings and its other buffers.
"""


def page(options: argparse.Namespace) -> str:
    """The whole page."""
    net = trained()
    parameters = sum(math.prod(parameter.shape) for parameter in net.parameters())
    images, labels = pixels("test")
    graph = bitwright.load(net, example_inputs=(torch.zeros(1, 1, 28, 28),))
    arithmetics = quantized(graph, pixels("calibration")[0], CACHE)
    judged, vectors = images[: options.images], images[: options.vectors]
    lines = [INTRODUCTION.format(parameters=parameters, images=len(judged))]
    lines[0] += "\n".join(accuracies(net, arithmetics, judged, labels[: options.images]))
    reports = everywhere(arithmetics, vectors)
    lines.append(MEMORY.format(vectors=len(vectors)) + "\n".join(costs(reports)))
    lines.append(FLASH.format(weights=4 * parameters) + "\n".join(flashes(net, vectors, reports)))
    published = bitwright.load(papers(), example_inputs=(torch.zeros(1, 1, 28, 28),))
    theirs = everywhere(quantized(published, pixels("calibration")[0][:100], CACHE), images[:2])
    lines.append(PAPER + "\n".join(layers(theirs)))
    return "\n".join([*lines, CLOSING])


def main() -> int:
    """Write the page; anything that is not bit-exact ends it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=None, help="test images for the accuracy (default: all)")
    parser.add_argument("--vectors", type=int, default=30, help="test images on each core")
    options = parser.parse_args()
    torch.set_num_threads(1)
    deliver(page(options), PAGE, parser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
