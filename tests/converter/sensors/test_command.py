"""``bitwright frontend`` with images and windows of samples."""

from __future__ import annotations

from pathlib import Path

import bitwright
import pytest
from background import ROOT
from bitwright.cli import main

DIGITS = str(ROOT / "examples" / "digits" / "digits_int8.tflite")


def test_an_image_front_end_is_written_and_runs(tmp_path: Path) -> None:
    output = tmp_path / "camera.bwq"
    assert main(["frontend", DIGITS, "--image", "20x30", "--crop", "--mean", "0.1", "-o", str(output)]) == 0
    graph = bitwright.load(output)
    assert graph.tensor(graph.inputs[0]).shape == (1, 20, 30, 1)
    assert [node.op for node in graph.nodes[:3]] == ["SLICE", "RESIZE_BILINEAR", "DEPTHWISE_CONV_2D"]
    assert bitwright.verify(graph, "host", vectors=3).bit_exact


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--image", "20"], "--image takes two numbers"),
        (["--image", "20x-3"], "--image takes two numbers"),
        (["--image", "20x30", "--mean", "a"], "--mean takes numbers"),
        (["--image", "20x30", "--motion", "8x3"], "give one of them"),
        (["--motion", "8x3"], "--motion needs --scale"),
        (["--motion", "8x3", "--scale", "1", "--features", "median"], "no feature 'median'"),
        (["--motion", "8x3", "--scale", "1"], "are [1, 18]"),
    ],
)
def test_options_that_do_not_fit(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "camera.bwq"
    assert main(["frontend", DIGITS, "-o", str(output), *options]) == 2
    assert said in capsys.readouterr().err.replace("\n", " ")
    assert not output.exists()
