"""Bitwright: integers that the exact reference runs, bit for bit what the firmware computes.

``auto`` chooses on training images that no network was trained on; the test images are not seen by it.
"""

from __future__ import annotations

import numpy as np
import torch
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.quantize.calibration import calibration as as_calibration
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.recipe import Quantized, find_recipe, quantize, quantize_auto
from bitwright.converter.simplify import simplify
from torch import nn

from .. import data
from ..measure import Converted, Images, Scores, in_batches, now

PACKAGES = ("bitwright", "numpy", "torch")
MOST_DROP = 0.1  # points on the validation images


def convert(network: nn.Module, calibration: Images, name: str, recipe: str = "auto") -> Converted:
    graph = simplify(read_torch(network, torch.from_numpy(calibration[:1]), name))
    samples = as_calibration(graph, [calibration])
    if recipe != "auto":
        quantized = quantize(graph, samples, find_recipe(recipe))
        return Converted(lambda images: scores(quantized, images))
    begin = now()
    validation = data.load("validation")
    target, judging = right(network, validation), now() - begin

    def loss(candidate: Quantized) -> float:
        nonlocal judging
        begin = now()
        answers = scores(candidate, validation.images).argmax(1)
        judging += now() - begin
        return 100 * (target - float(np.mean(answers == validation.labels)))

    quantized, attempts = quantize_auto(graph, samples, loss, MOST_DROP)
    note = ", ".join(f"{attempt.recipe} {attempt.loss:+.2f}" for attempt in attempts)
    return Converted(lambda images: scores(quantized, images), f"{quantized.recipe.name} (tried {note})", judging)


def scores(quantized: Quantized, images: Images) -> Scores:
    """What the integer network answers, as real values."""
    return np.asarray(integer_outputs(quantized.integer, as_calibration(quantized.floating, [images]))[0])


@torch.no_grad()
def right(network: nn.Module, split: data.Split) -> float:
    """The float network's share of right answers."""
    answers = [network(torch.from_numpy(batch)).numpy().argmax(1) for batch in in_batches(split.images)]
    return float(np.mean(np.concatenate(answers) == split.labels))
