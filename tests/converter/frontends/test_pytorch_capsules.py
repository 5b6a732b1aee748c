"""Capsule layers of bitwright.nn: they train, an export keeps them whole, the integers stay near the float network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT
from bitwright.converter.float_reference import run_float
from bitwright.converter.quantize.methods.paper_q7 import bits_for
from bitwright.converter.quantize.recipe import find_recipe
from bitwright.errors import BitwrightError
from numpy.typing import NDArray
from tools import needs_target

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
from bitwright.nn import capsule  # noqa: E402

Images = tuple[NDArray[np.float32], NDArray[np.int64]]


def digits() -> Images:
    """The 360 images of 8x8 that the example ships."""
    with np.load(ROOT / "examples" / "digits" / "heldout.npz") as file:
        images, labels = file["in0"], file["labels"]
    scaled = (images.reshape(-1, 1, 8, 8).astype(np.float32) + 128) / 255
    return scaled.astype(np.float32), labels.astype(np.int64)


@pytest.fixture(scope="module")
def trained() -> Any:
    """A network of 16 primary capsules of 8 elements and ten of 8, trained on 260 digits for a few seconds."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3),
        torch.nn.ReLU(),
        capsule.PrimaryCapsules(8, 4, 8, kernel_size=3, stride=2),
        capsule.CapsuleLayer(16, 8, 10, 8, iterations=3),
        capsule.Length(),
    )
    images, labels = (torch.from_numpy(array[:260]) for array in digits())
    optimizer = torch.optim.Adam(network.parameters(), 2e-2)
    for _ in range(12):
        for batch in torch.randperm(260).split(65):
            loss = capsule.margin_loss(network(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return network.eval()


@pytest.fixture(scope="module")
def graph(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The network by way of a file."""
    path = tmp_path_factory.mktemp("capsules") / "digits.pt2"
    torch.export.save(torch.export.export(trained, (torch.zeros(1, 1, 8, 8),)), path)
    return bitwright.load(path)


def test_an_export_keeps_capsules_whole(trained: Any, graph: Any) -> None:
    ops = {node.name: node.op for node in graph.nodes if node.op != "RESHAPE"}
    assert list(ops.values()) == ["CONV_2D", "CONV_2D", "SQUASH", "CAPSULE_ROUTING", "CAPSULE_LENGTH"]
    assert ops["3"] == "CAPSULE_ROUTING"  # the module's path
    images = digits()[0][:20]
    with torch.no_grad():
        wanted = trained(torch.from_numpy(images)).numpy()
    assert np.abs(run_float(graph, [images])[0] - wanted).max() < 1e-5


@pytest.fixture(scope="module")
def quantized(graph: Any) -> dict[str, Any]:
    """In both arithmetics, judged on 100 images that it was not trained on."""
    images, labels = digits()
    evaluation = [(images[260:], labels[260:])]
    return {recipe: bitwright.quantize(graph, images[:100], evaluation, recipe) for recipe in ("minmax", "paper-q7")}


@pytest.mark.parametrize(("recipe", "least"), [("minmax", 0.98), ("paper-q7", 0.85)])
def test_the_integers_agree_with_the_float_network(quantized: dict[str, Any], recipe: str, least: float) -> None:
    result = quantized[recipe]
    assert result.judgement.accuracy_float is not None and result.judgement.accuracy_float > 0.75
    assert result.judgement.agreement is not None and result.judgement.agreement >= least


@pytest.mark.parametrize("target", [needs_target(t) for t in ("mps2-an386", "qemu-rv32")])
def test_every_layer_on_the_cores(quantized: dict[str, Any], target: str) -> None:
    """Both arithmetics, with the predictions recomputed and kept."""
    for recipe, kernel in (("minmax", "recomputed"), ("paper-q7", "kept")):
        report = bitwright.verify(quantized[recipe].graph, target, vectors=2, choices={"3": kernel})
        assert report.bit_exact, report.mismatches[:3]


def test_gradients_are_those_of_the_definition() -> None:
    x = torch.rand(2, 3, 4, dtype=torch.double, requires_grad=True)
    weight = torch.rand(5, 3, 2, 4, dtype=torch.double, requires_grad=True)
    for iterations in (1, 3):
        assert torch.autograd.gradcheck(lambda a, w, r=iterations: capsule.capsule_routing(a, w, r), (x, weight))
    assert torch.autograd.gradcheck(capsule.squash, (x,))
    assert torch.autograd.gradcheck(capsule.capsule_length, (x,))
    zero = torch.zeros(1, 4, requires_grad=True)
    (capsule.squash(zero).sum() + capsule.capsule_length(zero).sum()).backward()
    assert torch.equal(zero.grad, torch.zeros(1, 4))


def test_primary_capsules_are_those_of_one_pixel() -> None:
    """Capsules of a pixel side by side, pixels row by row."""
    layer = capsule.PrimaryCapsules(3, 2, 4, kernel_size=1)
    images = torch.rand(1, 3, 2, 5)
    features = layer.conv(images)
    got = layer(images)
    assert got.shape == (1, 20, 4)
    assert torch.allclose(got[0, 2 * 7 + 1], capsule.squash(features[0, 4:, 1, 2]))


def test_wrong_shapes_and_counts_are_named() -> None:
    with pytest.raises(ValueError, match="at least one iteration"):
        capsule.CapsuleLayer(3, 4, 5, 2, iterations=0)
    with pytest.raises(ValueError, match="do not fit capsules"):
        capsule.capsule_routing(torch.rand(1, 3, 4), torch.rand(5, 3, 4, 2))


def test_formats_are_the_papers() -> None:
    """The most bits of fraction with which the largest magnitude rounds to 128 or less."""
    assert [bits_for(reach) for reach in (1.0, 1.003, 1.0039, 0.99, 127.9, 128.6, 1e9, 0.0)] == [7, 7, 7, 7, 0, 0, 0, 7]
    assert [bits_for(reach) for reach in (1.004, 0.25, 0.5, 2.0)] == [6, 9, 8, 6]


def test_a_wrong_option_is_named(graph: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text(
        "[scheme]\nsymmetric = true\nper_channel = false\npower_of_two = true\n"
        '[[method]]\nname = "paper_q7"\nlogits = "somehow"\n'
    )
    with pytest.raises(BitwrightError, match="logits must be published or aligned, not 'somehow'"):
        bitwright.quantize(graph, digits()[0][:20], recipe=str(recipe))
    assert find_recipe("paper-q7").scheme.saturating
