"""Layers in float on the emulated cores, refused where the core cannot, and no float anywhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bitwright
import numpy as np
import pytest
import torch
from bitwright.cli import main
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.recurrent import GATES
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.modes import Module
from bitwright.converter.quantize.recipe import Recipe, quantize
from bitwright.converter.reference import Session, to_integers
from bitwright.errors import InputError, ToolError, UnsupportedError
from bitwright.nn.attention import CausalSelfAttention
from bitwright.targets.disassembly import disassemble
from bitwright.targets.image import built
from bitwright.targets.sizes import check_integer_only
from bitwright.targets.target import all_targets, find_target
from floating import layer
from half_layers import LAYERS
from single import activation, constant
from tools import needs_target

TARGETS = [("host", "f32"), ("host", "f16"), ("mps2-an386", "f32"), ("mps2-an500", "f32"), ("mps2-an505", "f32")]
TARGETS += [("mps3-an547", "f32"), ("mps3-an547", "f16")]

SAMPLE = [("mps2-an386", "f32"), ("mps3-an547", "f16")]


@pytest.fixture(scope="module")
def network() -> Graph:
    """A small network with layers of several kinds."""
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Linear(12, 17), torch.nn.ReLU(), torch.nn.Linear(17, 9), torch.nn.Tanh(), torch.nn.Linear(9, 5)
    )
    return bitwright.load(module.eval(), (torch.zeros(1, 12),))


@pytest.fixture(scope="module")
def sequences() -> Graph:
    """Recurrent layers, a norm and softmax, which follow each other."""

    class Listener(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gru, self.lstm = torch.nn.GRU(5, 8, batch_first=True), torch.nn.LSTM(8, 6, batch_first=True)
            self.rnn = torch.nn.RNN(6, 6, nonlinearity="relu", batch_first=True)
            self.norm, self.head = torch.nn.LayerNorm(6), torch.nn.Linear(6, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.norm(self.rnn(self.lstm(self.gru(x)[0])[0])[0])
            return torch.softmax(torch.nn.functional.gelu(self.head(x)) + 0.5, dim=-1)

    torch.manual_seed(1)
    return bitwright.load(Listener().eval(), (torch.zeros(1, 7, 5),))


@pytest.fixture(scope="module")
def samples() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(64, 12)).astype(np.float32)


def quantized(network: Graph, samples: np.ndarray, **switched: tuple[str, ...]) -> Graph:
    return bitwright.quantize(network, samples, recipe="minmax", **switched).graph


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in TARGETS]
)
def test_every_layer_on_the_cores(network: Graph, samples: np.ndarray, target: str, kind: str) -> None:
    """From int8 into float and back, the head in float, too."""
    graph = quantized(network, samples, **{kind: ("2", "4")})
    assert [node.op for node in graph.nodes if node.in_float].count("FLOAT_FULLY_CONNECTED") == 2
    report = bitwright.verify(graph, target, vectors=6)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in SAMPLE]
)
def test_recurrent_layers_on_the_cores(sequences: Graph, target: str, kind: str) -> None:
    """All in float, and the recurrent layers alone: int8 weights, float16 hidden values and gates."""
    data = np.random.default_rng(2).normal(size=(8, 7, 5)).astype(np.float32)
    names = tuple(node.name for node in sequences.nodes if node.op in GATES)
    assert len(names) == 3
    for patterns in (("*",), names):
        graph = quantized(sequences, data, **{kind: patterns})
        assert {f"FLOAT_{kind}" for kind in GATES} <= {node.op for node in graph.nodes}
        assert all(node.in_float for node in graph.nodes) == (patterns == ("*",))
        report = bitwright.verify(graph, target, vectors=4)
        assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize("target", [needs_target("mps3-an547")])
@pytest.mark.parametrize("name", LAYERS)
def test_half_precision_instructions(name: str, target: str) -> None:
    """Helium's lanes give the reference's bits, in every form of their loops."""
    report = bitwright.verify(LAYERS[name](), target, vectors=2)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize("target", [needs_target("mps3-an547")])
def test_half_precision_beyond_the_range(target: str) -> None:
    """Sums of subnormal numbers, and lanes that overflow, one to each side."""
    ends = np.repeat(np.array([[127, -127]], np.int8), 40, axis=0).reshape(1, 80)
    for scale in (2.0**-24, 2.0**-17, 60.0, 500.0):
        matrix = constant("w", np.concatenate([ends, -ends, np.abs(ends), ends // 100]), [0.5] * 4, axis=0)
        graph = layer("FULLY_CONNECTED", [activation("in", (1, 80), scale), matrix], DType.FLOAT16)
        report = bitwright.verify(graph, target, vectors=4)
        assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in [*SAMPLE, ("host", "f16")]]
)
def test_a_transformer_in_float_on_the_cores(target: str, kind: str) -> None:
    """torch's encoder: modules by role, and all of it; attention is one operator in float."""
    torch.manual_seed(3)
    module = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(16, 2, 24, batch_first=True, norm_first=True, activation="gelu"),
        1,
        enable_nested_tensor=False,
    )
    graph = bitwright.load(module.eval(), (torch.zeros(1, 6, 16),))
    data = np.random.default_rng(4).normal(size=(16, 6, 16)).astype(np.float32)
    parts = ("norm", "qkv", "attention", "output", "fc1", "activation", "fc2", "residual")
    modules = tuple(Module(role=role, mode=kind) for role in parts)
    integer = quantize(
        graph, calibration(graph, [data]), Recipe("test", "", Scheme(hero="M3", modules=modules))
    ).integer
    assert "FLOAT_ATTENTION" in {node.op for node in integer.nodes} and all(node.in_float for node in integer.nodes)
    report = bitwright.verify(integer, target, vectors=4)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in SAMPLE]
)
def test_convolutions_in_float_on_the_cores(target: str, kind: str) -> None:
    """Convolutions, one by channels, both kinds of pooling and a mean, closer to float than in integers."""
    torch.manual_seed(7)
    nn = torch.nn
    module = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.ReLU6(),
        nn.AvgPool2d(2), nn.Conv2d(6, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4),
    )  # fmt: skip
    graph = bitwright.load(module.eval(), (torch.zeros(1, 2, 8, 8),))
    data = np.random.default_rng(8).normal(size=(16, 2, 8, 8)).astype(np.float32)
    result = bitwright.quantize(graph, data, recipe="minmax", **{kind: ["*"]})
    assert {"FLOAT_CONV_2D", "FLOAT_DEPTHWISE_CONV_2D"} <= {node.op for node in result.graph.nodes}
    assert all(node.in_float for node in result.graph.nodes)
    assert result.judgement.mse < bitwright.quantize(graph, data, recipe="minmax").judgement.mse
    report = bitwright.verify(result.graph, target, vectors=4)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in SAMPLE]
)
def test_embedding_and_a_cache_in_float_on_the_cores(target: str, kind: str) -> None:
    """Tokens to logits, a token an inference: a cache of the layer's type gives the bits of the sequence."""

    class Speaker(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(11, 8)
            self.attention = CausalSelfAttention(8, 2, context=4)
            self.head = torch.nn.Linear(8, 11)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            x = self.table(tokens)
            return self.head(x + self.attention(x))

    torch.manual_seed(5)
    tokens = np.random.default_rng(6).integers(0, 11, (12, 9))
    graph = bitwright.load(Speaker().eval(), (torch.zeros(1, 9, dtype=torch.int64),))
    result = bitwright.quantize(graph, tokens, recipe="minmax", **{kind: ["*"]})
    steps = bitwright.in_steps(result.graph)
    assert {"FLOAT_EMBEDDING", "FLOAT_CACHED_ATTENTION"} <= {node.op for node in steps.nodes}
    assert result.judgement.sqnr > 35 and len(steps.variables) == 3
    report = bitwright.verify(steps, target, vectors=8)
    assert report.bit_exact, report.mismatches[:3]
    values = to_integers(result.graph, [tokens[:1]])[0]
    session, expected = Session(steps), Session(result.graph).trace([values]).outputs[0]
    got = [session.trace([values[:, step : step + 1]]).outputs[0] for step in range(9)]
    assert np.array_equal(np.concatenate(got, axis=1), expected)


def test_float_is_closer_than_integers(network: Graph, samples: np.ndarray) -> None:
    """All layers in float: what is left are the weights' and the edges' grids."""
    losses = {
        kind: bitwright.quantize(network, samples, recipe="minmax", **{kind: ("*",)}).judgement.mse
        for kind in ("f32", "f16")
    }
    integer = bitwright.quantize(network, samples, recipe="minmax").judgement.mse
    assert losses["f32"] < integer / 2 and losses["f16"] < integer / 2


@pytest.mark.parametrize(("target", "kind"), [("qemu-rv32", "f32"), ("mps2-an385", "f32"), ("mps2-an386", "f16")])
def test_cores_that_cannot(network: Graph, samples: np.ndarray, target: str, kind: str, tmp_path: Path) -> None:
    """The error names the layer, the target and others that can; nothing is written."""
    graph = quantized(network, samples, **{kind: ("4",)})
    with pytest.raises(UnsupportedError, match=rf"4 \(FULLY_CONNECTED\).*{kind}.*{target}.*choose a target .*host"):
        bitwright.generate(graph, target, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_unknown_layers_and_layers_that_cannot(network: Graph, samples: np.ndarray) -> None:
    with pytest.raises(InputError, match="no layer is named like 'tail'"):
        quantized(network, samples, f32=("tail",))
    module = torch.nn.Sequential(torch.nn.ConvTranspose2d(1, 2, 3), torch.nn.ReLU())
    image = bitwright.load(module.eval(), (torch.zeros(1, 1, 6, 6),))
    with pytest.raises(UnsupportedError, match=r"TRANSPOSE_CONV.*cannot be switched to float.*FULLY_CONNECTED"):
        quantized(image, np.random.default_rng(0).normal(size=(4, 1, 6, 6)).astype(np.float32), f32=("*",))


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in SAMPLE]
)
def test_states_are_kept_in_float_on_the_cores(sequences: Graph, target: str, kind: str) -> None:
    """A step an inference, each from the state that the one before has left: the bits of the whole sequence."""
    data = np.random.default_rng(2).normal(size=(8, 7, 5)).astype(np.float32)
    names = tuple(node.name for node in sequences.nodes if node.op in GATES)
    whole = quantized(sequences, data, **{kind: names})
    steps = bitwright.in_steps(whole)
    assert {v.initial.dtype.name for v in steps.variables.values()} == {"float32" if kind == "f32" else "float16"}
    report = bitwright.verify(steps, target, vectors=12)
    assert report.bit_exact, report.mismatches[:3]
    values = to_integers(whole, [data[:1]])[0]
    session, expected = Session(steps), Session(whole).trace([values]).outputs[0]
    got = [session.trace([values[:, step : step + 1]]).outputs[0] for step in range(7)]
    assert np.array_equal(np.concatenate(got, axis=1), expected)


