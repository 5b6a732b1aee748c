"""nn.LSTM with proj_size: the graph computes what the module computes; integers near float, on cores, and stepped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.cli import main
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import write_native
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.recipe import find_recipe, quantize
from bitwright.converter.quantize.run import quantize_model
from bitwright.converter.reference import Session, run
from bitwright.converter.simplify import simplify
from bitwright.converter.stepping import in_steps
from hypothesis import given
from hypothesis import strategies as st
from tools import needs_target
from torch_peer import expected, few, operators, random, same, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn = torch.nn

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")


class Using(nn.Module):  # type: ignore[misc]
    """All outputs of a layer, from a state that comes in or from zeros."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any, *state: Any) -> Any:
        output, last = self.layer(x, state) if state else self.layer(x)
        return output, *last


@few
@given(
    sizes=st.tuples(*[st.integers(1, 4)] * 5),
    layers=st.integers(1, 3),
    flags=st.tuples(*[st.booleans()] * 3),
    given_state=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_layers(sizes: tuple[int, ...], layers: int, flags: tuple[bool, ...], given_state: bool, seed: int) -> None:
    batch, steps, inputs, hidden, more = sizes
    batch_first, bidirectional, bias = flags
    layer = nn.LSTM(inputs, hidden + more, layers, bias, batch_first, 0.0, bidirectional, hidden)
    sides = layers * (2 if bidirectional else 1)
    shape = (batch, steps) if batch_first else (steps, batch)
    states = [random(sides, batch, width, seed=seed + width) for width in (hidden, hidden + more)]
    graph = same(Using(shaken(layer, seed)), random(*shape, inputs, seed=seed), *(states if given_state else ()))
    assert operators(graph).count("LSTM") == sides


class Outputs(nn.Module):  # type: ignore[misc]
    """Outputs of two stacked layers at every step."""

    def __init__(self, bidirectional: bool = False, cells: int = 48, hidden: int = 16) -> None:
        super().__init__()
        self.layer = nn.LSTM(8, cells, 2, batch_first=True, proj_size=hidden, bidirectional=bidirectional)

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0]


def integers(module: Any, recipe: str, steps: int) -> Graph:
    graph = simplify(read_torch(module, (random(1, steps, 8),)))
    return quantize(graph, calibration(graph, [random(64, steps, 8).numpy()]), find_recipe(recipe)).integer


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(("recipe", "bound"), [("minmax", 38), ("wide", 41)])
def test_against_float(bidirectional: bool, recipe: str, bound: float) -> None:
    """Signal to noise over two stacked layers and 30 steps, as PyTorch initializes them, of every output."""
    torch.manual_seed(3)
    module = Outputs(bidirectional).eval()
    integer = integers(module, recipe, 30)
    fresh = random(12, 30, 8, seed=9)
    (wanted,) = expected(module, fresh)
    got = np.concatenate([run(integer, [x[None]])[0] for x in fresh.numpy()])
    level = 10 * np.log10(np.mean(wanted**2) / np.mean((wanted - got) ** 2))
    assert level > bound, level


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("recipe", ["minmax", "wide"])
def test_bit_exact_on_the_target(recipe: str, target: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    path, report = tmp_path / "net.bwq", tmp_path / "report.json"
    path.write_bytes(write_native(integers(Outputs(True, cells=11, hidden=6).eval(), recipe, 6)))
    assert main(["verify", str(path), "--target", target, "--vectors", "3", "--json", str(report)]) == 0
    assert json.loads(report.read_text())["bit_exact"]


def test_kept_states() -> None:
    """Layers keep hidden values and cells of different sizes, near float over 20 steps."""
    torch.manual_seed(3)
    module = Outputs().eval()
    graph = simplify(read_torch(module, (random(1, 1, 8),)))
    result = quantize_model(graph, random(24, 20, 8).numpy(), recipe="wide", stateful=True)
    assert [v.initial.shape for v in result.graph.variables.values()] == [(1, 64), (1, 64)]
    assert all(v.initial.dtype == np.int16 for v in result.graph.variables.values())
    assert result.judgement.sqnr > 40


def test_steps_give_the_bits_of_the_sequence() -> None:
    torch.manual_seed(3)
    whole = integers(Outputs(cells=11, hidden=6).eval(), "wide", 6)
    x = np.random.default_rng(2).integers(-9000, 9001, (1, 6, 8)).astype(np.int16)
    assert whole.tensor(whole.inputs[0]).dtype is DType.INT16
    (wanted,) = Session(whole).trace([x]).outputs
    session = Session(in_steps(whole, 2))
    got = [session.trace([x[:, i : i + 2]]).outputs[0] for i in (0, 2, 4)]
    assert np.array_equal(np.concatenate(got, axis=1), wanted)


def test_float_is_served() -> None:
    torch.manual_seed(3)
    module = Outputs(cells=11, hidden=6).eval()
    graph = simplify(read_torch(module, (random(1, 3, 8),)))
    result = bitwright.quantize(graph, random(4, 3, 8).numpy(), recipe="minmax", f16=("*",))
    assert "FLOAT_LSTM" in {node.op for node in result.graph.nodes} and result.judgement.sqnr > 40
