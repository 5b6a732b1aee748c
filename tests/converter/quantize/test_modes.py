"""Modes of transformers: which parts a block has, what computes in which type, and that accuracy orders them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.float_reference import run_float
from bitwright.converter.ir import DType, Graph
from bitwright.converter.quantize.annotate import Scheme
from bitwright.converter.quantize.calibration import calibration
from bitwright.converter.quantize.judge import integer_outputs
from bitwright.converter.quantize.modes import Module
from bitwright.converter.quantize.recipe import Recipe, find_recipe, quantize, read_recipe
from bitwright.converter.quantize.roles import roles
from bitwright.converter.reference import Session, quantized
from bitwright.errors import InputError
from blocks import CALIBRATION, classifier
from cbuild import build, call

ROLES = {
    "embedding": "embedding",
    "positions": "other",
    "norm1": "norm",
    "query": "qkv",
    "key": "qkv",
    "value": "qkv",
    "attention": "attention",
    "project": "output",
    "sum1": "residual",
    "norm2": "norm",
    "fc1": "fc1",
    "gelu": "activation",
    "fc2": "fc2",
    "sum2": "residual",
    "norm": "norm",
    "mean": "other",
    "head": "other",
}


def made(graph: Graph, scheme: Scheme) -> Graph:
    return quantize(graph, calibration(graph, [CALIBRATION]), Recipe("test", "", scheme)).integer


def types(graph: Graph, *names: str) -> list[tuple[str, str]]:
    """What the named nodes compute in: the types of their first operand and of their output."""
    nodes = {node.name: node for node in graph.nodes}
    return [
        (graph.input(nodes[n], 0).dtype.value, graph.output(nodes[n]).dtype.value) for n in names if n in nodes
    ]  # fmt: skip


@pytest.mark.parametrize("fused", [True, False])
def test_a_block_has_its_parts(fused: bool) -> None:
    found = roles(classifier(fused=fused))
    assert {name: found[name] for name in ROLES} == ROLES
    others = {role for name, role in found.items() if name not in ROLES}
    assert others <= {"attention", "embedding"}


def test_attention_with_a_cache_is_attention() -> None:
    graph = classifier()
    nodes = [replace(node, op="CACHED_ATTENTION") if node.name == "attention" else node for node in graph.nodes]
    assert roles(replace(graph, nodes=tuple(nodes))) == ROLES


def test_a_block_that_normalizes_last_has_the_same_parts() -> None:
    found = roles(classifier(last=True))
    assert {name: found[name] for name in ROLES if name != "norm2"} == {n: r for n, r in ROLES.items() if n != "norm2"}


def test_layers_that_are_no_block_have_no_part() -> None:
    graph = classifier()
    head = [node for node in graph.nodes if node.name in ("norm", "mean", "head")]
    found = roles(replace(graph, nodes=tuple(head), inputs=(head[0].inputs[0] or "",)))
    assert found == {"norm": "norm", "mean": "other", "head": "other"}


I8, I16 = "int8", "int16"


@pytest.mark.parametrize(
    ("hero", "attention", "project", "gelu", "fc2"),
    [
        ("M1", (I16, I16), (I16, I16), (I16, I16), (I16, I16)),
        ("M2", (I8, I8), (I8, I16), (I16, I16), (I16, I16)),
        ("M3", (I8, I8), (I8, I16), (I8, I8), (I8, I16)),
    ],
)
def test_what_each_mode_computes_in(
    hero: str, attention: tuple[str, str], project: tuple[str, str], gelu: tuple[str, str], fc2: tuple[str, str]
) -> None:
    graph = made(classifier(), Scheme(hero=hero))
    assert types(graph, "attention", "project", "gelu", "fc2") == [attention, project, gelu, fc2]
    assert types(graph, "query", "key", "value") == [(I8, attention[0])] * 3 and types(graph, "fc1") == [(I8, gelu[0])]
    assert types(graph, "embedding", "norm1", "sum1", "sum2", "head") == [(I8, I16), *[(I16, I16)] * 4]
    ops = [node.op for node in graph.nodes]
    assert ops.count("QUANTIZE_TOKENS") == 2  # once for queries, keys and values
    assert ops.count("QUANTIZE") == 0
    assert graph.tensor(graph.inputs[0]).dtype is DType.INT8


def test_modes_lose_in_order_and_run_in_c() -> None:
    graph = classifier()
    data = calibration(graph, [CALIBRATION])
    expected = run_float(graph, data.inputs)[0]
    noise = []
    for scheme in (Scheme(wide=("*",)), Scheme(hero="M1"), Scheme(hero="M3"), Scheme()):
        integer = quantize(graph, data, Recipe("test", "", scheme)).integer
        found = integer_outputs(integer, data)[0]
        noise.append(float(np.mean((found - expected) ** 2) / np.mean(expected**2)))
        if scheme.hero:
            source = integer.tensor(integer.inputs[0])
            inputs = [[quantized(source, sample[None])] for sample in CALIBRATION[:4]]
            session, library = Session(integer), build(model := model_sources(integer, ["generic"], "model"))
            for values in inputs:
                assert np.array_equal(session.trace(values).outputs[0], call(model, library, values)[0])
    assert noise[0] < noise[1] < noise[2] < noise[3] and noise[2] < 2e-3


def test_each_module_is_switched_by_itself() -> None:
    scheme = Scheme(
        hero="M3", modules=(Module("fc2", "int16"), Module(role="qkv", mode="int8"), Module("key", "tokens"))
    )
    graph = made(classifier(), scheme)
    assert types(graph, "gelu", "fc2") == [(I8, I8), (I16, I16)]
    nodes = {node.name: node for node in graph.nodes}
    assert len(nodes["key"].inputs) > 3 and nodes["query"].op == nodes["value"].op == "FULLY_CONNECTED"
    assert types(graph, "query", "value") == [(I8, I8)] * 2


@pytest.mark.parametrize("role", ["activation", "norm", "fc1", "fc2", "qkv", "attention", "output", "residual"])
def test_modules_in_float_among_modes(role: str) -> None:
    graph = classifier()
    data = calibration(graph, [CALIBRATION])
    scheme = Scheme(hero="M3", modules=(Module(role=role, mode="f32"),))
    integer = quantize(graph, data, Recipe("test", "", scheme)).integer
    parts = roles(graph)
    for node in integer.nodes:
        assert node.in_float == (parts.get(node.name) == role or node.op in ("FLOAT_QUANTIZE", "FLOAT_DEQUANTIZE"))
    expected, found = run_float(graph, data.inputs)[0], integer_outputs(integer, data)[0]
    assert np.mean((found - expected) ** 2) < 2e-3 * np.mean(expected**2)


def test_tokens_without_the_rest_widen_what_writes_them() -> None:
    graph = made(classifier(), Scheme(tokens=("fc1",)))
    assert types(graph, "norm2", "fc1", "norm1", "query") == [(I16, I16), (I8, I8), (I8, I8), (I8, I8)]
    # The last layer writes int8 as no reader asks for more.
    assert types(graph, "head") == [(I8, I8)]


def test_a_recipe_states_modes(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[scheme]\nhero = "M1"\n[[module]]\nrole = "fc2"\nmode = "int8"\n[[module]]\npattern = "k*"\nmode = "int16"\n'
    )
    assert read_recipe(path).scheme == Scheme(hero="M1", modules=(Module("*", "int8", "fc2"), Module("k*", "int16")))
    assert find_recipe("hero-m3").scheme.hero == "M3"
    for text, said in (
        ('[scheme]\nhero = "M4"\n', "there is no mode 'M4'; hero is one of M1, M2, M3"),
        ('[[module]]\npattern = "x"\n', r"a \[\[module\]\] has a mode"),
        ('[[module]]\nmode = "int8"\nsize = "x"\n', r"a \[\[module\]\] has a mode"),
        ("module = 3\n", r"modules are written as \[\[module\]\] tables"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_recipe(path)


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        (Scheme(hero="M7"), "there is no mode 'M7'; there are M1, M2, M3"),
        (Scheme(modules=(Module("*", "float"),)), "a module of mode 'float'"),
        (Scheme(modules=(Module("*", "int8", "heart"),)), "role 'heart'"),
        (Scheme(modules=(Module("nothing", "int8"),)), r"module 'nothing': no node .* \(matched: 0\)"),
        (Scheme(modules=(Module("gelu", "tokens"),)), r"module 'gelu': .* in mode tokens \(matched: 1\)"),
        (Scheme(tokens=("norm1",)), "module 'norm1'"),
    ],
)
def test_modes_that_do_not_fit_are_refused(scheme: Scheme, said: str) -> None:
    with pytest.raises(InputError, match=said):
        made(classifier(), scheme)