def test_the_command_line_keeps_states_in_float(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A float model of one step and sequences to a network that keeps float16, bit-exact in C."""
    torch.manual_seed(2)
    module = torch.nn.LSTM(5, 6, batch_first=True, proj_size=4)

    class Last(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = module

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.lstm(x)[0]

    torch.export.save(torch.export.export(Last().eval(), (torch.zeros(1, 1, 5),), strict=True), tmp_path / "net.pt2")
    np.save(tmp_path / "data.npy", np.random.default_rng(3).normal(size=(6, 9, 5)).astype(np.float32))
    command = ["quantize", str(tmp_path / "net.pt2"), "--calibration", str(tmp_path / "data.npy"), "--recipe", "minmax"]
    assert main([*command, "--f16", "*lstm*", "--stateful", "-o", str(tmp_path / "net.bwq")]) == 0
    graph = bitwright.load(tmp_path / "net.bwq")
    assert [node.op for node in graph.nodes].count("FLOAT_LSTM") == 1
    assert [(v.initial.shape, v.initial.dtype.name) for v in graph.variables.values()] == [((1, 10), "float16")]
    assert main(["verify", str(tmp_path / "net.bwq"), "--target", "host", "--vectors", "8"]) == 0
    capsys.readouterr()


def test_a_saved_network_stays_as_it_is(network: Graph, samples: np.ndarray, tmp_path: Path) -> None:
    graph = quantized(network, samples, f32=("2",), f16=("4",))
    assert graph.float_types == {DType.FLOAT32, DType.FLOAT16} and not graph.is_float
    bitwright.save(graph, tmp_path / "model.bwq")
    again = bitwright.load(tmp_path / "model.bwq")
    inputs = bitwright.converter.reference.to_integers(graph, [samples[:1]])
    assert np.array_equal(bitwright.run(again, inputs)[0], bitwright.run(graph, inputs)[0])


def test_float_outside_of_such_layers_is_found(network: Graph, samples: np.ndarray) -> None:
    """The same image passes only for a network that has layers in float; float in other functions never does."""
    target = find_target("mps2-an386")
    with built(quantized(network, samples, f32=("4",)), target) as image:
        elf = image.elf.with_name("model.elf")
        code = disassemble(elf, target)
        check_integer_only(elf, code, floating=True)
        with pytest.raises(ToolError, match=r"bw_\w+_f32: v\w+\.f32"):
            check_integer_only(elf, code)
        moved = next(i for i in code.instructions.values() if i.mnemonic.startswith("vmul"))
        outside = replace(moved, address=code.symbols[f"{image.model.name}_run_in"], label="elsewhere")
        foreign = replace(code, instructions={**code.instructions, outside.address: outside})
        with pytest.raises(ToolError, match="elsewhere: vmul"):
            check_integer_only(elf, foreign, floating=True)


def test_every_core_with_a_unit_says_so() -> None:
    """Cortex-M4, M7, M33 and M55 compute in float32; of these only the M55 in float16."""
    for target in all_targets():
        types = () if target.float_unit is None else target.float_unit.types
        if target.cpu.startswith("cortex-m"):
            assert ("f32" in types) == target.cpu.startswith(("cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"))
            assert ("f16" in types) == target.cpu.startswith("cortex-m55")


@pytest.mark.parametrize(
    ("target", "kind"), [pytest.param(*pair, marks=needs_target(pair[0]).marks) for pair in SAMPLE]
)
def test_another_compiler(
    network: Graph, samples: np.ndarray, target: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clang, which Zig brings, computes the same bits."""
    pytest.importorskip("ziglang")
    monkeypatch.setenv("BITWRIGHT_TOOLCHAIN", "zig")
    report = bitwright.verify(quantized(network, samples, **{kind: ("*",)}), target, vectors=4)
    assert report.bit_exact and report.compiler.startswith("Zig ")


@pytest.mark.parametrize("kind", ["f16", "f32"])
def test_sums_beyond_float16(network: Graph, samples: np.ndarray, kind: str) -> None:
    """Inputs that a lane has no room for are an error of the layer in float16, and none in float32."""
    wide = samples * 4096 / np.abs(samples).max()
    quantized(network, wide * 0.99, **{kind: ("0",)})
    if kind == "f32":
        assert quantized(network, wide, f32=("0",)).float_types == {DType.FLOAT32}
        return
    with pytest.raises(UnsupportedError, match=r"0 \(FULLY_CONNECTED\).* reach 4096.*beyond float16's 65504.*f32"):
        quantized(network, wide, f16=("0",))


def test_products_beyond_float16() -> None:
    """Of queries and keys, each of which has room by itself."""

    class Attend(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.scaled_dot_product_attention(x, x, x)

    graph = bitwright.load(Attend().eval(), (torch.zeros(1, 2, 5, 8),))
    data = np.random.default_rng(5).uniform(-1, 1, size=(8, 2, 5, 8)).astype(np.float32)
    data[0, 0, 0, 0] = 1
    quantized(graph, data * 63, f16=("*",))
    with pytest.raises(UnsupportedError, match=r"ATTENTION.* reach 65 times 65, and 16 such products"):
        quantized(graph, data * 65, f16=("*",))
