"""Capsules on the emulated cores: one to five routing iterations, both arithmetics, zero vectors, saturation."""

from __future__ import annotations

import bitwright
import pytest
from capsules import extremes, length, published, routing, squash
from single import together
from tools import needs_target

Q7 = {"scale": 2.0**-7, "target": 2.0**-7, "points": (0, 0)}
SIZES = (5, 8, 4, 6)


@pytest.mark.parametrize("target", [needs_target(t) for t in ("mps2-an386", "mps2-an500", "mps3-an547", "qemu-rv32")])
def test_every_iteration_and_operator(target: str) -> None:
    """All of them side by side in one firmware."""
    affine = [routing(SIZES, iterations, seed=iterations) for iterations in range(1, 6)]
    paper = [
        routing(SIZES, iterations, weight_scale=2.0**-7, seed=iterations, **Q7, **published(iterations))
        for iterations in range(1, 6)
    ]
    others = [
        squash((1, 4, 6)),
        length((1, 4, 6)),
        squash((1, 4, 6), 2.0**-5, 2.0**-7, (0, 0), arithmetic="paper_q7"),
        length((1, 4, 6), 2.0**-7, 2.0**-7, (0, 0), arithmetic="paper_q7"),
    ]
    graphs = [*affine, *paper, *others]
    inputs = [[values[0] for values in row] for row in zip(*(extremes(graph, 1) for graph in graphs), strict=True)]
    choices = {f"node{number}": "kept" for number in (1, 2, 6, 7)}
    report = bitwright.verify(together(graphs), target, inputs, choices=choices)
    assert report.bit_exact, report.mismatches[:3]
