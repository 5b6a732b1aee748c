"""Quantized ONNX networks: their integers within one step of ONNX Runtime's, which rounds float32 results to even."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from background import DATA, needs_data
from bitwright.converter.frontends.onnx import read_onnx
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import from_bytes
from bitwright.converter.ops import OPERATORS
from bitwright.converter.reference import Session, run, to_integers
from bitwright.converter.serve import prepare_node
from bitwright.errors import UnsupportedError
from floats import operators
from onnx_peer import Array, helper, model, node, normal, onnx, onnxruntime, run_onnx

SHAPE = [1, 4, 6, 8]


@dataclass(frozen=True)
class Quantized:
    """Nodes and constants that quantize a tensor to a grid and back."""

    scale: float
    point: int
    kind: str

    def constants(self, name: str) -> dict[str, Array]:
        return {f"{name}_scale": np.float32(self.scale), f"{name}_point": np.array(self.point, self.kind)}

    def nodes(self, name: str) -> list[Any]:
        """From ``name`` to ``name_real``."""
        grid = [f"{name}_scale", f"{name}_point"]
        quantize = node("QuantizeLinear", [name, *grid], f"{name}_q")
        return [quantize, node("DequantizeLinear", [f"{name}_q", *grid], f"{name}_real")]


def weights(name: str, value: Array, axis: int | None, kind: str = "int8") -> tuple[list[Any], dict[str, Array]]:
    """A DequantizeLinear of stored weights, per channel along ``axis`` or per tensor."""
    others = None if axis is None else tuple(i for i in range(value.ndim) if i != axis)
    scale = (np.abs(value).max(axis=others) / 127).astype(np.float32)
    shape = [-1 if i == axis else 1 for i in range(value.ndim)]
    spread = scale if axis is None else scale.reshape(shape)
    point = np.zeros_like(scale, kind) + (128 if kind == "uint8" else 0)
    levels = np.rint(value / spread) + (128 if kind == "uint8" else 0)
    attributes = {} if axis is None else {"axis": axis}
    names = [f"{name}_q", f"{name}_scale", f"{name}_point"]
    constants = dict(zip(names, (levels.astype(kind), scale, point.astype(kind)), strict=True))
    return [node("DequantizeLinear", names, name, **attributes)], constants


#: TFLite's rescaling rounds twice, which shows where few bits are scaled: from one 8-bit grid to another.
RESCALED = 0.25


def agree(data: bytes, step: float, seed: int = 0, most: float = 0.05) -> Graph:
    """No output is more than one step of its grid from ONNX Runtime's, and few are one."""
    graph = from_bytes(data, "net")
    assert not graph.is_float
    rng = np.random.default_rng(seed)
    inputs = [2 * normal(rng, *_interface(graph, name)) for name in graph.inputs]
    for ours, theirs in zip(run(graph, inputs), run_onnx(data, inputs), strict=True):
        assert ours.shape == theirs.shape
        steps = np.abs(ours - theirs) / step
        assert steps.max() <= 1.001, steps.max()
        assert (steps > 0.5).mean() <= most, (steps > 0.5).mean()
    return graph


def _interface(graph: Graph, name: str) -> tuple[int, ...]:
    edge, shape = graph.edges[name], graph.tensor(name).shape
    return shape if edge.permutation is None else tuple(shape[i] for i in np.argsort(edge.permutation))


X, Y = Quantized(0.05, 3, "int8"), Quantized(0.06, -7, "int8")
GRIDS = {"int8": (X, Y), "uint8": (Quantized(0.05, 131, "uint8"), Quantized(0.06, 121, "uint8"))}


def qdq(
    op: str,
    extra: Sequence[str] = (),
    before: Sequence[Any] = (),
    constants: dict[str, Array] | None = None,
    grids: tuple[Quantized, Quantized] = (X, Y),
    shape: Sequence[int] = SHAPE,
    **attributes: Any,
) -> bytes:
    """x -> Q -> DQ -> op -> Q -> DQ."""
    x, y = grids
    nodes = [*x.nodes("x"), *before, node(op, ["x_real", *extra], "y", **attributes), *y.nodes("y")]
    known = {**x.constants("x"), **y.constants("y"), **(constants or {})}
    return model(nodes, {"x": shape}, known, outputs=["y_real"])


