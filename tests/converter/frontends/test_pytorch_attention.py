"""torch's attention in all its forms: one ATTENTION over tokens, without a copy, that computes the same."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.converter.load import load
from bitwright.converter.native import write_native
from bitwright.converter.quantize.run import quantize_model
from floats import operators, run_model

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


class Block(nn.Module):  # type: ignore[misc]
    """One call of a module with attention."""

    def __init__(self, inner: Any, call: Any) -> None:
        super().__init__()
        self.inner, self.call = inner, call

    def forward(self, *inputs: Any) -> Any:
        """What the call makes of the module and its inputs."""
        return self.call(self.inner, *inputs)


def encoder(layers: int = 1, **options: Any) -> Any:
    """torch's encoder, also where it warns that it takes no fast path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, **options), layers)


def causal(size: int) -> Any:
    """torch's own mask."""
    return nn.Transformer.generate_square_subsequent_mask(size)


def alibi(size: int) -> Any:
    """Linear in the distance, a slope for each of four heads, causal."""
    distance = torch.arange(size)[None] - torch.arange(size)[:, None]
    return torch.tensor([0.5, 0.25, 0.125, 0.0625])[:, None, None] * distance + causal(size)


def attention(**options: Any) -> Any:
    """torch's layer."""
    return nn.MultiheadAttention(16, 4, **options)


FIRST, SECOND = (1, 6, 16), (6, 1, 16)
#: Module, call, shape, expected attributes besides heads and scale, whether there is a bias.
FORMS: dict[str, tuple[Any, Any, tuple[int, ...], dict[str, int], bool]] = {
    "self": (attention(batch_first=True), lambda m, x: m(x, x, x, need_weights=False)[0], FIRST, {}, False),
    "with weights": (attention(batch_first=True), lambda m, x: m(x, x, x)[0], FIRST, {}, False),
    "tokens first": (attention(), lambda m, x: m(x, x, x, need_weights=False)[0], SECOND, {}, False),
    "causal": (
        attention(batch_first=True),
        lambda m, x: m(x, x, x, attn_mask=causal(6), is_causal=True, need_weights=False)[0],
        FIRST, {"after": 0}, False,
    ),
    "masked, with weights": (
        attention(batch_first=True), lambda m, x: m(x, x, x, attn_mask=causal(6))[0], FIRST, {"after": 0}, False,
    ),
    "bool window": (
        attention(batch_first=True),
        lambda m, x: m(x, x, x, attn_mask=torch.ones(6, 6, dtype=bool).triu(2).logical_or(
            torch.ones(6, 6, dtype=bool).tril(-3)), need_weights=False)[0],
        FIRST, {"before": 2, "after": 1}, False,
    ),
    "alibi": (
        attention(batch_first=True),
        lambda m, x: m(x, x, x, attn_mask=alibi(6), need_weights=False)[0], FIRST, {"after": 0}, True,
    ),
    "encoder": (encoder(batch_first=True), lambda m, x: m(x), FIRST, {}, False),
    "causal encoder": (
        encoder(batch_first=True, norm_first=True, activation="gelu"),
        lambda m, x: m(x, mask=causal(6), is_causal=True), FIRST, {"after": 0}, False,
    ),
    "encoder, tokens first": (encoder(), lambda m, x: m(x), SECOND, {}, False),
}  # fmt: skip


def example(name: str, seed: int = 0) -> tuple[Any, Any]:
    """Module and input, with biases that are not zero."""
    inner, call, shape, _, _ = FORMS[name]
    generator = torch.Generator().manual_seed(seed)
    for parameter in inner.parameters():
        if parameter.ndim == 1:
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    return Block(inner, call).eval(), torch.randn(*shape, generator=generator)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_one_operator_over_tokens(name: str) -> None:
    module, x = example(name)
    _, _, shape, attrs, bias = FORMS[name]
    graph = load(module, x)
    (found,) = [node for node in graph.nodes if node.op == "ATTENTION"]
    assert found.attrs == {"heads": 4, "scale": 0.5, **attrs} and (len(found.inputs) == 4) == bias
    assert not {"TRANSPOSE", "BATCH_MATMUL", "SOFTMAX", "SLICE", "SPLIT"} & set(operators(graph))
    assert shape is SECOND or "RESHAPE" not in operators(graph)
    with torch.no_grad():
        expected = module(x).numpy()
    (got,) = run_model(graph, [x.numpy()])
    assert np.abs(got - expected).max() < 1e-5


@pytest.mark.parametrize("name", ["alibi", "causal encoder", "encoder, tokens first"])
def test_quantized_and_verified(name: str, tmp_path: Path) -> None:
    """Of one example layer: 30 dB between signal and noise at 8 bits, and the C on the host computes the same."""
    module, x = example(name)
    graph = load(module, x)
    data = np.random.default_rng(0).standard_normal((8, *x.shape)).astype(np.float32)
    data = data[:, 0] if x.shape[0] == 1 else data
    result = quantize_model(graph, data, recipe="minmax")
    assert result.judgement.sqnr > 30
    path = tmp_path / "net.bwq"
    path.write_bytes(write_native(result.graph))
    assert bitwright.verify(path, "host", vectors=3).bit_exact


def test_grouped_queries() -> None:
    query, key = torch.randn(1, 4, 5, 6), torch.randn(1, 2, 5, 6)
    module = Block(None, lambda _, q, k: F.scaled_dot_product_attention(q, k, k, enable_gqa=True))
    (got,) = run_model(load(module, (query, key)), [query.numpy(), key.numpy()])
    assert np.abs(got - module(query, key).numpy()).max() < 1e-5


@pytest.mark.parametrize(("recipe", "least"), [("wide", 50), ("minmax", 30)])
def test_int16_and_int8(recipe: str, least: int) -> None:
    module, x = example("causal encoder")
    data = np.random.default_rng(0).standard_normal((8, *x.shape[1:])).astype(np.float32)
    result = quantize_model(load(module, x), data, recipe=recipe)
    assert result.judgement.sqnr > least
    (node,) = [node for node in result.graph.nodes if node.op == "ATTENTION"]
    assert result.graph.output(node).dtype.value == ("int16" if recipe == "wide" else "int8")
