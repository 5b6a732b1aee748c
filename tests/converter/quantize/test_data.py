"""Samples from every kind of source, and one clear error for each that does not fit."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import DType, Edge, Graph
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.data import ImageScale, load_samples
from bitwright.errors import InputError
from convnets import convnet, images

GRAPH = convnet()


def identity(*shape: int) -> Graph:
    b = GraphBuilder("identity")
    return b.finish([b.node("relu", "RELU", [b.input("x", shape)])])


def test_arrays_and_files(tmp_path: Path) -> None:
    values, labels = images(6), np.arange(6) % 5
    np.save(tmp_path / "x.npy", values)
    np.savez(tmp_path / "x.npz", x=values, labels=labels)
    np.savez(tmp_path / "in0.npz", in0=values, y=labels)
    for source in (values, tmp_path / "x.npy", tmp_path / "x.npz", str(tmp_path / "in0.npz")):
        samples = load_samples(GRAPH, source, most=4)
        assert np.array_equal(samples.inputs[0], values[:4])
        if not isinstance(source, np.ndarray) and str(source).endswith("npz"):
            assert samples.labels is not None and np.array_equal(samples.labels, labels[:4])


def test_batches_as_a_loader_gives_them() -> None:
    values, labels = images(7), np.arange(7)
    pairs = load_samples(GRAPH, ((values[i : i + 3], labels[i : i + 3]) for i in (0, 3, 6)))
    assert np.array_equal(pairs.inputs[0], values)
    assert pairs.labels is not None and np.array_equal(pairs.labels, labels)
    assert np.array_equal(load_samples(GRAPH, [values[:3], values[3:]]).inputs[0], values)
    assert np.array_equal(load_samples(GRAPH, list(values)).inputs[0], values)


def test_a_torch_loader() -> None:
    torch = pytest.importorskip("torch")
    loader = torch.utils.data.DataLoader([(torch.from_numpy(image), i) for i, image in enumerate(images(7))], 3)
    samples = load_samples(GRAPH, loader)
    assert np.array_equal(samples.inputs[0], images(7))
    assert samples.labels is not None and list(samples.labels) == list(range(7))


def test_folders_of_images(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), np.uint8)
    for index, name in enumerate(("cat", "cat", "dog", "dog")):
        (tmp_path / name).mkdir(exist_ok=True)
        image.fromarray(pixels[index]).save(tmp_path / name / f"{index}.png")
    samples = load_samples(GRAPH, tmp_path, ImageScale((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)))
    assert samples.labels is not None and list(samples.labels) == [0, 1, 0, 1]
    assert np.allclose(samples.inputs[0], (pixels[[0, 2, 1, 3]] / 255 - 0.5) / 0.25, atol=1e-6)
    image.fromarray(pixels[0, :4]).save(tmp_path / "dog" / "small.png")
    with pytest.raises(InputError, match=r"small.png' is 8x4, the model takes 8x8"):
        load_samples(GRAPH, tmp_path)


def test_folders_of_sounds(tmp_path: Path) -> None:
    sound = np.arange(-50, 50, dtype="<i2") * 300
    for name in ("a.wav", "b.wav"):
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16000)
            file.writeframes(sound.tobytes())
    samples = load_samples(identity(1, 100), tmp_path)
    assert samples.labels is None and np.allclose(samples.inputs[0][1], sound / 32768)
    with pytest.raises(InputError, match="holds 100 samples, the model takes"):
        load_samples(identity(1, 99), tmp_path)


def test_channels_first_models_take_channels_first_samples() -> None:
    from dataclasses import replace

    graph = replace(GRAPH, edges={"x": Edge(DType.FLOAT32, (0, 2, 3, 1))})
    values = images(3).transpose(0, 3, 1, 2)
    assert np.array_equal(calibration(graph, [values]).inputs[0], images(3))
    with pytest.raises(InputError, match=r"takes samples of shape \[3, 8, 8\], the data holds \[8, 8, 3\]"):
        calibration(graph, [images(3)])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ([], "has 1 inputs, the data has 0"),
        ([np.zeros((0, 8, 8, 3))], "at least one"),
        ([np.zeros((4, 8, 8, 1))], r"of shape \[8, 8, 3\], the data holds \[8, 8, 1\]"),
        ([np.full((4, 8, 8, 3), np.inf)], "NaN or infinite"),
    ],
)
def test_data_that_does_not_fit(arrays: list[np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        calibration(GRAPH, arrays)


def test_sources_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"nonsense")
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    np.savez(tmp_path / "labels.npz", x=images(3), labels=np.array([0.5, 1, 2]))
    for source, message in (
        (tmp_path / "bad.npz", "is no readable"),
        (tmp_path / "absent.npy", "cannot be read"),
        (tmp_path / "empty", "holds no images"),
        (tmp_path / "other.npz", "holds weights; the model's inputs are read from in0"),
        (tmp_path / "labels.npz", "labels must be 3 class numbers"),
        ([], "data is empty"),
        (17, "cannot be read from int"),
        ([images(2), images(2)[:, :4]], "do not fit together"),
    ):
        with pytest.raises(InputError, match=message):
            load_samples(GRAPH, source)
