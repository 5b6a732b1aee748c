"""The causal attention module: steps equal the sequence in float, and in integers after quantization."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import Graph
from bitwright.converter.load import load
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.recipe import Recipe, quantize
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError, InputError
from tools import needs_target

torch = pytest.importorskip("torch")
from bitwright.nn.attention import CausalSelfAttention, alibi_slopes, cached_attention  # noqa: E402

TOKENS = 40


class Tokens(torch.nn.Module):  # type: ignore[misc, name-defined]
    """An embedding, one block without its dense layers, and scores."""

    def __init__(self, bits: int = 8, alibi: bool = True, past_only: bool = True) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.norm = torch.nn.Embedding(11, 16), torch.nn.LayerNorm(16)
        self.attn = CausalSelfAttention(16, 2, context=9, alibi=alibi, cache_bits=bits, past_only=past_only)
        self.head = torch.nn.Linear(16, 11)

    def forward(self, tokens: Any) -> Any:
        """Scores of each token."""
        x = self.embed(tokens)
        return self.head(x + self.attn(self.norm(x)))


def data(count: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 11, (count, TOKENS))


def quantized(module: Any, wide: tuple[str, ...] = ()) -> tuple[Graph, Graph]:
    """Float and integer graph over 40 tokens."""
    graph = load(module, torch.from_numpy(data(1)))
    recipe = Recipe("test", "", Scheme(wide=wide))
    return graph, quantize(graph, calibration(graph, [data(20)]), recipe).integer


@pytest.mark.parametrize("alibi", [True, False])
def test_steps_are_the_sequence_in_float(alibi: bool) -> None:
    module = CausalSelfAttention(16, 4, context=6, alibi=alibi).eval()
    x = torch.randn(2, 20, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole, past, parts = module(x), None, []
        for size in (1, 2, 1, 7, 1, 1, 1, 6):
            start = sum(part.shape[1] for part in parts)
            y, past = module.step(x[:, start : start + size], past)
            parts.append(y)
    assert past is not None and past[0].shape == (2, 6, 16)
    assert torch.allclose(whole, torch.cat(parts, dim=1), atol=1e-6)
    assert torch.allclose(whole[:, 7:], module(x[:, 1:])[:, 6:], atol=1e-6)  # the first token is forgotten


def test_gradients_are_those_of_plain_attention() -> None:
    query, key, value = (torch.randn(1, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(3))

    def function(*inputs: Any) -> Any:
        return cached_attention(*inputs, heads=2, context=2, slopes=alibi_slopes(2))

    assert torch.autograd.gradcheck(function, (query, key, value))


@pytest.mark.parametrize("bits", [4, 8])
def test_exported_quantized_and_stepped(bits: int, tmp_path: Path) -> None:
    module = Tokens(bits).eval()
    graph, network = quantized(module)
    tokens = data(1, seed=7)
    with torch.no_grad():
        wanted = module(torch.from_numpy(tokens)).numpy()
    (floating,) = run_float(graph, [tokens])
    assert np.abs(floating - wanted).max() < 1e-5
    (whole,) = Session(network).trace([tokens.astype(np.int32)]).outputs
    quant = network.tensor(network.outputs[0])
    real = (whole.astype(float) - quant.zero_point) * quant.scale
    assert 10 * np.log10((wanted**2).mean() / ((real - wanted) ** 2).mean()) > 25
    one = bitwright.in_steps(network)
    steps = Session(one)
    parts = [steps.trace([tokens[:, i : i + 1].astype(np.int32)]).outputs[0] for i in range(TOKENS)]
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
    path = tmp_path / "one.bwq"
    bitwright.save(one, path)
    inputs = [[tokens[:, i : i + 1].astype(np.int32)] for i in range(TOKENS)]
    assert bitwright.verify(path, "host", inputs=inputs).bit_exact


def test_int16_inputs_keep_16_bits() -> None:
    _, network = quantized(Tokens(16).eval(), wide=("attn.query", "attn.key", "attn.value", "attn"))
    (node,) = [node for node in network.nodes if node.op == "CACHED_ATTENTION"]
    assert network.output(node).dtype.value == "int16"
    one = bitwright.in_steps(network)
    assert {v.initial.dtype.name for v in one.variables.values()} == {"int16", "int32"}


def test_a_cache_of_16_bits_needs_int16() -> None:
    with pytest.raises(BitwrightError, match=r"attn \(CACHED.*16 bits"):
        quantized(Tokens(16).eval())


@pytest.mark.parametrize("target", [needs_target(name) for name in ("mps2-an386", "qemu-rv32")])
def test_verified_on_emulated_cores(target: str) -> None:
    one = bitwright.in_steps(quantized(Tokens(4).eval())[1])
    inputs = [[step[None, None].astype(np.int32)] for step in data(1)[0][:24]]
    assert bitwright.verify(one, target, inputs=inputs).bit_exact


def test_refused() -> None:
    graph, network = quantized(Tokens().eval())
    with pytest.raises(InputError, match="must be quantized"):
        bitwright.in_steps(graph)
    with pytest.raises(InputError, match="keeps states already"):
        bitwright.in_steps(bitwright.in_steps(network))

    class Mean(Tokens):
        def forward(self, tokens: Any) -> Any:
            return super().forward(tokens).mean(dim=1)

    with pytest.raises(BitwrightError, match=f"mean.*all {TOKENS} steps at once"):
        bitwright.in_steps(quantized(Mean().eval())[1])
    with pytest.raises(ValueError, match="do not fit"):
        cached_attention(*[torch.zeros(1, 2, 4)] * 3, heads=3, context=4)
    with pytest.raises(ValueError, match="a cache of 5 bits"):
        cached_attention(*[torch.zeros(1, 2, 4)] * 3, heads=2, context=4, bits=5)