def kernel(seed: int, *shape: int) -> Array:
    return 0.3 * normal(np.random.default_rng(seed), *shape)


@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize("axis", [0, None])
@pytest.mark.parametrize("group", [1, 4, 2])
def test_convolution(kind: str, axis: int | None, group: int) -> None:
    nodes, constants = weights("w", kernel(1, 8, 4 // group, 3, 3), axis, "int8" if axis == 0 else kind)
    wide = Quantized(0.2, GRIDS[kind][1].point, kind)
    data = qdq("Conv", ["w"], nodes, constants, (GRIDS[kind][0], wide), pads=[1, 1, 1, 1], group=group)
    graph = agree(data, 0.2)
    assert "TRANSPOSE" not in operators(graph)


def test_a_bias_is_at_the_scale_of_the_accumulators() -> None:
    nodes, constants = weights("w", kernel(2, 8, 4, 1, 1), 0)
    scale = constants["w_scale"] * np.float32(0.05)
    bias = np.arange(-4, 4, dtype=np.int32) * 100
    constants |= {"b_q": bias, "b_scale": scale, "b_point": np.zeros(8, np.int32)}
    nodes.append(node("DequantizeLinear", ["b_q", "b_scale", "b_point"], "b", axis=0))
    graph = agree(qdq("Conv", ["w", "b"], nodes, constants), 0.06)
    stored = graph.tensor(graph.nodes[0].inputs[2])
    assert stored.dtype is DType.INT32 and np.array_equal(stored.value(), bias)


def test_transposed_convolution() -> None:
    nodes, constants = weights("w", kernel(3, 4, 5, 3, 3), 1)
    agree(qdq("ConvTranspose", ["w"], nodes, constants, (X, Quantized(0.2, 0, "int8")), strides=[2, 2]), 0.2)


@pytest.mark.parametrize("trans_b", [0, 1])
def test_gemm_and_matmul(trans_b: int) -> None:
    nodes, constants = weights("w", kernel(4, 6, 5) if not trans_b else kernel(4, 5, 6), 1 - trans_b)
    agree(qdq("Gemm", ["w"], nodes, constants, shape=[1, 6], transB=trans_b), 0.06)
    if not trans_b:
        agree(qdq("MatMul", ["w"], nodes, constants, shape=[1, 3, 6]), 0.06)


UNARY: list[tuple[str, dict[str, Any], float]] = [
    ("Sigmoid", {}, 0.005),
    ("Tanh", {}, 0.01),
    ("LeakyRelu", {"alpha": 0.2}, 0.06),
    ("HardSwish", {}, 0.06),
    ("Softmax", {}, 0.005),
    ("Relu", {}, 0.06),
    ("MaxPool", {"kernel_shape": [2, 2]}, 0.06),
    ("AveragePool", {"kernel_shape": [2, 2], "strides": [2, 2]}, 0.02),
    ("AveragePool", {"kernel_shape": [6, 8]}, 0.01),
    ("GlobalAveragePool", {}, 0.01),
    ("Transpose", {"perm": [0, 2, 3, 1]}, 0.06),
    ("Flatten", {}, 0.06),
]


@pytest.mark.parametrize("kind", ["int8", "uint8"])
@pytest.mark.parametrize(("op", "attributes", "step"), UNARY)
def test_one_input_on_any_grids(op: str, attributes: dict[str, Any], step: float, kind: str) -> None:
    """Operators that keep grids in TFLite are rescaled beside them; averages are rounded once."""
    point = (-90 if step < 0.01 else -20) + (128 if kind == "uint8" else 0)
    data = qdq(op, grids=(GRIDS[kind][0], Quantized(step, point, kind)), **attributes)
    agree(data, step, most=RESCALED if op in ("HardSwish", "Softmax") else 0.06)


@pytest.mark.parametrize("op", ["Add", "Mul", "Concat", "Max"])
def test_two_inputs_on_any_grids(op: str) -> None:
    a, b, y = Quantized(0.05, 3, "int8"), Quantized(0.03, -11, "int8"), Quantized(0.09, 5, "int8")
    attributes = {"axis": 1} if op == "Concat" else {}
    nodes = [*a.nodes("a"), *b.nodes("b"), node(op, ["a_real", "b_real"], "y", **attributes), *y.nodes("y")]
    constants = {**a.constants("a"), **b.constants("b"), **y.constants("y")}
    data = model(nodes, {"a": SHAPE, "b": SHAPE}, constants, outputs=["y_real"])
    agree(data, 0.09, most=RESCALED if op in ("Concat", "Max") else 0.05)


def test_constants_in_the_place_of_activations_get_a_grid() -> None:
    agree(qdq("Mul", ["c"], constants={"c": np.float32(0.5)}), 0.06)


def test_a_tensor_with_another_reader_is_rounded_for_its_quantizer_only() -> None:
    """x is read as it is, and quantized: the first reader must not see rounded values."""
    coarse = Quantized(1.0, 0, "int8")
    nodes = [*X.nodes("x"), node("Relu", ["x_real"], "r"), *coarse.nodes("r"), node("Add", ["r_real", "s_real"], "y")]
    nodes[3:3] = [node("Neg", ["r"], "s"), *Y.nodes("s")]
    constants = {**X.constants("x"), **coarse.constants("r"), **Y.constants("s"), **Y.constants("y")}
    data = model([*nodes, *Y.nodes("y")], {"x": SHAPE}, constants, outputs=["y_real"])
    with pytest.raises(UnsupportedError, match=r"node_r \(RELU\): the file does not quantize its output"):
        from_bytes(data, "net")


def test_partly_quantized_networks_are_refused() -> None:
    nodes, constants = weights("w", kernel(5, 8, 4, 3, 3), 0)
    float_weights = qdq("Conv", ["w"], constants={"w": kernel(5, 8, 4, 3, 3)})
    with pytest.raises(UnsupportedError, match="does not quantize its weights; quantize the float model instead"):
        from_bytes(float_weights, "net")
    data = model([*nodes, node("Conv", ["x", "w"])], {"x": SHAPE}, constants)
    with pytest.raises(UnsupportedError, match=r"x \(input\): the file does not quantize it"):
        from_bytes(data, "net")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x_scale": np.float32(np.nan)}, "not finite and positive"),
        ({"x_scale": np.float32(0)}, "not finite and positive"),
        ({"x_scale": np.float32([0.1, 0.2]), "x_point": np.int8([0, 0])}, "a scale per channel"),
    ],
)
def test_odd_grids_are_refused(change: dict[str, Array], reason: str) -> None:
    x = {**X.constants("x"), **change}
    nodes = [*X.nodes("x"), node("Relu", ["x_real"], "y"), *Y.nodes("y")]
    with pytest.raises(UnsupportedError, match=reason):
        read_onnx(model(nodes, {"x": [1, 2]}, {**x, **Y.constants("y")}, outputs=["y_real"]))


