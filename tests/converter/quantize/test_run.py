"""From a float network to a judged model file, through the Python functions and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bitwright.cli import main
from bitwright.converter.float_reference import run_float
from bitwright.converter.load import load
from bitwright.converter.native import read_judgement, read_native, write_native
from bitwright.converter.quantize.judge import judge
from bitwright.converter.quantize.recipe import AUTO, find_recipe, quantize, quantize_auto, read_recipe, recipe_names
from bitwright.converter.quantize.run import quantize_model
from bitwright.converter.reference import run
from bitwright.errors import InputError
from convnets import convnet, data, images
from tools import needs_target


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.description
    result = quantize(convnet(), data(48), recipe)
    judgement = judge(result, data(48, seed=5))
    assert judgement.sqnr > 20 and len(judgement.layers) >= 11
    assert np.allclose(
        run_float(result.floating, data(8).inputs)[0], run_float(convnet(), data(8).inputs)[0], atol=1e-5
    )


def test_auto_stops_at_the_first_within_budget_and_says_what_it_tried() -> None:
    losses = dict(zip(AUTO, (9.0, 5.0, 2.0, 1.0, 0.5, 0.4, 0.1), strict=True))
    chosen, attempts = quantize_auto(convnet(), data(8), lambda q: losses[q.recipe.name], 2.5, names=AUTO[:4])
    assert chosen.recipe.name == AUTO[2] and [a.recipe for a in attempts] == list(AUTO[:3])
    chosen, attempts = quantize_auto(convnet(), data(8), lambda q: losses[q.recipe.name], 0.0, names=AUTO[:3])
    assert chosen.recipe.name == AUTO[2] and [a.loss for a in attempts] == [9.0, 5.0, 2.0]


def test_the_judgement_is_what_it_says() -> None:
    graph, evaluation = convnet(), data(40, seed=9)
    labels = run_float(graph, evaluation.inputs)[0].argmax(axis=1)
    labels[:4] = (labels[:4] + 1) % 5
    result = quantize(graph, data(), find_recipe("minmax"))
    judgement = judge(result, evaluation, labels)
    outputs = np.concatenate([run(result.integer, [image[None]])[0] for image in evaluation.inputs[0]])
    expected = run_float(graph, evaluation.inputs)[0]
    assert judgement.accuracy_float == pytest.approx(0.9)
    assert judgement.accuracy_integer == np.mean(outputs.argmax(axis=1) == labels)
    assert judgement.mse == pytest.approx(np.mean((outputs - expected) ** 2))
    assert judgement.confusion is not None and np.sum(judgement.confusion) == 40
    assert np.trace(np.array(judgement.confusion)) == round(judgement.accuracy_integer * 40)
    for layer in judgement.layers:
        assert sum(layer.float_histogram) == sum(layer.integer_histogram)
        assert layer.own >= layer.sqnr - 3 and 0 <= layer.share <= 1
    assert judgement.worst_layers(1)[0].own == min(layer.own for layer in judgement.layers)


def test_a_layer_that_loses_is_found() -> None:
    """A channel a thousand times larger than the others ruins its layer, and the judge points at it."""
    graph = convnet()
    weights = graph.tensors["w3"].data
    assert weights is not None
    weights[0] *= 1000
    judgement = judge(quantize(graph, data(), find_recipe("minmax")), data())
    assert {layer.name for layer in judgement.worst_layers(3)} & {"left", "join", "residual"}


def test_recipes_with_errors_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    for text, message in (
        ("scheme = 3", "takes observer"),
        ("[scheme]\nobserver = 'best'", "no observer 'best'"),
        ("[scheme]\nwide = 'x'", "wide must be a list"),
        ("[scheme]\nsymmetric = 1", "symmetric must be true or false"),
        ("[[method]]\nname = 'magic'", "no method 'magic'"),
        ("other = 1", "unknown other"),
        ("[scheme", "mine.toml"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_recipe(path)
    path.write_text("[[method]]\nname = 'equalize'\nspeed = 3")
    with pytest.raises(InputError, match=r"method 'equalize'.*speed"):
        quantize(convnet(), data(4), read_recipe(path))
    with pytest.raises(InputError, match="no recipe 'fast'"):
        find_recipe("fast")


def test_a_quantized_graph_is_not_quantized_again() -> None:
    integer = quantize(convnet(), data(4), find_recipe("minmax")).integer
    with pytest.raises(InputError, match="quantized already"):
        quantize_model(integer, images(4))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A quantized model file."""
    result = quantize_model(convnet(), images(48), images(32, seed=4), "minmax")
    path = tmp_path / "net.bwq"
    path.write_bytes(write_native(result.graph, result.to_json()))
    return path


def test_the_model_file_holds_the_graph_and_what_it_cost(model: Path) -> None:
    loaded, direct = load(model), read_native(model.read_bytes(), "net")
    assert write_native(direct, read_judgement(model.read_bytes(), "net")) == model.read_bytes()
    judgement = read_judgement(model.read_bytes(), "net")
    assert judgement is not None and judgement["samples"] == 32 and len(judgement["layers"]) >= 11
    image = images(1, seed=8)
    assert np.array_equal(run(loaded, image)[0], run(direct, image)[0])
    assert [node.name for node in loaded.nodes][:2] == ["stem", "depthwise"]


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
@pytest.mark.parametrize("recipe", ["minmax", "wide", "power-of-two"])
def test_quantized_networks_are_bit_exact_on_the_target(recipe: str, target: str, tmp_path: Path) -> None:
    path, report = tmp_path / "net.bwq", tmp_path / "report.json"
    path.write_bytes(write_native(quantize_model(convnet(), images(32), recipe=recipe).graph))
    assert main(["verify", str(path), "--target", target, "--vectors", "9", "--json", str(report)]) == 0
    assert json.loads(report.read_text())["bit_exact"]


def test_the_page_says_everything_and_needs_nothing(model: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["report", str(model), "--target", "host", "-o", str(page)]) == 0
    text = page.read_text()
    for part in ("bit-exact", "stem", "Memory over time", "Error that each layer adds", "SQNR", "Recipe <b>minmax</b>"):
        assert part in text
    outside = text.replace("http://www.w3.org/2000/svg", "")
    assert "http" not in outside and "<script" not in outside and "src=" not in outside


def test_export_gives_the_same_integers(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.tflite"
    assert main(["export", str(model), "-o", str(file)]) == 0
    ours, theirs = load(model), load(file)
    rng = np.random.default_rng(0)
    for _ in range(5):
        values = rng.integers(-128, 128, (1, 8, 8, 3)).astype(np.int8)
        assert np.array_equal(run(replace(ours, edges={}), values)[0], run(theirs, values)[0])


@pytest.mark.parametrize("damage", range(12))
def test_damaged_model_files_are_one_error(damage: int, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = bytearray(model.read_bytes())
    rng = np.random.default_rng(damage)
    if damage % 2:
        content = content[: rng.integers(4, len(content))]
    else:
        for _ in range(4):
            content[rng.integers(4, len(content))] ^= 1 << rng.integers(0, 8)
    model.write_bytes(content)
    code = main(["compile", str(model), "--target", "host", "-o", str(model.parent / "out")])
    error = capsys.readouterr().err
    assert code == 0 or (code == 2 and error.startswith("bitwright: error: ") and error.count("\n") == 1)
    assert code == 0 or not (model.parent / "out").exists()
