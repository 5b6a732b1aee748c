"""RNN, GRU and LSTM: the graph computes what ONNX Runtime computes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from bitwright.cli import main
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.converter.ops.lengths import has_lengths
from bitwright.errors import UnsupportedError
from floats import operators
from hypothesis import given
from hypothesis import strategies as st
from onnx_peer import few, model, node, normal, prove, run_onnx

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
INT32, INT64 = 6, 7  # TensorProto.DataType


def layer(
    kind: str,
    sizes: tuple[int, int, int, int] = (1, 4, 3, 2),
    direction: str = "forward",
    biased: bool = True,
    outputs: tuple[str, ...] = ("y", "h"),
    constants: dict[str, Any] | None = None,
    names: tuple[str, ...] = (),
    whole: dict[str, tuple[Sequence[int], int]] | None = None,
    **attributes: Any,
) -> bytes:
    """A model of one layer; ``names``: of its inputs from the sequence lengths on; ``whole``: inputs of the network of
    whole numbers, their shapes and types; what is named like one of them with "/int32" behind is converted."""
    batch, steps, inputs, cells = sizes
    rng, sides = np.random.default_rng(5), 2 if direction == "bidirectional" else 1
    rows = GATES[kind] * cells
    held = {"w": normal(rng, sides, rows, inputs), "r": normal(rng, sides, rows, cells) / 2}
    if biased:
        held["b"] = normal(rng, sides, 2 * rows)
    held |= constants or {}
    operands = ["x", "w", "r", "b" if biased else "", *names]
    written = [name if name in outputs else "" for name in ("y", "h", "c")[: 3 if "c" in outputs else 2]]
    one = node(kind, operands, written, hidden_size=cells, direction=direction, **attributes)
    one.name = "layer"
    casts = [node("Cast", [name.split("/")[0]], name, to=INT32) for name in names if name.endswith("/int32")]
    return model([*casts, one], {"x": [steps, batch, inputs]}, held, outputs, whole=whole)


@few
@given(
    kind=st.sampled_from(list(GATES)),
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    direction=st.sampled_from(["forward", "reverse", "bidirectional"]),
    biased=st.booleans(),
    linear=st.integers(0, 1),
)
def test_layers(kind: str, sizes: tuple[int, int, int, int], direction: str, biased: bool, linear: int) -> None:
    attributes = {"linear_before_reset": linear} if kind == "GRU" else {}
    graph = prove(layer(kind, sizes, direction, biased, **attributes))
    assert operators(graph).count(kind) == (2 if direction == "bidirectional" else 1)


def test_zeros_and_whole_lengths_are_what_is_served_anyway() -> None:
    held = {"n": np.array([4], np.int32), "h0": np.zeros((1, 1, 2), np.float32)}
    prove(layer("LSTM", constants=held, names=("n", "h0", "h0"), activations=["Sigmoid", "Tanh", "Tanh"]))


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("kind", list(GATES))
def test_shorter_sequences(kind: str, direction: str) -> None:
    """One length of all sequences cuts them; what is behind it is zero."""
    held = {"n": np.array([3, 3], np.int32)}
    prove(layer(kind, (2, 5, 3, 2), direction, constants=held, names=("n",)))


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("kind", list(GATES))
@pytest.mark.parametrize("given", ["constant", "int32", "int64"])
def test_sequences_of_several_lengths(kind: str, direction: str, given: str) -> None:
    """Constant ones and those of run time, from initial states, none among them; last states and cells."""
    sizes, sides = (4, 5, 3, 2), 2 if direction == "bidirectional" else 1
    lstm = kind == "LSTM"
    held = {name: normal(np.random.default_rng(3), sides, 4, 2) for name in ("h0", "c0")}
    outputs, states = (("y", "h", "c"), ("h0", "c0")) if lstm else (("y", "h"), ("h0",))
    for lengths in ([3, 0, 5, 1], [5, 5, 5, 5], [2, 2, 2, 2]):
        values = np.array(lengths, np.int64 if given == "int64" else np.int32)
        constants, name = held | ({"n": values} if given == "constant" else {}), "n/int32" if given == "int64" else "n"
        whole = {} if given == "constant" else {"n": ([4], INT64 if given == "int64" else INT32)}
        data = layer(kind, sizes, direction, True, outputs, constants, (name, *states), whole)
        graph = prove(data, known={"n": values} if whole else {})
        nodes = [node for node in graph.nodes if node.op == kind]
        assert all(has_lengths(node) for node in nodes) or (given == "constant" and lengths[0] != 3)
        prove(
            layer(kind, sizes, direction, True, ("y",), constants, (name,), whole), known={"n": values} if whole else {}
        )


def test_lengths_of_run_time_from_the_command_line(tmp_path: Path) -> None:
    """A batch of three sequences with a length each: quantized and verified, and run as ONNX Runtime runs it."""
    data = layer("GRU", (3, 6, 4, 5), "bidirectional", names=("n",), whole={"n": ([3], INT32)})
    (tmp_path / "net.onnx").write_bytes(data)
    generator = np.random.default_rng(1)
    x, n = normal(generator, 40, 6, 3, 4), generator.integers(0, 7, (40, 3))
    np.savez(tmp_path / "data.npz", in0=x, in1=n)
    path = str(tmp_path / "net.bwq")
    command = ["quantize", str(tmp_path / "net.onnx"), "--calibration", str(tmp_path / "data.npz"), "-o", path]
    assert main([*command, "--recipe", "minmax"]) == 0
    assert main(["verify", path, "--target", "host", "--vectors", "20"]) == 0
    lengths = np.array([2, 6, 0], np.int32)
    found = bitwright.run(bitwright.load(path), [x[0], lengths])
    for ours, theirs in zip(found, run_onnx(data, [x[0], lengths]), strict=True):
        assert np.abs(ours - theirs).max() < 0.05
    assert not found[0][2:, :, 0].any() and not found[0][:, :, 2].any() and found[0][5, :, 1].all()


@pytest.mark.filterwarnings("ignore")
def test_packed_sequences_as_pytorch_exports_them() -> None:
    torch = pytest.importorskip("torch")
    rnn = torch.nn.utils.rnn

    class Packing(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.LSTM(4, 3, bidirectional=True, batch_first=True)

        def forward(self, x: Any, lengths: Any) -> Any:
            packed, (hidden, _) = self.layer(rnn.pack_padded_sequence(x, lengths, batch_first=True))
            return rnn.pad_packed_sequence(packed, batch_first=True)[0], hidden

    file = io.BytesIO()
    given = (torch.zeros(2, 5, 4), torch.tensor([5, 4]))
    torch.onnx.export(Packing().eval(), given, file, dynamo=False, input_names=["x", "n"])
    graph = prove(file.getvalue(), known={"n": np.array([4, 2])})
    assert [has_lengths(node) for node in graph.nodes if node.op == "LSTM"] == [True, True]


@pytest.mark.parametrize("batch", [1, 2])
def test_the_transposes_of_exporters_vanish(batch: int) -> None:
    """PyTorch writes a batch-first layer as one between transposes."""
    rng = np.random.default_rng(2)
    held = {"w": normal(rng, 1, 6, 3), "r": normal(rng, 1, 6, 2), "axis": np.array([1])}
    nodes = [
        node("Transpose", ["x"], "t", perm=[1, 0, 2]),
        node("GRU", ["t", "w", "r"], ["g", ""], hidden_size=2),
        node("Squeeze", ["g", "axis"], "s"),
        node("Transpose", ["s"], perm=[1, 0, 2]),
    ]
    graph = prove(model(nodes, {"x": [batch, 4, 3]}, held))
    assert operators(graph).count("TRANSPOSE") <= (0 if batch == 1 else 2)


@pytest.mark.parametrize("activations", [["Relu", "Relu"], ["Tanh", "Relu"]])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_relu(direction: str, activations: list[str]) -> None:
    """In the place of tanh, of each direction by itself; from initial states."""
    sides = 2 if direction == "bidirectional" else 1
    held = {"h0": normal(np.random.default_rng(3), sides, 1, 2)}
    graph = prove(layer("RNN", direction=direction, constants=held, names=("", "h0"), activations=activations[:sides]))
    found = [bool(node.attrs.get("relu")) for node in graph.nodes if node.op == "RNN"]
    assert found == [name == "Relu" for name in activations[:sides]]


def test_only_one_output_is_asked_for() -> None:
    for outputs in (("y",), ("h",)):
        prove(layer("GRU", outputs=outputs))


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("kind", list(GATES))
def test_initial_and_last_states(kind: str, direction: str) -> None:
    """Constant ones, and an LSTM's last cells."""
    sides = 2 if direction == "bidirectional" else 1
    held = {name: normal(np.random.default_rng(3), sides, 1, 2) for name in ("h0", "c0")}
    lstm = kind == "LSTM"
    names = ("", "h0", "c0") if lstm else ("", "h0")
    prove(
        layer(kind, direction=direction, constants=held, names=names, outputs=("y", "h", "c") if lstm else ("y", "h"))
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: layer("GRU", clip=1.0), "clipped"),
        (lambda: layer("RNN", activations=["Affine"]), "activations Affine are not served; use tanh or relu"),
        (lambda: layer("GRU", activations=["Sigmoid", "Relu"]), "activations Sigmoid, Relu are not served; use sigm"),
        (lambda: layer("LSTM", input_forget=1), "coupled"),
        (lambda: layer("GRU", constants={"n": np.array([0], np.int32)}, names=("n",)), "sequences of 0 steps from 4"),
        (
            lambda: layer("GRU", (2, 4, 3, 2), constants={"n": np.array([3, 5], np.int32)}, names=("n",)),
            r"sequences of \[3, 5\] steps from 4 are not served",
        ),
        (
            lambda: layer("GRU", (3, 4, 3, 2), constants={"n": np.array([3, 4], np.int32)}, names=("n",)),
            r"lengths of shape \[2\] for a batch of 3 are not served",
        ),
        (lambda: layer("GRU", names=("n",), whole={"n": ([2], INT32)}), r"lengths of run time must be .* \[1\]"),
        (lambda: layer("RNN", constants={"r": np.ones((1, 3, 2), np.float32)}), r"weights of shapes \[2, 3\] and"),
    ],
)
def test_refused(data: Any, said: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"layer \(\w+\): .*{said}"):
        read_onnx(data())