# -- operators on integers -----------------------------------------------------------------------------------------


def on_integers(op: str, inputs: list[str], constants: dict[str, Array], y: Quantized, **attributes: Any) -> bytes:
    """x -> Q -> op on integers -> DQ."""
    nodes = [X.nodes("x")[0], node(op, inputs, "y_q", **attributes), y.nodes("y")[1]]
    return model(nodes, {"x": SHAPE}, {**X.constants("x"), **y.constants("y"), **constants}, outputs=["y_real"])


def test_qlinear_conv() -> None:
    _, constants = weights("w", kernel(6, 8, 4, 3, 3), 0)
    constants["b"] = np.arange(-4, 4, dtype=np.int32) * 100
    wide = Quantized(0.2, -7, "int8")
    inputs = ["x_q", "x_scale", "x_point", "w_q", "w_scale", "w_point", "y_scale", "y_point", "b"]
    graph = agree(on_integers("QLinearConv", inputs, constants, wide, pads=[1, 1, 1, 1]), 0.2)
    assert np.array_equal(graph.tensor(graph.nodes[0].inputs[2]).value(), constants["b"])


def test_qlinear_matmul() -> None:
    _, constants = weights("w", kernel(7, 8, 5), None)
    inputs = ["x_q", "x_scale", "x_point", "w_q", "w_scale", "w_point", "y_scale", "y_point"]
    agree(on_integers("QLinearMatMul", inputs, constants, Y), 0.06)


