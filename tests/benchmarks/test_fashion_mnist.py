"""A small run of the Fashion-MNIST benchmark: read, train, rescale, convert, tabulate."""

from __future__ import annotations

import gzip
import importlib
import struct
from pathlib import Path
from types import ModuleType

import background
import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch")


def module(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.fashion_mnist.{name}")


def pictures(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Ten noisy patterns, the same from either side, so that mirroring leaves the class."""
    random = np.random.default_rng(7)
    halves = np.kron(random.choice([-1.0, 1.0], (10, 7, 4)), np.ones((4, 4)))[:, :, :14]
    patterns = np.concatenate([halves, halves[:, :, ::-1]], axis=2)
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    images = patterns[labels][:, None] + random.normal(0, 0.5, (count, 1, 28, 28))
    return images.astype(np.float32), labels


def test_idx_files_are_read(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 2, 3, 4) + values.tobytes()))
    assert np.array_equal(module("data").read_idx(path), values)


def test_no_image_is_in_two_splits() -> None:
    splits = module("data")._SPLITS
    parts = [range(60_000)[part] for stem, part in splits.values() if stem == "train"]
    assert [len(part) for part in parts] == [55_000, 4_500, 500]
    assert sorted(index for part in parts for index in part) == list(range(60_000))


@background.needs_data
def test_the_test_images_are_normalized() -> None:
    test = module("data").load("test")
    assert test.images.shape == (5_000, 1, 28, 28)
    assert abs(float(test.images.mean())) < 0.02 and abs(float(test.images.std()) - 1) < 0.02
    assert np.bincount(test.labels).min() > 400


@pytest.mark.parametrize("name", ["lenet", "resnet8", "mobilenetv2", "mobilenetv1_unequal"])
def test_networks_score_ten_classes(name: str) -> None:
    network = module("networks").NETWORKS[name]().eval()
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_rescaling_keeps_the_function_and_spreads_the_ranges() -> None:
    networks = module("networks")
    torch.manual_seed(0)
    network = networks.MobileNetV1()
    images = torch.randn(64, 1, 28, 28)
    network(images)  # moves the running statistics of batch normalization
    network.eval()
    convolution, normalization = network.features[3], network.features[1]
    before, weights = network(images).detach(), normalization.weight.detach().clone()
    inputs = convolution.weight.detach().clone()
    networks.rescale(network, 2.0, seed=1)
    after = network(images).detach()
    assert torch.allclose(after, before, rtol=1e-4, atol=1e-5 * float(before.abs().max()))
    factors = (normalization.weight / weights).detach().numpy()
    assert factors.max() / factors.min() > 30
    assert np.allclose((convolution.weight / inputs).detach().numpy()[:, 0, 0, 0], 1 / factors, rtol=1e-5)


def test_a_network_is_trained_and_converted() -> None:
    train, networks, converter = module("train"), module("networks"), module("converters.bitwright_minmax")
    torch.manual_seed(0)
    network = networks.LeNet()
    images, labels = pictures(512, seed=1)
    train.train(network, torch.from_numpy(images), torch.from_numpy(labels), epochs=4)
    network.to(memory_format=torch.contiguous_format)
    images, labels = pictures(100, seed=2)
    accuracy = train.accuracy(network, torch.from_numpy(images), torch.from_numpy(labels))
    assert accuracy > 0.8
    converted = converter.convert(network, pictures(64, seed=3)[0], "lenet")
    found = converted.predict(images)
    expected = network(torch.from_numpy(images)).detach().numpy()
    assert abs(np.mean(found.argmax(1) == labels) - accuracy) <= 0.02
    assert np.mean((found - expected) ** 2) < 0.01 * np.mean(expected**2)


@background.needs_data
def test_the_page_tells_results_and_failures() -> None:
    compare = module("compare")
    good = {
        "converter": "bitwright_auto",
        "network": "lenet",
        "versions": {"bitwright": "0.1.0"},
        "accuracy_float": 0.9,
        "accuracy": 0.8988,
        "seconds": 3.25,
        "cpu_seconds": 2.0,
        "judging": 4.0,
        "peak": 2**28,
        "note": "minmax",
    }
    bad = {"converter": "ai_edge", "network": "lenet", "error": "No module named 'litert_torch'"}
    page = compare.page({"bitwright_auto lenet": good, "ai_edge lenet": bad})
    assert "| lenet | float | 90.00% |" in page
    assert "| Bitwright, auto | 89.88% | +0.12 | 3.2 (4.0) | 2.0 | 256 | minmax |" in page
    assert "failed: No module named 'litert_torch'" in page
    assert "Versions: bitwright 0.1.0." in page
