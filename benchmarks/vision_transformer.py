"""A vision transformer in integers: its modes, what they cost, and what helps against activation outliers.

    python -m benchmarks.vision_transformer [--images N] [--emulated N]

Writes docs/benchmarks/vision_transformer.md. Images are read from ../shared/data, which the project does not ship; the
network is trained first where it is not there yet (some minutes).
"""

from __future__ import annotations

import argparse
import copy
import sys
from dataclasses import dataclass
from typing import Any

import bitwright
import numpy as np
import torch
from bitwright import console
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import Calibration, calibration
from bitwright.converter.quantize.judge import float_outputs, integer_outputs
from bitwright.converter.quantize.recipe import Recipe, Step, quantize
from bitwright.converter.reference import quantized
from numpy.typing import NDArray
from torch import nn

from .fashion_mnist import data
from .pages import deliver, table
from .vision_transformer_network import DEPTH, SEED, VisionTransformer, trained

TARGET = "mps2-an386"
PAGE = data.ROOT / "docs" / "benchmarks" / "vision_transformer.md"
CALIBRATION = 200
FACTOR = 100.0  # of planted outliers
MODES = {
    "int16": Scheme(wide=("*",)),
    "M1": Scheme(hero="M1"),
    "M2": Scheme(hero="M2"),
    "M3": Scheme(hero="M3"),
    "int8": Scheme(),
}
#: Ways to quantize the network with outliers: a scheme, and methods before it.
REMEDIES: dict[str, tuple[Scheme, tuple[Step, ...]]] = {
    "int8": (Scheme(), ()),
    "int8, `smoothquant`": (Scheme(), (Step("smoothquant"),)),
    "int8, `feature_wise`": (Scheme(), (Step("feature_wise"),)),
    "int8, `outliers`": (Scheme(), (Step("outliers"),)),
    "M3 (a scale per token)": (MODES["M3"], ()),
    "M3, `smoothquant`": (MODES["M3"], (Step("smoothquant"),)),
    "M3, `outliers`": (MODES["M3"], (Step("outliers"),)),
}


@dataclass(frozen=True, eq=False)
class Task:
    """A float network with the data that calibrates and judges it."""

    network: bitwright.Graph
    calibrating: Calibration
    judging: Calibration
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]

    @property
    def accuracy(self) -> float:
        """Of the float network."""
        return float(np.mean(self.scores.argmax(1) == self.labels))


def task(network: nn.Module, images: int | None) -> Task:
    """The imported network with calibration and test images."""
    graph = bitwright.load(network, (torch.zeros(1, 1, 28, 28),))
    test = data.load("test")
    judging = calibration(graph, [test.images[:images]])
    calibrating = calibration(graph, [data.load("calibration").images[:CALIBRATION]])
    return Task(graph, calibrating, judging, test.labels[:images], float_outputs(graph, judging)[0])


def planted(network: VisionTransformer, factor: float = FACTOR) -> VisionTransformer:
    """The same function with outliers: one feature behind each block's norms is larger by ``factor``, the weights that
    read it are smaller by it."""
    network = copy.deepcopy(network)
    random = torch.Generator().manual_seed(SEED)
    with torch.no_grad():
        for block in network.blocks:
            for norm, readers in (
                (block.norm1, (block.query, block.key, block.value)),
                (block.norm2, (block.fc1,)),
            ):
                feature = int(torch.randint(DEPTH, (1,), generator=random))
                norm.weight[feature] *= factor
                norm.bias[feature] *= factor
                for layer in readers:
                    layer.weight[:, feature] /= factor
    return network


def integers(given: Task, scheme: Scheme, steps: tuple[Step, ...] = ()) -> bitwright.Graph:
    """The network quantized."""
    return quantize(given.network, given.calibrating, Recipe("benchmark", "", scheme, steps)).integer


def accuracy(given: Task, network: bitwright.Graph) -> list[str]:
    """Accuracy and drop in points, and how often the integer network answers as the float one does."""
    answers = integer_outputs(network, given.judging)[0].reshape(len(given.labels), -1).argmax(1)
    right = float(np.mean(answers == given.labels))
    same = float(np.mean(answers == given.scores.argmax(1)))
    return [f"{right:.2%}", f"{100 * (given.accuracy - right):+.2f}", f"{same:.2%}"]


