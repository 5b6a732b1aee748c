"""Whole networks from PyTorch: what they compute, what their nodes are called, and the forms in which they arrive."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.pytorch import read_torch
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import load
from bitwright.converter.quantize.run import quantize_model
from bitwright.converter.reference import Session
from bitwright.converter.simplify import simplify
from bitwright.converter.writers.tflite import write_tflite
from floats import run_model
from oracle import needs_tflite, run_tflite_sequence
from single import same as same_integers
from single import vectors
from torch_networks import NETWORKS, BasicBlock, conv, network
from torch_peer import Lambda, assert_close, expected, operators, random, same, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn, F = torch.nn, torch.nn.functional


def named(graph: Graph) -> list[str]:
    """The nodes' names without those of the transposes and reshapes around channels-last operators."""
    return [node.name for node in graph.nodes if node.op not in ("TRANSPOSE", "RESHAPE")]


@cache
def read(name: str) -> tuple[Any, Any, Graph]:
    """A network in train mode, an input and its graph."""
    module, x = network(name)
    return module, x, read_torch(module, x)


# -- what they compute ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_network(name: str) -> None:
    """The graph computes what the module computes in eval mode; the module, in train mode, stays as it is."""
    module, x = network(name)
    before = copy.deepcopy(module.state_dict())
    graph = read_torch(module, x)
    assert graph.is_float
    assert all(part.training for part in module.modules())
    after = module.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert_close(run_float(graph, [x.numpy()]), expected(module, x))


#: Elements that these networks do move: shuffled channels and pixels, an MLP over the patches.
MOVING = {"shufflenet": 2, "group_normalized": 1, "mixer": 2}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_passes_remove_the_transposes(name: str) -> None:
    """After the passes a convolutional network transposes nothing, keeps its names and computes the same."""
    module, x, graph = read(name)
    simple = simplify(graph)
    assert_close(run_model(simple, [x.numpy()]), expected(module, x))
    transposed = [node.name for node in simple.nodes if node.op == "TRANSPOSE"]
    assert len(transposed) <= MOVING.get(name, 0), transposed
    assert not any(node.op == "BATCH_NORM" for node in simple.nodes)
    paths = {path for path, part in module.named_modules() if isinstance(part, nn.Conv1d | nn.Conv2d | nn.Linear)}
    if name != "transformer":  # MultiheadAttention takes its projection's weights without calling it
        assert paths <= {node.name.split("/")[0] for node in simple.nodes}


@pytest.mark.parametrize("name", ["resnet", "vit", "transformer"])
def test_a_batch_in_the_place_of_one_sample(name: str) -> None:
    module, x, graph = read(name)
    batch = random(3, *x.shape[1:], seed=5)
    assert_close(run_float(graph, [batch.numpy()]), expected(module, batch))


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_quantized(name: str) -> None:
    """Every operator has an integer form: 8 bits leave 30 dB between signal and noise."""
    _, x, graph = read(name)
    result = quantize_model(simplify(graph), random(8, *x.shape[1:], seed=3).numpy(), recipe="minmax")
    assert not result.graph.is_float
    assert result.judgement.sqnr > 30


@pytest.mark.parametrize(("name", "recipe"), [("vit", "wide"), ("transformer", "second-order"), ("mixer", "wide")])
def test_quantized_layer_by_layer(name: str, recipe: str) -> None:
    """Methods that go through a network layer by layer serve those whose layers move the batch elsewhere."""
    _, x, graph = read(name)
    result = quantize_model(simplify(graph), random(8, *x.shape[1:], seed=3).numpy(), recipe=recipe)
    assert result.judgement.sqnr > (40 if recipe == "wide" else 30)


@needs_tflite
@pytest.mark.parametrize("name", ["resnet", "shufflenet", "tcn", "unet"])
def test_exported(name: str) -> None:
    """Written as .tflite, the integer network is the same to the bit in tflite-runtime."""
    _, x, graph = read(name)
    network = quantize_model(simplify(graph), random(2, *x.shape[1:], seed=3).numpy(), recipe="minmax").graph
    inputs = vectors(network, seed=0)
    same_integers(
        [Session(network).trace(values).outputs for values in inputs],
        run_tflite_sequence(write_tflite(network), inputs),
        "tflite-runtime",
    )


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")
@pytest.mark.parametrize("name", ["convnext", "efficientnet", "group_normalized", "mobilenet_v3", "tcn", "unet"])
def test_programs_in_core_operators(name: str) -> None:
    """A program that was taken apart into PyTorch's core operators is the same network."""
    module, x, _ = read(name)
    program = torch.export.export(copy.deepcopy(module).eval(), (x,)).run_decompositions()
    assert_close(run_float(read_torch(program), [x.numpy()]), expected(module, x))