def test_qgemm() -> None:
    _, constants = weights("w", kernel(8, 5, 192), 0)
    constants["b"] = np.arange(5, dtype=np.int32) * 50
    wide = Quantized(0.3, 1, "int8")
    inputs = ["f", "x_scale", "x_point", "w_q", "w_scale", "w_point", "b", "y_scale", "y_point"]
    gemm = node("QGemm", inputs, "y_q", transB=1, domain="com.microsoft")
    nodes = [X.nodes("x")[0], node("Flatten", ["x_q"], "f"), gemm, wide.nodes("y")[1]]
    known = {**X.constants("x"), **wide.constants("y"), **constants}
    graph = agree(model(nodes, {"x": SHAPE}, known, outputs=["y_real"]), 0.3)
    assert operators(graph) == ["RESHAPE", "FULLY_CONNECTED"]


MICROSOFT: list[tuple[str, list[str], dict[str, Any], float]] = [
    ("QLinearAdd", ["x_q", "x_scale", "x_point"] * 2, {}, 0.09),
    ("QLinearMul", ["x_q", "x_scale", "x_point"] * 2, {}, 0.2),
    ("QLinearSigmoid", ["x_q", "x_scale", "x_point"], {}, 0.005),
    ("QLinearLeakyRelu", ["x_q", "x_scale", "x_point"], {"alpha": 0.1}, 0.06),
    ("QLinearGlobalAveragePool", ["x_q", "x_scale", "x_point"], {}, 0.01),
    ("QLinearAveragePool", ["x_q", "x_scale", "x_point"], {"kernel_shape": [2, 2], "strides": [2, 2]}, 0.03),
]


@pytest.mark.parametrize(("op", "inputs", "attributes", "step"), MICROSOFT)
def test_operators_of_onnx_runtime(op: str, inputs: list[str], attributes: dict[str, Any], step: float) -> None:
    y = Quantized(step, -90 if step < 0.01 else -20, "int8")
    data = on_integers(op, [*inputs, "y_scale", "y_point"], {}, y, domain="com.microsoft", **attributes)
    agree(data, step, most=RESCALED)


def test_qlinear_concat() -> None:
    inputs = ["y_scale", "y_point", *["x_q", "x_scale", "x_point"] * 2]
    agree(on_integers("QLinearConcat", inputs, {}, Y, domain="com.microsoft", axis=1), 0.06, most=RESCALED)


def test_integers_that_only_move() -> None:
    """On integers as they are: the largest of a window, another shape, another order."""
    nodes = [
        X.nodes("x")[0],
        node("MaxPool", ["x_q"], "p", kernel_shape=[2, 2]),
        node("Transpose", ["p"], "t", perm=[0, 1, 3, 2]),
        node("DequantizeLinear", ["t", "x_scale", "x_point"]),
    ]
    agree(model(nodes, {"x": SHAPE}, X.constants("x")), 0.05, most=0)


