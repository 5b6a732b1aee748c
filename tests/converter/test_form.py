"""Operands and attributes of the wrong number or kind, as only a damaged or hostile file holds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from background import ROOT
from bitwright.converter.form import check_form
from bitwright.converter.ir import Graph, Node
from bitwright.converter.load import from_bytes
from bitwright.converter.native import write_native
from bitwright.converter.ops import OPERATORS
from bitwright.errors import BitwrightError, ModelError
from refusal import refused

DIGITS = (ROOT / "examples" / "digits" / "digits_int8.tflite").read_bytes()


def changed(index: int, **fields: Any) -> Graph:
    """The digits network with another node in place of one of its nodes."""
    graph = from_bytes(DIGITS, "model")
    nodes = list(graph.nodes)
    nodes[index] = replace(nodes[index], **fields)
    return replace(graph, nodes=tuple(nodes))


def with_attribute(name: str, value: Any) -> Graph:
    """The digits network whose first convolution has that attribute."""
    return changed(0, attrs={**from_bytes(DIGITS, "model").nodes[0].attrs, name: value})


def test_every_operator_has_a_form() -> None:
    for op in OPERATORS:
        node = Node("node", op, (None,) * 9, ())
        with pytest.raises(ModelError, match=r"node .*(9 inputs; it takes|is missing)"):
            check_form(Graph("graph", {}, (node,), (), ()))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("stride", (1,), r"\(1,\)"),
        ("stride", 1, "1"),
        ("stride", (1, 2.5), r"\(1, 2.5\)"),
        ("dilation", (1, 2**40), r"\(1, 1099511627776\)"),
        ("padding", "WHATEVER", "'WHATEVER'"),
        ("padding", ((0, 0), (0,)), r"\(\(0, 0\), \(0,\)\)"),
        ("activation", None, "None"),
        ("activation", ("RELU",), r"\('RELU',\)"),
    ],
)
def test_attributes_of_another_kind_are_named(name: str, value: Any, shown: str) -> None:
    data = write_native(with_attribute(name, value))
    refused(data, ModelError, rf"conv_2d_0 \(CONV_2D\): attribute '{name}' is {shown}$")


def test_a_missing_attribute_is_named() -> None:
    data = write_native(changed(0, attrs={"padding": "SAME", "stride": (1, 1)}))
    refused(data, ModelError, r"conv_2d_0 \(CONV_2D\): its attribute 'dilation' is missing")


def test_operands_too_few_and_too_many_are_named() -> None:
    graph = from_bytes(DIGITS, "model")
    first, last = graph.nodes[0], graph.nodes[-1]
    data = write_native(changed(0, inputs=first.inputs[:1]))
    refused(data, ModelError, r"conv_2d_0 \(CONV_2D\): 1 inputs; it takes 2 to 3")
    data = write_native(changed(0, inputs=(*first.inputs, first.inputs[0])))
    refused(data, ModelError, r"conv_2d_0 \(CONV_2D\): 4 inputs; it takes 2 to 3")
    data = write_native(changed(0, inputs=(None, *first.inputs[1:])))
    refused(data, ModelError, r"conv_2d_0 \(CONV_2D\): input 0 is missing")
    data = write_native(changed(-1, outputs=(*last.outputs, "another")))
    refused(data, ModelError, rf"{last.name} \(SOFTMAX\): 2 outputs; it takes 1")


def test_a_damaged_file_of_our_own_is_refused_or_served() -> None:
    data = write_native(from_bytes(DIGITS, "model"))
    for size in range(0, len(data), 41):
        with pytest.raises(BitwrightError):
            from_bytes(data[:size], "model")
    for position in range(0, len(data), 23):
        flipped = bytearray(data)
        flipped[position] ^= 0x11
        try:
            from_bytes(bytes(flipped), "model")
        except BitwrightError as error:
            assert str(error)
