"""Unary operators: reference == tflite-runtime == C, on every int8 and every int16 value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from bitwright.converter.ir import DType, Graph
from bitwright.converter.ops.functions import FUNCTIONS
from bitwright.converter.reference import Session, run
from bitwright.errors import AccumulatorOverflowError, UnsupportedError
from cbuild import run_c
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from oracle import Interpreter, run_tflite_sequence
from single import Peer, activation, few, prove, same, seeds, single, together
from unsigned import as_uint8

if Interpreter is not None:
    from tflite_runtime.interpreter import OpResolverType

ALL = {
    DType.INT8: np.arange(-128, 128, dtype=np.int8),
    DType.INT16: np.arange(-(2**15), 2**15, dtype=np.int16),
    # Every power of two, its neighbours, both ends, and what lies between.
    DType.INT32: np.unique(
        np.concatenate(
            [
                np.clip(sign * 2 ** np.arange(32)[:, None] + np.arange(-2, 3), -(2**31), 2**31 - 1).reshape(-1)
                for sign in (-1, 1)
            ]
            + [np.linspace(-(2**31), 2**31 - 1, 4001).astype(np.int64)]
        )
    ).astype(np.int32),
}


Generator = np.random.Generator


@dataclass(frozen=True)
class Form:
    """An operator from one type to another, and the (log2) scales that it is drawn from.

    Attributes:
        source, target: of the scales; for RELU and kin ``target`` is relative to the input's scale.
        fixed: (scale, zero point) of the output; a zero point of None is free.
        zero_point: of the input, where it is not free.
    """

    op: str
    input_dtype: DType
    dtype: DType
    source: tuple[float, float] = (-12, 3)
    target: tuple[float, float] = (-12, 3)
    relative: bool = False
    fixed: tuple[float, int | None] | None = None
    zero_point: int | None = None


I8, I16, I32 = DType.INT8, DType.INT16, DType.INT32

#: Everything that tflite-runtime 2.14 serves. A left shift of 23 (int8) or 15 (int16) is as far as int32 reaches.
SERVED = (
    *(Form(op, I8, I8, target=(-22, 8), relative=True) for op in ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1")),
    *(Form(op, I8, I8, target=(-20, 8), relative=True) for op in ("LEAKY_RELU", "ABS")),
    Form("QUANTIZE", I8, I8, target=(-22, 8), relative=True),
    Form("LOGISTIC", I8, I8, fixed=(1 / 256, None)),
    Form("TANH", I8, I8),
    # From 2^-16 of the input's scale 128 * S_in / S_out on, tflite-runtime shifts an int16 by its width and more.
    Form("HARD_SWISH", I8, I8, source=(-12, 5), target=(-6, 7), relative=True),
    Form("GELU", I8, I8),
    # The runtime casts to int32 before it clamps: no result may reach 2^31 steps.
    Form("EXP", I8, I8, source=(-12, -5), target=(-18, 2)),
    # The runtime stops at inputs below zero.
    Form("RSQRT", I8, I8, source=(-12, 5), target=(-8, 5), zero_point=-128),
    *(Form(op, I16, I16, target=(-14, 8), relative=True) for op in ("RELU", "RELU6")),
    *(Form(op, I16, I16, target=(-12, 8), relative=True) for op in ("LEAKY_RELU", "ABS")),
    Form("QUANTIZE", I16, I16, target=(-14, 8), relative=True),
    Form("QUANTIZE", I16, I8, target=(-14, 12), relative=True),
    Form("QUANTIZE", I16, I32, target=(-14, 8), relative=True),
    Form("QUANTIZE", I32, I8, target=(1, 28), relative=True),
    Form("QUANTIZE", I32, I16, target=(1, 20), relative=True),
    Form("LOGISTIC", I16, I16, source=(-18, 2.4), fixed=(1 / 32768, 0)),
    Form("TANH", I16, I16, source=(-18, 2.4), fixed=(1 / 32768, 0)),
)

#: What it refuses, though the same kernels serve it.
BEYOND = (
    Form("QUANTIZE", I8, I16, target=(-22, 8), relative=True),
    Form("RELU_N1_TO_1", I16, I16, target=(-14, 8), relative=True),
    Form("RELU_0_TO_1", I16, I16, target=(-14, 8), relative=True),
)

#: Functions and grids that other formats bring.
TABLES = tuple(Form(op, I8, I8) for op in ("NEG", "SQUARE", "SQRT", "SILU", "HARD_SIGMOID", "LOGISTIC"))

#: Scales just beside powers of two as well, which TFLite takes for them at int16.
NEAR_POWERS = (1.0, 1.0003, 0.9996, 1.002)


def power(generator: Generator, low: float, high: float) -> float:
    """2^x for x in [low, high], whole ones and their neighbours often."""
    exponent = generator.uniform(low, high)
    if generator.random() < 0.5:
        return 2.0**exponent
    return 2.0 ** math.floor(exponent) * float(generator.choice(NEAR_POWERS))


def zero_point(generator: Generator, dtype: DType) -> int:
    """Any at int8; int16 and int32 have none."""
    return int(generator.integers(-128, 128)) if dtype is DType.INT8 else 0


def unary(form: Form, generator: Generator) -> Graph:
    """One operator on every value of its input's type."""
    source = power(generator, *form.source)
    target, point = form.fixed or (power(generator, *form.target) * (source if form.relative else 1), None)
    target = max(target, 2.0**-28)  # tflite-runtime casts 6 / scale to int32
    attrs: dict[str, Any] = {}
    if form.op == "LEAKY_RELU":
        attrs["alpha"] = float(generator.choice([0.0, 0.01, 0.3, 1.0, 2.5, -0.2, -1.0, -3.0]))
    if form.op == "GELU":
        attrs["approximate"] = bool(generator.integers(2))
    zero = zero_point(generator, form.input_dtype) if form.zero_point is None else form.zero_point
    x = activation("x", ALL[form.input_dtype].shape, source, zero, form.input_dtype)
    y = activation("y", (), target, zero_point(generator, form.dtype) if point is None else point, form.dtype)
    return single(form.op, [x], [y], attrs)