def test_other_operators_on_integers_are_refused() -> None:
    nodes = [X.nodes("x")[0], node("Relu", ["x_q"], "p"), node("DequantizeLinear", ["p", "x_scale", "x_point"])]
    with pytest.raises(UnsupportedError, match=r"node_p \(Relu\): it is not served on integers; dequantize before it"):
        read_onnx(model(nodes, {"x": SHAPE}, X.constants("x")))


@pytest.mark.parametrize("op", ["DynamicQuantizeLinear", "MatMulInteger"])
def test_dynamic_quantization_is_refused(op: str) -> None:
    inputs, outputs = (["x"], ["y", "s", "z"]) if op == "DynamicQuantizeLinear" else (["x", "x"], ["y"])
    with pytest.raises(UnsupportedError, match="that depends on the input is not served; quantize statically"):
        read_onnx(model([node(op, inputs, outputs)], {"x": [4, 4]}))


# -- real networks -------------------------------------------------------------------------------------------------

REAL = ("v13_kai_kws_qdq", "v13_kai_resnet_qdq")


def layer_outputs(data: bytes, inputs: Sequence[Array]) -> dict[str, Array]:
    """ONNX Runtime's integers by the name of the node whose real output was quantized, channels last."""
    network = onnx.load_model_from_string(data)
    writers = {name: n for n in network.graph.node for name in n.output}
    names: dict[str, str] = {}
    for quantizer in (n for n in network.graph.node if n.op_type == "QuantizeLinear"):
        writer = writers.get(quantizer.input[0])
        if writer is not None:
            names[quantizer.output[0]] = writer.name or writer.output[0]
            point = next(t for t in network.graph.initializer if t.name == quantizer.input[2])
            network.graph.output.append(helper.make_tensor_value_info(quantizer.output[0], point.data_type, None))
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = onnxruntime.InferenceSession(network.SerializeToString(), options)
    results = session.run(list(names), {session.get_inputs()[0].name: inputs[0]})
    integers = {}
    for name, value in zip(names.values(), results, strict=True):
        signed = value.astype(np.int64) - (128 if value.dtype == np.uint8 else 0)
        integers[name] = signed.transpose(0, 2, 3, 1) if signed.ndim == 4 else signed
    return integers


@needs_data
@pytest.mark.parametrize("name", REAL)
def test_every_layer_of_real_networks(name: str) -> None:
    """Given ONNX Runtime's integers, each layer's are no more than one step from its, and few differ."""
    data = (DATA / "models" / "tiny_results" / f"{name}.onnx").read_bytes()
    graph = from_bytes(data, name)
    with np.load(DATA / "golden" / f"tiny_results__{name}.onnx.npz") as golden:
        samples = golden["in0"][:2]
    compared = 0
    for sample in samples:
        theirs = layer_outputs(data, [sample])
        values = {n: t.data for n, t in graph.tensors.items() if t.data is not None}
        values |= dict(zip(graph.inputs, to_integers(graph, [sample]), strict=True))
        for step in graph.nodes:
            result = OPERATORS[step.op].reference(prepare_node(graph, step), [n and values[n] for n in step.inputs])
            expected = theirs.get(step.name)
            if expected is not None and expected.shape == result[0].shape:
                difference = np.abs(result[0].astype(np.int64) - expected)
                assert difference.max() <= 1 and (difference > 0).mean() <= 0.05, step.name
                values[step.outputs[0]], compared = expected.astype(np.int8), compared + 1
            else:
                values[step.outputs[0]] = result[0]
    assert compared >= 2 * 11


@needs_data
@pytest.mark.parametrize("name", REAL)
def test_answers_of_real_networks(name: str) -> None:
    graph = from_bytes((DATA / "models" / "tiny_results" / f"{name}.onnx").read_bytes(), name)
    session = Session(graph)
    with np.load(DATA / "golden" / f"tiny_results__{name}.onnx.npz") as golden:
        for sample, expected in zip(golden["in0"], golden["out0"], strict=True):
            ours = session.step([sample])[0]
            assert np.abs(ours - expected).max() <= 0.06
            assert ours.argmax() == expected.argmax()
