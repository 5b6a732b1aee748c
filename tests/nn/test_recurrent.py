"""Normalized recurrent cells: they train, export, and step in integers near float, bit for bit in C."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.quantize.run import quantize_model
from bitwright.converter.reference import Session, to_integers
from bitwright.converter.simplify import simplify
from cbuild import build, call
from torch_peer import operators, random, same, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn = torch.nn
cells = pytest.importorskip("bitwright.nn.recurrent")

NORMS = {"MAD_NORM": cells.MadNorm, "LAYER_NORM": nn.LayerNorm}


def test_mad_norm_is_its_definition_and_has_its_gradient() -> None:
    norm, x = shaken(cells.MadNorm(5), 1), random(3, 5)
    centred = x - x.mean(-1, keepdim=True)
    wanted = norm.weight * centred / centred.abs().mean(-1, keepdim=True) + norm.bias
    assert torch.allclose(norm(x), wanted, atol=1e-6)
    assert torch.equal(norm(torch.ones(1, 5)), norm.bias[None])
    torch.autograd.gradcheck(
        cells.mad_norm, [v.detach().double().requires_grad_() for v in (x, norm.weight, norm.bias)]
    )
    assert operators(same(norm, random(1, 5))) == ["MAD_NORM"]


class Classifier(nn.Module):  # type: ignore[misc]
    """One step of a cell, and scores of its hidden values."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self.cell, self.head = cell, nn.Linear(cell.cells, 3)

    def forward(self, x: Any, *states: Any) -> Any:
        new = self.cell(x, *states)
        new = new if isinstance(new, tuple) else (new,)
        return self.head(new[0]), *new


@pytest.mark.parametrize("norm", sorted(NORMS))
@pytest.mark.parametrize("kind", ["NormLSTMCell", "NormGRUCell"])
def test_cells_step_in_integers(kind: str, norm: str) -> None:
    """16-bit activations over 20 steps, the states kept inside; every integer of the C is the reference's."""
    cell = getattr(cells, kind)(6, 8, NORMS[norm])
    module = shaken(Classifier(cell), 3)
    zeros = cell.zeros()
    states = zeros if isinstance(zeros, tuple) else (zeros,)
    graph = simplify(read_torch(module, (random(1, 6), *states)))
    assert operators(graph).count(norm) == (3 if kind == "NormLSTMCell" else 2)
    pairs = dict(zip(graph.inputs[1:], graph.outputs[1:], strict=True))
    result = quantize_model(graph, random(24, 20, 6).numpy(), recipe="wide", stateful=pairs)
    assert result.judgement.sqnr > 35 and len(result.graph.variables) == len(states)
    model = model_sources(result.graph, ["generic"], "model")
    library, session = build(model), Session(result.graph)
    for x in random(1, 20, 6, seed=9)[0].numpy():
        values = to_integers(result.graph, [x[None]])
        assert np.array_equal(session.trace(values).outputs[0], call(model, library, values, "step")[0])


@pytest.mark.parametrize("norm", sorted(NORMS))
def test_cells_train(norm: str) -> None:
    torch.manual_seed(0)
    module = Classifier(cells.NormLSTMCell(4, 6, NORMS[norm]))
    optimizer, losses = torch.optim.Adam(module.parameters(), 0.02), []
    x = random(32, 5, 4)
    wanted = (x[:, 0, 0] > 0).long()  # to be remembered
    for _ in range(60):
        states = module.cell.zeros(32)
        for step in range(5):
            scores, *states = module(x[:, step], *states)
        loss = nn.functional.cross_entropy(scores, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