def each(forms: Sequence[Form]) -> st.SearchStrategy[list[Graph]]:
    """Every form once."""

    def build(seed: int) -> list[Graph]:
        generator = np.random.default_rng(seed)
        return [unary(form, generator) for form in forms]

    return st.builds(build, seeds)


def together_of(forms: Sequence[Form]) -> st.SearchStrategy[Graph]:
    """Every form side by side, so that all share one compilation."""
    return each(forms).map(together)


def exhaust(graph: Graph, **options: Any) -> None:
    """Prove the graph on all values of its inputs."""
    prove(graph, 0, inputs=[[ALL[graph.tensor(name).dtype] for name in graph.inputs]], **options)


def of(dtype: DType, forms: Sequence[Form] = SERVED) -> list[Form]:
    return [form for form in forms if form.input_dtype is dtype]


@given(together_of(of(I8)))
@few
def test_int8(graph: Graph) -> None:
    exhaust(graph)


@given(together_of(of(I16)))
@settings(few, max_examples=10)
def test_int16(graph: Graph) -> None:
    exhaust(graph)


def test_int16_scales_that_are_powers_of_two() -> None:
    """Arguments shifted instead of multiplied: 2^-12, and 2^-11 for TANH, within a thousandth of the exponent."""
    exponents = {"LOGISTIC": (-12,), "TANH": (-12, -11, -10)}
    graphs = [
        single(op, [activation("x", (2**16,), 2.0**x * near, 0, I16)], [activation("y", (), 2.0**-15, 0, I16)])
        for op, powers in exponents.items()
        for x in powers
        for near in NEAR_POWERS
    ]
    exhaust(together(graphs))


@given(together_of(of(I32)))
@settings(few, max_examples=10)
def test_int32(graph: Graph) -> None:
    exhaust(graph)


# tflite-runtime has no ABS, EXP or RSQRT of uint8.
@given(together_of([form for form in of(I8) if form.op not in ("ABS", "EXP", "RSQRT")]))
@settings(few, max_examples=8)
def test_uint8(graph: Graph) -> None:
    prove(as_uint8(graph), 0, inputs=[[ALL[I8]] * len(graph.inputs)])


def error(graph: Graph) -> float:
    """The largest distance, in steps of the output, of an operator's results from its real function, clamped."""
    (node,) = graph.nodes
    source, target = graph.input(node, 0), graph.output(node)
    values = ALL[source.dtype]
    real = FUNCTIONS[node.op](node.attrs, (values.astype(np.float64) - source.zero_point) * source.scale)
    ideal = np.clip(real / target.scale + target.zero_point, *target.dtype.limits)
    return float(np.max(np.abs(run(graph, values)[0] - ideal)))


@given(each(BEYOND))
@settings(few, max_examples=10)
def test_what_tflite_runtime_refuses(graphs: list[Graph]) -> None:
    """C equals the reference, which is within one step of the definition (two roundings)."""
    exhaust(together(graphs), peer=None)
    assert max(map(error, graphs)) <= 1


@given(each(TABLES))
@settings(few, max_examples=5)
def test_tables_that_tflite_lacks(graphs: list[Graph]) -> None:
    """The nearest integer, but for float32's own error; C reads the same tables."""
    assert max(map(error, graphs)) < 0.501
    graph = together(graphs)
    inputs = [ALL[I8]] * len(graphs)
    same([run(graph, inputs)], [run_c(graph, inputs)], "C")


