"""EMBEDDING: reference == C, no byte outside the table is read, tokens from PyTorch and ONNX to the firmware."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.converter.ir import DType, Graph, Tensor
from bitwright.converter.load import load
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError, InputError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, constant, few, same, seeds, single
from tools import needs_target

ROWS = 11


def lookup(index: DType, table: DType, rows: int, depth: int, shape: tuple[int, ...], seed: int) -> Graph:
    values = np.random.default_rng(seed).integers(*table.limits, (rows, depth)).astype(table.numpy)
    graph = single(
        "EMBEDDING", [constant("t", values, [0.1]), Tensor("i", shape, index)], [activation("y", (), 0.1, 0, table)]
    )
    return read_native(write_native(graph), "model")


@few
@given(
    index=st.sampled_from([DType.INT8, DType.INT16, DType.INT32]),
    table=st.sampled_from([DType.INT8, DType.INT16]),
    rows=st.integers(1, 200),
    depth=st.integers(1, 9),
    shape=st.sampled_from([(1, 1), (1, 7), (2, 3), (5,)]),
    seed=seeds,
)
def test_c_is_the_reference(
    index: DType, table: DType, rows: int, depth: int, shape: tuple[int, ...], seed: int
) -> None:
    """Indices over the type's whole range and near the table's ends: what is outside reads the nearest row."""
    graph = lookup(index, table, rows, depth, shape, seed)
    low, high = index.limits
    rng = np.random.default_rng(seed)
    near = [rng.integers(max(low, -2), min(high, rows + 1), shape, endpoint=True) for _ in range(4)]
    inputs = [[v.astype(index.numpy)] for v in (*near, np.full(shape, low), np.full(shape, high))]
    session = Session(graph)
    expected = [session.trace(values).outputs for values in inputs]
    library = build(model := model_sources(graph, ["generic"], "model"))
    same(expected, [call(model, library, values) for values in inputs], "generic")
    data = graph.tensor("t").value()
    for (i,), (y,) in zip(inputs, expected, strict=True):
        assert np.array_equal(y, data[i.astype(int).clip(0, rows - 1)])


def tokens(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, ROWS, (count, 6))


def torch_network() -> tuple[Any, Graph]:
    """Tokens and learned positions, by a constant and by an input of their own."""
    torch = pytest.importorskip("torch")

    class Network(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.embed, self.places = torch.nn.Embedding(ROWS, 8), torch.nn.Embedding(6, 8)
            self.learned, self.head = torch.nn.Parameter(torch.randn(1, 6, 8)), torch.nn.Linear(8, 5)

        def forward(self, tokens: Any, places: Any) -> Any:
            return self.head(self.embed(tokens) + self.places(places) + self.learned)

    module = Network().eval()
    whole = torch.arange(6)[None]
    return module, load(module, (torch.from_numpy(tokens(1)), whole))


def test_tokens_of_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    module, graph = torch_network()
    assert [graph.tensor(name).dtype for name in graph.inputs] == [DType.INT32, DType.INT32]
    places = np.broadcast_to(np.arange(6), (50, 6))
    (got,) = run_float(graph, [tokens(1), places[:1]])
    assert np.allclose(got, module(torch.from_numpy(tokens(1)), torch.arange(6)[None]).detach().numpy(), atol=1e-5)
    np.savez(tmp_path / "data.npz", in0=tokens(50), in1=places)
    for recipe, least in (("minmax", 30), ("wide", 45), ("second-order", 30)):
        result = bitwright.quantize(graph, calibration=tmp_path / "data.npz", recipe=recipe)
        assert result.judgement.sqnr > least
        assert bitwright.verify(result.graph, "host", vectors=10).bit_exact
        (answer,) = bitwright.run(result.graph, [tokens(1), places[:1]])
        assert np.abs(answer - got).max() < 0.1
    with pytest.raises(InputError, match="whole numbers that fit int32"):
        bitwright.quantize(graph, calibration=[(tokens(2) + 0.5, places[:2])], recipe="minmax")


def test_tokens_of_onnx() -> None:
    onnx = pytest.importorskip("onnx")
    table = np.random.default_rng(0).standard_normal((ROWS, 8)).astype(np.float32)
    for kind, served in (
        (onnx.TensorProto.INT64, True),
        (onnx.TensorProto.INT32, True),
        (onnx.TensorProto.BOOL, False),
    ):
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("Gather", ["t", "i"], ["e"]), onnx.helper.make_node("Relu", ["e"], ["y"])], "net",
            [onnx.helper.make_tensor_value_info("i", kind, [1, 6])], [onnx.helper.make_empty_tensor_value_info("y")],
            [onnx.numpy_helper.from_array(table, "t")],
        )  # fmt: skip
        data = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 21)]).SerializeToString()
        if not served:
            with pytest.raises(BitwrightError, match="inputs of this type"):
                read_onnx(data)
            continue
        (got,) = run_float(read_onnx(data), [tokens(1)])
        assert np.array_equal(got, np.maximum(table[tokens(1)], 0))


@pytest.mark.parametrize("target", [needs_target(name) for name in ("mps2-an386", "qemu-rv32")])
def test_verified_on_emulated_cores(target: str) -> None:
    _, graph = torch_network()
    network = bitwright.quantize(
        graph, calibration=[(tokens(50), np.tile(np.arange(6), (50, 1)))], recipe="minmax"
    ).graph
    assert bitwright.verify(network, target, vectors=8).bit_exact


@pytest.mark.parametrize(
    ("table", "index", "said"), [(DType.INT32, DType.INT8, "a table of type"), (DType.INT8, DType.INT64, "indices of")]
)
def test_refused(table: DType, index: DType, said: str) -> None:
    with pytest.raises(BitwrightError, match=said):
        Session(lookup(index, table, 3, 2, (1, 4), 0))
