"""Float and dynamic-range ``.tflite`` files: loaded, simplified, and the same function as tflite-runtime's kernels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tflite
from background import golden, model_path, needs_data
from bitwright import api
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor, check
from bitwright.converter.load import from_bytes, load
from bitwright.converter.reference import Session
from bitwright.converter.writers.tflite import write_tflite
from bitwright.errors import UnsupportedError
from floats import Net, close, run_model
from oracle import needs_tflite, run_tflite

FLOAT_MODELS = (
    "ai_edge_quantizer/blockwise_i4rangedvalues_fc",
    "ai_edge_quantizer/branching_conv_fc",
    "ai_edge_quantizer/conv_fc_mnist",
    "ai_edge_quantizer/padv2_inf_max_pool_2d",
    "ai_edge_quantizer/single_add1_constant_input",
    "ai_edge_quantizer/single_conv2d_transpose_bias",
    "ai_edge_quantizer/single_fc",
    "ai_edge_quantizer/single_fc_bias_logistic",
    "ai_edge_quantizer/single_fc_bias_relu6",
    "ai_edge_quantizer/single_fc_no_bias",
    "ai_edge_quantizer/single_gelu",
    "ai_edge_quantizer/single_max_pool_2d",
    "ai_edge_quantizer/single_mean",
    "ai_edge_quantizer/single_mul2_constant_input",
    "ai_edge_quantizer/single_pack",
    "ai_edge_quantizer/single_padv2",
    "ai_edge_quantizer/single_relu",
    "ai_edge_quantizer/single_resize_nearest_neighbor",
    "ai_edge_quantizer/single_split",
    "ai_edge_quantizer/single_squared_difference",
    "ai_edge_quantizer/single_sub",
    "ai_edge_quantizer/single_sum",
    "ai_edge_quantizer/single_tanh",
    "ai_edge_quantizer/tensor_i4rangedvalues_fc",
    "ai_edge_quantizer/two_signatures",
    "ai_edge_quantizer/weight_sharing_fcs",
    "gap_sdk/expressions",
    "gap_sdk/mnist_float",
    "generated/convnet_float",
    "mlperf_tiny/ad01_fp32",
    "mlperf_tiny/kws_qualcomm_float32",
    "mlperf_tiny/pretrainedResnet",
    "mlperf_tiny/vww_96_float",
    "mltk/autoencoder_example.float32",
    "tflm/hello_world_float",
)
DYNAMIC_RANGE = ("mlperf_tiny/kws_ref_model_float32", "dtln/model_quant_1_dynrange")


@needs_data
@pytest.mark.parametrize("name", FLOAT_MODELS)
def test_golden_outputs(name: str) -> None:
    graph, vectors = load(model_path(name)), golden(name)
    assert graph.is_float
    keys = sorted((key for key in vectors if key.startswith("in")), key=lambda key: int(key[2:]))
    for index in range(min(8, len(vectors["in0"]))):
        for number, output in enumerate(run_model(graph, [vectors[key][index] for key in keys])):
            expected = vectors[f"out{number}"][index]
            close(output.reshape(expected.shape), expected)


@needs_data
@needs_tflite
@pytest.mark.parametrize("name", DYNAMIC_RANGE)
def test_dynamic_range_weights_become_real_numbers(name: str) -> None:
    """The peer runs the same weights in float: on the original file it would quantize every activation as it comes."""
    graph, vectors = load(model_path(name)), golden(name)
    keys = sorted((key for key in vectors if key.startswith("in")), key=lambda key: int(key[2:]))
    assert all(tensor.dtype is not DType.INT8 for tensor in graph.tensors.values())
    for index in range(4):
        inputs = [vectors[key][index] for key in keys]
        for output, expected in zip(run_model(graph, inputs), run_tflite(write_tflite(graph), inputs), strict=True):
            close(output, expected)


def small() -> Graph:
    """A float network of one convolution."""
    net = Net(0)
    return net.finish([net.conv(net.input("x", (1, 4, 4, 2)), 3)])


def test_weights_of_dynamic_range_networks_are_scaled_per_channel() -> None:
    graph = small()
    weights = graph.tensor(graph.nodes[0].inputs[1])
    levels = np.random.default_rng(1).integers(-127, 128, weights.shape, dtype=np.int8)
    scales = (0.5, 0.25, 0.125)
    stored = Tensor(weights.name, weights.shape, DType.INT8, Quantization(scales, (0,) * 3, 0), levels)
    loaded = from_bytes(write_tflite(replace(graph, tensors={**graph.tensors, weights.name: stored})), "net")
    real = loaded.tensor(loaded.nodes[0].inputs[1])
    assert real.dtype is DType.FLOAT32
    assert np.array_equal(real.value(), levels * np.float32(scales).reshape(3, 1, 1, 1))


def test_float16_constants_become_float32() -> None:
    """A float16 model dequantizes its weights as it starts; the file holds int16 weights whose type is changed."""
    graph = small()
    weights = graph.tensor(graph.nodes[0].inputs[1])
    half = weights.value().astype(np.float16)
    tensors = {name: t for name, t in graph.tensors.items() if name != weights.name}
    tensors["half"] = Tensor("half", half.shape, DType.INT16, data=half.view(np.int16))
    tensors[weights.name] = replace(weights, data=None)
    nodes = (Node("dequantize", "DEQUANTIZE", ("half",), (weights.name,)), *graph.nodes)
    data = bytearray(write_tflite(check(replace(graph, tensors=tensors, nodes=nodes))))
    subgraph = tflite.Model.GetRootAsModel(data, 0).Subgraphs(0)
    for index in range(subgraph.TensorsLength()):
        table = subgraph.Tensors(index)
        if table.Name() == b"half":
            place = table._tab.Pos + table._tab.Offset(6)
            assert data[place] == tflite.TensorType.INT16
            data[place] = tflite.TensorType.FLOAT16
    loaded = from_bytes(bytes(data), "net")
    assert [node.op for node in loaded.nodes] == ["CONV_2D"]
    assert np.array_equal(loaded.tensor(loaded.nodes[0].inputs[1]).value(), half.astype(np.float32))


def test_mixed_networks_are_refused() -> None:
    """int8, float, int8: neither a float network nor an integer one."""
    quant = Quantization((0.1,), (0,))
    tensors = [Tensor("a", (1, 4), DType.INT8, quant), Tensor("b", (1, 4), DType.FLOAT32)]
    tensors += [Tensor("c", (1, 4), DType.FLOAT32), Tensor("d", (1, 4), DType.INT8, quant)]
    ops = ["DEQUANTIZE", "RELU", "QUANTIZE"]
    nodes = [Node(op, op, (a,), (b,)) for op, (a, b) in zip(ops, ("ab", "bc", "cd"), strict=True)]
    graph = check(Graph("net", {t.name: t for t in tensors}, tuple(nodes), ("a",), ("d",)))
    with pytest.raises(UnsupportedError, match=r"is float between integer operators.*bitwright quantize"):
        from_bytes(write_tflite(graph), "net")


def test_operators_without_a_float_form_are_refused() -> None:
    net = Net(1)
    graph = net.finish([net.op("RELU", net.input("x", (1, 4)))])
    table = write_tflite(replace(graph, nodes=(replace(graph.nodes[0], op="DEQUANTIZE"),)))
    with pytest.raises(UnsupportedError, match="no float form"):
        from_bytes(table, "net")


def test_float_networks_must_be_quantized_first(tmp_path: Path) -> None:
    graph = small()
    for use in (
        lambda: api.generate(graph, "host", tmp_path / "out"),
        lambda: api.verify(graph, "host"),
        lambda: api.run(graph, np.zeros((1, 4, 4, 2), np.float32)),
        lambda: Session(graph),
    ):
        with pytest.raises(UnsupportedError, match=r"net \(float model\): quantize it first: bitwright quantize"):
            use()
