"""Whole ONNX files: real networks, names, shapes, and what is wrong with damaged or unsuited ones."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from background import DATA, needs_data
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.converter.frontends.onnx.table import DOMAINS
from bitwright.converter.load import from_bytes, load
from bitwright.errors import BitwrightError, ModelError, ToolError, UnsupportedError
from floats import close, operators, run_model
from onnx_peer import helper, model, node, normal, onnx, prove, run_onnx

FLOAT = {
    "onnx_light/light_shufflenet": 0,
    "tiny_results/v07_alibaba_ic": 0,
    "tiny_results/v07_alibaba_kws": 0,
    "tiny_results/v11_kai_vww_96_float": 0,
}


def real(name: str) -> bytes:
    return (DATA / "models" / f"{name}.onnx").read_bytes()


@needs_data
@pytest.mark.parametrize("name", FLOAT)
def test_golden_outputs(name: str) -> None:
    graph = load(DATA / "models" / f"{name}.onnx")
    assert graph.is_float and "BATCH_NORM" not in operators(graph)
    with np.load(DATA / "golden" / f"{name.replace('/', '__')}.onnx.npz") as golden:
        vectors = dict(golden)
    for index in range(min(3, len(vectors["in0"]))):
        ours = run_model(graph, [vectors["in0"][index]])[0]
        close(ours.reshape(vectors["out0"][index].shape), vectors["out0"][index])


@needs_data
def test_squeezenet_up_to_its_softmax() -> None:
    """Its weights are constants: all classes are equal but for rounding, which the softmax of 1e9 tells apart."""
    network = onnx.load_model_from_string(real("onnx_light/light_squeezenet"))
    logits = network.graph.node[-1].input[0]
    del network.graph.node[-1]
    network.graph.output[0].CopyFrom(helper.make_tensor_value_info(logits, onnx.TensorProto.FLOAT, None))
    data = network.SerializeToString()
    with np.load(DATA / "golden" / "onnx_light__light_squeezenet.onnx.npz") as golden:
        sample = golden["in0"][0]
    close(run_model(from_bytes(data, "net"), [sample])[0], run_onnx(data, [sample])[0])


@needs_data
@pytest.mark.parametrize("name", [*FLOAT, "onnx_light/light_squeezenet"])
def test_only_shuffles_are_transposed(name: str) -> None:
    graph = load(DATA / "models" / f"{name}.onnx")
    assert operators(graph).count("TRANSPOSE") == (16 if "shufflenet" in name else 0)


def test_names_are_the_models_own() -> None:
    weights = {"w": normal(np.random.default_rng(0), 3, 2, 1, 1)}
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["features"], name="/body/conv"),
        node("Relu", ["features"], "out"),
    ]
    graph = read_onnx(model(nodes, {"image": [1, 2, 4, 4]}, weights, outputs=["out"]), "net")
    assert graph.name == "net" and graph.inputs == ("image",) and graph.outputs == ("out",)
    assert [n.name for n in graph.nodes if n.op in ("CONV_2D", "RELU")] == ["/body/conv", "node_out"]


def test_nodes_without_names_are_called_after_their_outputs() -> None:
    graph = read_onnx(model([helper.make_node("Relu", ["x"], ["y"])], {"x": [1, 2]}))
    assert graph.nodes[0].name == "y"


# -- shapes --------------------------------------------------------------------------------------------------------


def test_a_symbolic_batch_becomes_one() -> None:
    nodes = [node("Shape", ["x"], "s"), node("Gather", ["s", "zero"], "n"), node("Concat", ["n", "rest"], "t", axis=0)]
    nodes.append(node("Reshape", ["x", "t"]))
    constants = {"zero": np.array([0]), "rest": np.array([-1])}
    graph = read_onnx(model(nodes, {"x": ["batch", 3, 4]}, constants))
    assert graph.tensor("x").shape == (1, 3, 4) and graph.tensor("y").shape == (1, 12)


def test_other_dynamic_dimensions_are_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"x \(input\): dimension 2 \('height'\) is dynamic.*--dim_param height"):
        read_onnx(model([node("Relu", ["x"])], {"x": ["batch", 3, "height", 4]}))


def test_a_missing_shape_is_refused() -> None:
    data = onnx.load_model_from_string(model([node("Relu", ["x"])], {"x": [1, 2]}))
    data.graph.input[0].type.tensor_type.ClearField("shape")
    with pytest.raises(ModelError, match="input 'x' has no shape"):
        read_onnx(data.SerializeToString())


# -- what is not served --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["Sin", "TopK", "NonMaxSuppression", "If", "com.example.Fancy"])
def test_operators_that_are_not_served_are_named(op: str) -> None:
    domain, _, kind = op.rpartition(".")
    data = model([node(kind, ["x"], domain=domain)], {"x": [1, 2]})
    with pytest.raises(UnsupportedError, match=rf"node_y \({op}\): "):
        read_onnx(data)


@pytest.mark.parametrize("opset", [6, 25])
def test_operator_sets_that_are_not_served(opset: int) -> None:
    with pytest.raises(UnsupportedError, match=f"opset {opset}.*7 to 24 are served; export with opset_version=21"):
        read_onnx(model([node("Relu", ["x"])], {"x": [1, 2]}, opset=opset))


@pytest.mark.parametrize("opset", [7, 13, 17, 21, 24])
def test_operator_sets(opset: int) -> None:
    constants = {"w": normal(np.random.default_rng(1), 3, 2, 3, 3)}
    nodes = [node("Conv", ["x", "w"], "c"), node("Relu", ["c"], "r"), node("GlobalAveragePool", ["r"], "p")]
    nodes += [node("Flatten", ["p"], "f"), node("Softmax", ["f"])]
    prove(model(nodes, {"x": [1, 2, 5, 5]}, constants, opset=opset))


def test_whole_numbers_are_no_input() -> None:
    data = onnx.load_model_from_string(model([node("Relu", ["x"])], {"x": [1, 2]}))
    data.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT64
    with pytest.raises(UnsupportedError, match=r"x \(input\): inputs of this type are not served; use float32"):
        read_onnx(data.SerializeToString())


def test_constant_outputs_are_refused() -> None:
    nodes = [node("Relu", ["x"]), node("Identity", ["c"], "z")]
    with pytest.raises(ModelError, match="output 'z' does not depend on an input"):
        read_onnx(model(nodes, {"x": [1, 2]}, {"c": np.float32([1, 2])}, outputs=["y", "z"]))


# -- damaged files -------------------------------------------------------------------------------------------------


def test_external_data_is_named() -> None:
    data = onnx.load_model_from_string(model([node("Add", ["x", "c"])], {"x": [1, 2]}, {"c": np.float32([1, 2])}))
    tensor = data.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    with pytest.raises(ModelError, match="tensor 'c' lies in another file; save the model as one"):
        read_onnx(data.SerializeToString())


def test_unsorted_nodes_are_named() -> None:
    with pytest.raises(ModelError, match=r"node_y \(Relu\): input 'a' is not written before it is read"):
        read_onnx(model([node("Relu", ["a"]), node("Relu", ["x"], "a")], {"x": [1, 2]}))


def test_attributes_that_do_not_fit_are_named() -> None:
    with pytest.raises(BitwrightError, match=r"node_y \(Transpose\)"):
        read_onnx(model([node("Transpose", ["x"], perm=[0, 7])], {"x": [1, 2]}))
    with pytest.raises(BitwrightError, match=r"node_y \(LeakyRelu\)"):
        read_onnx(model([node("LeakyRelu", ["x"], alpha="high")], {"x": [1, 2]}))


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_onnx(tmp_path / "absent.onnx")
    for data in (b"", b"\x08\x07", b"\x08\xff\xff\xff", b"GIF89a"):
        with pytest.raises(BitwrightError):
            read_onnx(data)


def _sample() -> bytes:
    rng = np.random.default_rng(2)
    constants = {"w": normal(rng, 3, 2, 3, 3), "s": np.array([1, -1]), "k": normal(rng, 27, 2)}
    nodes = [
        node("Conv", ["x", "w"], "c", pads=[0, 1, 0, 1], strides=[1, 2]),
        node("MaxPool", ["c"], "p", kernel_shape=[2, 2]),
        node("Reshape", ["p", "s"], "r"),
        node("Slice", ["r", "zero", "end"], "f"),
        node("MatMul", ["f", "k"]),
    ]
    return model(nodes, {"x": [1, 2, 6, 6]}, constants | {"zero": np.array([0, 0]), "end": np.array([1, 27])})


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_refused_or_read(seed: int) -> None:
    """Flipped, missing and doubled bytes: a graph or an error of our own, never anything else."""
    data, rng = _sample(), np.random.default_rng(seed)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(int(rng.integers(1, 6))):
            place = int(rng.integers(len(damaged)))
            kind = rng.integers(3)
            if kind == 0:
                damaged[place] = int(rng.integers(256))
            elif kind == 1:
                del damaged[place : place + int(rng.integers(1, 9))]
            else:
                damaged[place:place] = damaged[place : place + int(rng.integers(1, 9))]
        try:
            read_onnx(bytes(damaged))
        except BitwrightError as error:
            assert str(error) and "\n" not in str(error)


def test_absent_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_onnx(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return original(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_onnx)
    with pytest.raises(ToolError, match=r"pip install 'bitwright\[onnx\]'"):
        read_onnx(b"\x08\x07")


# -- the page of operators -----------------------------------------------------------------------------------------


def test_the_page_lists_every_operator() -> None:
    text = (Path(__file__).resolve().parents[4] / "docs" / "onnx.md").read_text()
    listed = {word.strip("`,.") for word in text.split() if word.startswith("`")}
    for domain, lowerings in DOMAINS.items():
        if domain != "ai.onnx":
            assert set(lowerings) - {"Erf"} <= listed, sorted(set(lowerings) - listed)