def costs(given: Task, network: bitwright.Graph, vectors: int) -> list[str]:
    """Arena, all RAM, constants, all flash and instructions on the target, where every layer is compared with the
    reference. Raises SystemExit where one differs."""
    source = network.tensor(network.inputs[0])
    samples = [[quantized(source, image[None])] for image in given.judging.inputs[0][:vectors]]
    with console.progress() as progress:
        report = bitwright.verify(network, TARGET, inputs=samples, progress=progress)
    if not report.bit_exact:
        raise SystemExit(f"{TARGET}: {len(report.mismatches)} differences, first {report.mismatches[0]}")
    ram, flash = report.ram, report.flash
    sizes: list[Any] = [ram["arena"], sum(ram.values()), flash["constants"], flash["total"], report.instructions]
    return [console.number(size) for size in sizes]


ACCURACY = ["accuracy", "points lost", "answers as float"]
COSTS = ["arena", "RAM", "constants", "flash", "instructions"]


def page(images: int | None, vectors: int) -> str:
    """The whole page."""
    network = trained()
    plain, spoiled = task(network, images), task(planted(network), images)
    modes, remedies = [["float", f"{plain.accuracy:.2%}", *[""] * 7]], [["float", f"{spoiled.accuracy:.2%}", *[""] * 3]]
    for name, scheme in MODES.items():
        integer = integers(plain, scheme)
        modes.append([name, *accuracy(plain, integer), *costs(plain, integer, vectors)])
        print(" ".join(modes[-1]), flush=True)
    for name, (scheme, steps) in REMEDIES.items():
        integer = integers(spoiled, scheme, steps)
        remedies.append([name, *accuracy(spoiled, integer), costs(spoiled, integer, vectors)[-1]])
        print(" ".join(remedies[-1]), flush=True)
    parameters = sum(p.numel() for p in network.parameters())
    split = integers(spoiled, *REMEDIES["int8, `outliers`"])
    aside = [len(node.attrs["outliers"]) for node in split.nodes if node.op == "QUANTIZE_TOKENS"]
    kept = sum(aside)
    lines = [
        "# A vision transformer",
        "",
        "Regenerated by `python -m benchmarks.vision_transformer`. Fashion-MNIST in 16 patches of 7 x 7 pixels,",
        f"three blocks of {DEPTH} features, {parameters:,} parameters, trained by",
        "`benchmarks/vision_transformer_network.py`. Accuracy is the reference's over",
        f"{len(plain.labels)} test images, after calibration with {CALIBRATION} others and weights rounded to nearest.",
        f"Bytes and instructions are those of one inference on `{TARGET}` (an emulated Cortex-M4; not cycles,",
        f"and nothing ran on hardware), where every layer was bit-exact over {vectors} images.",
        "",
        "## Modes",
        "",
        "M1, M2 and M3 are those of ZeroQuant-HERO with int16 in the place of FP16",
        "([transformers.md](../transformers.md)): M1 has embedding, queries, keys, values and the first layer of each",
        "perceptron on int8, M2 also attention and its output, M3 also GELU and the second layer; residual sums,",
        "normalizations and the head stay int16. RAM is the arena with stack and static data.",
        "",
        *table(["mode", *ACCURACY, *COSTS], modes),
        "## Outliers",
        "",
        f"One feature behind each of the six normalizations of the blocks is {FACTOR:.0f} times larger, and the",
        "weights that read it are as much smaller: in float the same function.",
        "",
        *table(["way", *ACCURACY, "instructions"], remedies),
        f"`outliers` keeps {kept} of {DEPTH * len(aside)} features aside ({kept / (DEPTH * len(aside)):.1%}).",
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Run; 0 when everything is bit-exact."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=int, default=None, help="test images (default: all)")
    parser.add_argument("--emulated", type=int, default=5, help="images that the target sees (default: 5)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    deliver(page(options.images, options.emulated), PAGE, parser)
    return 0


if __name__ == "__main__":
    sys.exit(main())
