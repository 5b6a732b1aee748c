"""Image front ends: near the float pipeline, C as the reference, the network unchanged behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session, to_integers
from bitwright.converter.sensors.image import ImageFrontEnd, with_image
from bitwright.errors import InputError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from single import activation, few, scales, seeds, single, zero_points


def network(height: int, width: int, channels: int, scale: float, zero_point: int) -> Graph:
    """MAX_POOL_2D of single pixels: the output is the input."""
    shape = (1, height, width, channels)
    tensors = activation("x", shape, scale, zero_point), activation("y", (), scale, zero_point)
    window = {"padding": "VALID", "stride": (1, 1), "filter": (1, 1), "activation": "NONE"}
    return single("MAX_POOL_2D", [tensors[0]], [tensors[1]], window)


def bilinear(image: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Half-pixel centres, written anew in float64."""

    def along(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
        position = np.clip((np.arange(size) + 0.5) * len(values) / size - 0.5, 0, len(values) - 1)
        low = np.floor(position).astype(int)
        share = (position - low).reshape(-1, *[1] * (values.ndim - 1))
        return values[low] * (1 - share) + values[np.minimum(low + 1, len(values) - 1)] * share

    return along(along(image, rows).swapaxes(0, 1), columns).swapaxes(0, 1)


@few
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    camera=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    channels=st.sampled_from([1, 3]),
    crop=st.booleans(),
    scale=scales(0.01, 0.1),
    zero_point=zero_points,
    seed=seeds,
)
def test_near_the_float_pipeline_and_the_same_in_c(
    size: tuple[int, int],
    camera: tuple[int, int],
    channels: int,
    crop: bool,
    scale: float,
    zero_point: int,
    seed: int,
) -> None:
    mean, std = (0.485, 0.456, 0.406)[:channels], (0.229, 0.224, 0.225)[:channels]
    front = ImageFrontEnd(*camera, crop, mean, std)
    joined = read_native(write_native(with_image(network(*size, channels, scale, zero_point), front)), "model")
    image = np.random.default_rng(seed).integers(0, 256, (1, *camera, channels), np.uint8)
    integers = to_integers(joined, [image])
    got = Session(joined).trace(integers).outputs
    model = model_sources(joined, ["generic"], "model")
    assert np.array_equal(got[0], call(model, build(model), integers)[0])
    cut = image[0].astype(np.float64)
    if crop:
        high, wide = min(camera[0], max(1, camera[1] * size[0] // size[1])), 0
        wide = min(camera[1], max(1, camera[0] * size[1] // size[0]))
        top, left = (camera[0] - high) // 2, (camera[1] - wide) // 2
        cut = cut[top : top + high, left : left + wide]
    real = (bilinear(cut, *size) / 255 - mean) / std
    wanted = np.clip(real / np.float32(scale) + zero_point, -128, 127)
    # The resized pixel is rounded to a whole one, at positions in steps of 1/1024; that much, and one rounding.
    tolerance = (0.5 + 255 * 2 * 20 / 1024) / 255 / min(std) / scale + 0.51
    assert np.abs(got[0][0] - wanted).max() <= tolerance


def test_pixels_that_fit_the_network_are_left_alone() -> None:
    plain = network(6, 5, 3, 1 / 255, -128)
    joined = with_image(plain, ImageFrontEnd(6, 5))
    assert [node.op for node in joined.nodes] == ["MAX_POOL_2D"]
    image = np.arange(90, dtype=np.uint8).reshape(1, 6, 5, 3)
    assert np.array_equal(Session(joined).trace(to_integers(joined, [image])).outputs[0] + 128, image)
    resized = with_image(plain, ImageFrontEnd(12, 10))
    assert [node.op for node in resized.nodes] == ["RESIZE_BILINEAR", "MAX_POOL_2D"]
    # -1 to 1, as MobileNet's networks take it.
    signed = with_image(network(6, 5, 3, 1 / 127.5, -1), ImageFrontEnd(6, 5, mean=(0.5,), std=(0.5,)))
    assert [node.op for node in signed.nodes] == ["DEPTHWISE_CONV_2D", "MAX_POOL_2D"]


def test_normalised_once() -> None:
    """Without resizing every pixel's integer is the rounding of the real value."""
    scale, zero_point = 0.02, 3
    joined = with_image(network(16, 16, 1, scale, zero_point), ImageFrontEnd(16, 16, mean=(0.4,), std=(0.3,)))
    image = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    got = Session(joined).trace(to_integers(joined, [image])).outputs[0]
    wanted = (image / 255 - 0.4) / 0.3 / np.float32(scale) + zero_point
    assert np.abs(got - np.clip(wanted, -128, 127)).max() <= 0.5 + 1e-2


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (ImageFrontEnd(0, 5), "0 x 5"),
        (ImageFrontEnd(6, 5, mean=(0.1, 0.2)), "one for each of 3 channels"),
        (ImageFrontEnd(6, 5, std=(0.0,)), "must be positive"),
        (ImageFrontEnd(6, 5, mean=(float("nan"),)), "finite"),
        (ImageFrontEnd(6, 5, mean=(1e9,)), "far outside"),
    ],
)
def test_settings_that_do_not_fit(front: ImageFrontEnd, said: str) -> None:
    with pytest.raises(InputError, match=said):
        with_image(network(6, 5, 3, 0.02, 0), front)


def test_networks_that_take_no_image() -> None:
    graph = network(6, 5, 3, 0.02, 0)
    with pytest.raises(InputError, match="an image is int8"):
        wide = {name: replace(tensor, dtype=DType.INT16) for name, tensor in graph.tensors.items()}
        with_image(replace(graph, tensors=wide), ImageFrontEnd(6, 5))
    with pytest.raises(InputError, match="front end already"):
        with_image(with_image(graph, ImageFrontEnd(12, 10)), ImageFrontEnd(12, 10))