@pytest.mark.parametrize("reach", [1.0, 8.0, 40.0])
@pytest.mark.parametrize(("op", "attrs"), [("GELU", {}), ("GELU", {"approximate": True}), ("SILU", {})])
def test_int16_by_513_samples(op: str, attrs: dict[str, Any], reach: float) -> None:
    """C equals the reference for every value; lines over intervals h lose h^2 |f''| / 16 with |f''| < 0.8, and
    the roundings of a sample, its correction and the line two steps."""
    x, y = (activation(name, ALL[I16].shape, reach / 32768, 0, I16) for name in "xy")
    graph = single(op, [x], [y], attrs)
    expected = run(graph, ALL[I16])
    same([expected], [run_c(graph, [ALL[I16]])], "C")
    assert error(graph) <= 2 + 0.8 * (128 * x.scale) ** 2 / 16 / y.scale


def run_builtin(data: bytes, sequence: Sequence[Sequence[NDArray[Any]]]) -> list[list[NDArray[Any]]]:
    """tflite-runtime with the kernels that it has no reference form of."""
    return run_tflite_sequence(data, sequence, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)


BUILTIN: Peer | None = None if Interpreter is None else run_builtin


def elus(seed: int) -> Graph:
    """Ten of them. The runtime's libm rounds exp(-2^-12) up to the next float32 but one; scales that are powers of two
    turn that into a tie, and are left out."""
    generator = np.random.default_rng(seed)
    graphs = []
    for _ in range(10):
        x, y = (activation(name, (256,), 2.0 ** generator.uniform(-12, 3), zero_point(generator, I8)) for name in "xy")
        graphs.append(single("ELU", [x], [y]))
    return together(graphs)


@given(st.builds(elus, seeds))
@settings(few, max_examples=5)
def test_elu(graph: Graph) -> None:
    exhaust(graph, peer=BUILTIN)


def plain(
    op: str, source: tuple[DType, float, int], target: tuple[DType, float, int], attrs: dict[str, Any] | None = None
) -> Graph:
    """An operator between tensors of given type, scale and zero point."""
    x, y = (activation(name, (4,), q[1], q[2], q[0]) for name, q in (("x", source), ("y", target)))
    return single(op, [x], [y], attrs)


@pytest.mark.parametrize(
    ("graph", "bounds"),
    [
        (plain("RELU", (I8, 1.0, 0), (I8, 2.0**-24, 0)), "[0, 4261412864]"),
        (plain("ABS", (I16, 1.0, 0), (I16, 2.0**-16, 0)), "[0, 4294836224]"),
        (plain("LEAKY_RELU", (I8, 1.0, 0), (I8, 1.0, 0), {"alpha": 2.0**24}), "[-4294967296, 0]"),
        (plain("QUANTIZE", (I32, 1.0, 0), (I16, 1.0, 0)), "[0, 4294967294]"),
        (plain("QUANTIZE", (I32, 1.0, 1), (I16, 1.0, 0)), "[-2147483649, 2147483646]"),
        (plain("TANH", (I16, 5.5, 0), (I16, 1 / 32768, 0)), "[-2214592512, 2214524928]"),
    ],
    ids=lambda value: value.nodes[0].op if isinstance(value, Graph) else "",
)
def test_a_value_that_could_overflow_is_named_with_its_bounds(graph: Graph, bounds: str) -> None:
    with pytest.raises(AccumulatorOverflowError) as caught:
        Session(graph)
    message = str(caught.value)
    assert message.startswith(f"node ({graph.nodes[0].op}): ") and f"can reach {bounds}, beyond int32" in message


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (plain("LOGISTIC", (I16, 0.1, 0), (I16, 1 / 256, 0)), "scale must be 1/32768"),
        (plain("TANH", (I16, 0.1, 0), (I16, 1 / 128, 0)), "scale must be 1/32768"),
        (plain("TANH", (I16, 0.1, 5), (I16, 1 / 32768, 0)), "int16 zero points must be 0"),
        (plain("TANH", (I16, 2.0**-47, 0), (I16, 1 / 32768, 0)), "is too small"),
        (plain("RELU", (I8, 0.1, 0), (I16, 0.1, 0)), "activations of type int16, int8 are not served"),
        (plain("ELU", (I16, 0.1, 0), (I16, 0.1, 0)), "activations of type int16 are not served"),
        (plain("GELU", (I16, 0.1, 3), (I16, 0.1, 0)), "int16 zero points must be 0"),
        (plain("QUANTIZE", (I8, 0.1, 0), (I32, 0.1, 0)), "int8 to int32 is not served"),
        (plain("HARD_SWISH", (I8, 0.1, 0), (I8, 0.0001, 0)), "the ratio of input to output scale is too large"),
        (plain("LEAKY_RELU", (I8, 0.1, 0), (I8, 0.1, 0), {"alpha": float("nan")}), "a slope of nan is not served"),
    ],
    ids=lambda value: value.nodes[0].op if isinstance(value, Graph) else "",
)
def test_what_cannot_be_served_is_refused_by_name(graph: Graph, reason: str) -> None:
    with pytest.raises(UnsupportedError, match=reason):
        Session(graph)