# -- names ---------------------------------------------------------------------------------------------------------


def test_nodes_are_named_by_their_modules() -> None:
    graph = read("resnet")[2]
    block = ["conv1", "bn1", "relu", "conv2", "bn2", "add", "relu_1"]
    wanted = ["conv1", "bn1", "relu", "maxpool"]
    wanted += [f"layer1.{i}{'/' if part == 'add' else '.'}{part}" for i in (0, 1) for part in block]
    second = [f"layer2.0{'/' if part == 'add' else '.'}{part}" for part in block]
    wanted += [*second[:5], "layer2.0.downsample.0", "layer2.0.downsample.1", *second[5:]]
    wanted += [f"layer2.1{'/' if part == 'add' else '.'}{part}" for part in block] + ["avgpool", "fc"]
    assert named(graph) == wanted
    assert graph.name == "ResNet" and graph.inputs == ("x",) and graph.outputs == ("fc",)
    assert {"conv1.weight", "bn1.running_var", "layer2.0.downsample.0.weight", "fc.bias"} <= set(graph.tensors)


def test_modules_of_several_operators_add_the_operator() -> None:
    names = named(read("transformer")[2])
    assert "layer.norm1" in names and "layer.linear1" in names and "layer/gelu" in names and "layer/add" in names
    assert {"layer.self_attn/linear", "layer.self_attn/linear_1"} <= set(names)
    assert "layer.self_attn/scaled_dot_product_attention" in names


def test_a_module_called_twice_keeps_one_set_of_weights() -> None:
    class Twice(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.block = conv(4, 4)

        def forward(self, x: Any) -> Any:
            return self.block(self.block(x))

    graph = same(shaken(Twice()), random(1, 4, 6, 6))
    assert named(graph) == ["block.0", "block.1", "block.2", "block.0_1", "block.1_1", "block.2_1"]
    assert [name for name in graph.tensors if name.startswith("block.0.weight")] == ["block.0.weight"]


class Nested(nn.Module):  # type: ignore[misc]
    """Inputs and outputs in tuples and dictionaries."""

    def forward(self, image: Any, others: Any, scale: Any = None) -> Any:
        total = image + others["left"] * others["right"][0]
        return {"total": total, "parts": (image * 2, [others["left"] - 1]), "unused": None}, total.argmax(1)


def test_nested_inputs_and_outputs_are_flat_and_named() -> None:
    x, y, z = (random(1, 4, 5, seed=seed) for seed in range(3))
    graph = read_torch(Nested(), (x, {"left": y, "right": (z,)}))
    assert graph.inputs == ("image", "others_left", "others_right_0")
    assert graph.outputs == ("0.total", "0.parts.0", "0.parts.1.0", "argmax")
    assert graph.tensor("argmax").dtype is DType.INT32
    found = run_float(graph, [x.numpy(), y.numpy(), z.numpy()])
    assert_close(found, [(x + y * z).numpy(), (x * 2).numpy(), (y - 1).numpy(), (x + y * z).argmax(1).numpy()])
    keywords = read_torch(Nested(), {"image": x, "others": {"left": y, "right": (z,)}})
    assert keywords.inputs == graph.inputs and keywords.outputs == graph.outputs


def test_buffers_and_constants_are_folded() -> None:
    class Scaled(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.arange(3.0).view(1, 3, 1, 1), persistent=False)
            self.std = torch.tensor([1.0, 2.0, 4.0])
            self.gain = nn.Parameter(torch.full((3, 1, 1), 0.3))

        def forward(self, x: Any) -> Any:
            with torch.no_grad():
                x = (x - self.mean) / self.std.view(3, 1, 1).sqrt()
            return x * self.gain.exp() + torch.linspace(0, 1, 3).outer(torch.ones(4)).sum(1)[:, None, None]

    assert operators(same(Scaled(), random(1, 3, 5, 5))) == ["SUB", "MUL", "MUL", "ADD"]


def test_other_float_types_are_read_as_float32() -> None:
    layer = shaken(nn.Linear(4, 3)).to(torch.bfloat16)
    graph = read_torch(layer, random(1, 4).to(torch.bfloat16))
    assert graph.tensor("input").dtype is DType.FLOAT32
    np.testing.assert_array_equal(graph.tensor("weight").value(), layer.weight.detach().float().numpy())
    same_as_double = read_torch(shaken(nn.Linear(4, 3)).double(), random(1, 4).double())
    assert same_as_double.tensor("weight").dtype is DType.FLOAT32


# -- the forms in which they arrive --------------------------------------------------------------------------------


def assert_equal(first: Graph, second: Graph) -> None:
    """The same nodes over the same tensors and values."""
    assert first.nodes == second.nodes
    assert (first.inputs, first.outputs) == (second.inputs, second.outputs)
    assert first.tensors.keys() == second.tensors.keys()
    for name, tensor in first.tensors.items():
        other = second.tensors[name]
        assert (tensor.shape, tensor.dtype) == (other.shape, other.dtype)
        if tensor.is_constant:
            np.testing.assert_array_equal(tensor.value(), other.value())


@pytest.mark.parametrize("name", ["mobilenet_v3", "tcn", "transformer"])
def test_pt2_round_trip(name: str, tmp_path: Path) -> None:
    module, x, _ = read(name)
    program = torch.export.export(copy.deepcopy(module).eval(), (x,))
    torch.export.save(program, tmp_path / "network.pt2")
    graph = read_torch(tmp_path / "network.pt2")
    assert graph.name == "network" and len(graph.digest) == 64
    assert_equal(graph, read_torch(program))
    assert_equal(graph, read(name)[2])


def test_the_digest_of_a_module_tells_networks_apart() -> None:
    x = random(1, 4)
    first, second = shaken(nn.Linear(4, 3), 1), shaken(nn.Linear(4, 3), 2)
    assert read_torch(first, x).digest == read_torch(copy.deepcopy(first), x).digest
    assert len({read_torch(first, x).digest, read_torch(second, x).digest, read_torch(nn.Tanh(), x).digest}) == 3


def test_example_inputs_are_a_tensor_or_several() -> None:
    x = random(1, 4)
    graphs = [read_torch(shaken(nn.Linear(4, 3)), given) for given in (x, (x,), [x], {"input": x})]
    for graph in graphs[1:]:
        assert_equal(graphs[0], graph)


def test_strict_exports_are_read_alike() -> None:
    module, x = shaken(BasicBlock(3, 8, 2)), random(1, 3, 8, 8)
    program = torch.export.export(module.eval(), (x,), strict=True)
    assert named(read_torch(program)) == named(read_torch(module, x))


def test_a_lambda_has_the_names_of_its_operators() -> None:
    graph = read_torch(Lambda(lambda x, y: F.relu(x + y) + y), (random(1, 4), random(1, 4)), name="sums")
    assert named(graph) == ["add", "relu", "add_1"] and graph.name == "sums"


def test_load_reads_pt2_files_and_programs(tmp_path: Path) -> None:
    module, x = network("mobilenet_v2")
    program = torch.export.export(copy.deepcopy(module).eval(), (x,))
    torch.export.save(program, tmp_path / "network.pt2")
    graph = load(tmp_path / "network.pt2")
    assert graph.name == "network" and graph.digest == read_torch(tmp_path / "network.pt2").digest
    assert_equal(graph, load(program))
    assert_equal(graph, load(module, x))


def test_numbers_among_the_inputs_are_fixed() -> None:
    class Scaled(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any, factor: float, flag: Any = None, *, shift: int = 1) -> Any:
            return x * factor + shift if flag is None else x

    x = random(1, 4)
    graph = read_torch(Scaled(), (x, 2.5))
    assert graph.inputs == ("x",)
    assert_close(run_float(graph, [x.numpy()]), [(x * 2.5 + 1).numpy()])


def test_an_output_may_be_returned_twice_or_be_the_input() -> None:
    same(Lambda(lambda x: (y := x * 2, y, x)), random(1, 4, 5, 6))
