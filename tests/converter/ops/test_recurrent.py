"""GRU, LSTM and RNN: reference == C over random shapes and saturating data, whole == stepped, near the float layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import DType, Graph, Quantization, Tensor, Variable
from bitwright.converter.native import read_native, write_native
from bitwright.converter.ops.lengths import LENGTHS
from bitwright.converter.ops.recurrent import GATES, hidden_shift, sizes
from bitwright.converter.ops.recurrent_operators import float_reference
from bitwright.converter.reference import Session
from bitwright.converter.serve import prepare_node
from bitwright.errors import BitwrightError
from cbuild import build, call
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from recurrent_layers import Form, forms, layer
from single import activation, constant, few, same, scales, seeds, vectors, zero_points


def outputs(graph: Graph, inputs: Sequence[Sequence[NDArray[Any]]]) -> list[list[NDArray[Any]]]:
    session = Session(graph)
    return [session.trace(values).outputs for values in inputs]


def random(tensor: Tensor, seed: int) -> NDArray[Any]:
    """Any values of the tensor's type."""
    low, high = tensor.dtype.limits
    return np.random.default_rng(seed).integers(low, high + 1, tensor.shape, tensor.dtype.numpy)


def drawn(graph: Graph, seed: int) -> list[list[NDArray[Any]]]:
    """Extreme and random values of all inputs; half of the random lengths are within the sequences."""
    result, rng = vectors(graph, seed, 4), np.random.default_rng(seed)
    if "n" in graph.inputs:
        steps = sizes(graph, graph.nodes[0])[1]
        for values in result[-2:]:
            values[-1][:] = rng.integers(0, steps + 1, values[-1].shape)
    return result


@few
@given(form=forms, seed=seeds, zero_point=zero_points, scale=scales(2**-14, 0.1), output_zero_point=zero_points)
def test_reference_and_c_agree(form: Form, seed: int, zero_point: int, scale: float, output_zero_point: int) -> None:
    graph = read_native(write_native(layer(form, seed, zero_point, (scale, output_zero_point))), "model")
    inputs = drawn(graph, seed)
    model = model_sources(graph, ["generic"], "model")
    library = build(model)
    same(outputs(graph, inputs), [call(model, library, values) for values in inputs], "C")


@few
@given(form=forms, shift=st.integers(-6, 9), seed=seeds, scale=scales(2**-14, 0.1))
def test_reference_and_c_agree_with_relu(form: Form, shift: int, seed: int, scale: float) -> None:
    """Also where hidden values saturate, and where states that come in are negative."""
    # Sums that weights of 100 drive do not fit int32 in the finest units.
    form = replace(form, kind="RNN", relu=True, hidden=0, shift=shift, gain=min(form.gain, 8)).valid()
    graph = read_native(write_native(layer(form, seed, 3, (scale * 2.0 ** max(shift, 0), 1))), "model")
    inputs, model = drawn(graph, seed), model_sources(graph, ["generic"], "model")
    library = build(model)
    same(outputs(graph, inputs), [call(model, library, values) for values in inputs], "C")


@pytest.mark.parametrize("shift", [2, 5])
def test_relu_against_the_float_layer(shift: int) -> None:
    """Int16 in and out, 50 steps on a grid that is never left: the rounding of two products, as it grows over time."""
    form = Form("RNN", batch=4, steps=50, inputs=16, cells=32, shift=shift, relu=True, wide=(True, True))
    graph = layer(form, 7, output=(256 * 2.0 ** (shift - 15), 0))
    source, sequence = graph.tensor("x"), random(graph.tensor("x"), 7)
    (got,) = Session(graph).trace([sequence]).outputs
    operands = [(sequence.astype(np.float64) - source.zero_point) * source.scale]
    operands += [real(graph.tensor(name)) for name in "wrbd"]
    (expected,) = float_reference(graph, graph.nodes[0], operands)
    error = np.abs(got * graph.tensor("y").scale - expected) / 2.0**shift
    assert got.min() == 0 and got.max() < 32767 and expected.mean() > 0.1
    assert error.max() < 1e-4 and error.mean() < 1e-5, (error.max(), error.mean())


@few
@given(
    form=forms,
    hidden=st.sampled_from([1, 3, 4, 8, 17, 33]),
    cells=st.sampled_from([1, 4, 5, 8, 21]),
    seed=seeds,
    scale=scales(2**-14, 0.1),
)
def test_reference_and_c_agree_with_a_projection(form: Form, hidden: int, cells: int, seed: int, scale: float) -> None:
    """To fewer and to more values than cells, within the state's grid and beyond it."""
    form = replace(form, kind="LSTM", hidden=hidden, cells=cells)
    graph = read_native(write_native(layer(form, seed, 3, (scale, 1))), "model")
    inputs, model = drawn(graph, seed), model_sources(graph, ["generic"], "model")
    library = build(model)
    same(outputs(graph, inputs), [call(model, library, values) for values in inputs], "C")


@pytest.mark.parametrize("shift", [-2, 0, 3])
def test_a_projection_against_the_float_layer(shift: int) -> None:
    """Int16 in and out, 50 steps; the grid of hidden values is what the weights ask for, and none of them saturates."""
    form = Form("LSTM", batch=4, steps=50, inputs=16, cells=32, hidden=12, shift=shift, wide=(True, True))
    graph = layer(form, 7, output=(256 * 2.0 ** (shift - 15), 0))
    assert hidden_shift(real(graph.tensor("p"))) in (shift + 1, shift + 2)
    sequence = random(graph.tensor("x"), 7)
    (got,) = Session(graph).trace([sequence]).outputs
    source = graph.tensor("x")
    operands = [(sequence.astype(np.float64) - source.zero_point) * source.scale] + [
        real(graph.tensor(name)) for name in "wrbd"
    ]
    (expected,) = float_reference(graph, graph.nodes[0], [*operands, None, None, real(graph.tensor("p"))])
    error = np.abs(got * graph.tensor("y").scale - expected) / 2.0**shift
    assert np.abs(got).max() < 32767 and np.abs(expected).mean() > 0.05 * 2.0**shift
    assert error.max() < 0.002 and error.mean() < 0.0004, (error.max(), error.mean())


def test_projected_values_saturate() -> None:
    form = Form("LSTM", steps=9, cells=32, hidden=5, shift=-3, gain=8, wide=(True, True))
    graph = layer(form, 1, output=(256 * 2.0**-18, 0))
    graph = replace(graph, nodes=(replace(graph.nodes[0], attrs={"hidden_shift": -6}),))
    tensors = {**graph.tensors, "y": activation("y", (1, 9, 5), 2.0**-21, dtype=DType.INT16)}
    (got,) = Session(replace(graph, tensors=tensors)).trace([random(graph.tensor("x"), 2)]).outputs
    assert got.max() == 32767 and got.min() == -32768


@pytest.mark.parametrize("form", [Form("LSTM", hidden=3), Form("RNN", relu=True)])
@pytest.mark.parametrize("shift", [16, -16, "3", 0.5])
def test_a_bad_unit_of_hidden_values_is_named(shift: Any, form: Form) -> None:
    graph = layer(form, 1)
    with pytest.raises(BitwrightError, match="hidden_shift is"):
        prepare_node(graph, replace(graph.nodes[0], attrs={"hidden_shift": shift, "relu": form.relu}))


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("kind", list(GATES))
def test_a_state_of_int8_against_one_of_int16(kind: str, reset_after: bool, relu: bool) -> None:
    """50 steps of the same weights: what rounding to 2^-7 and 2^-4 adds to the error, and no drift with the steps."""
    form = Form(kind, batch=4, steps=50, inputs=16, cells=32, reset_after=reset_after, relu=relu, wide=(True, True))
    form = replace(form, shift=3).valid()
    wide, narrow = layer(form, 7), layer(replace(form, narrow=True), 7)
    sequence = random(wide.tensor("x"), 7)
    ((fine,), (coarse,)) = (Session(graph).trace([sequence]).outputs for graph in (wide, narrow))
    error = np.abs(fine.astype(int) - coarse) * wide.tensor("y").scale
    assert 0 < error.mean() < 0.012 and error.max() < 0.12, (error.mean(), error.max())
    early, late = error[:, 5:15].mean(), error[:, 40:].mean()
    assert late < 2 * early, (early, late)


def test_a_projection_that_does_not_fit_is_named() -> None:
    graph = layer(Form("LSTM", hidden=3), 1)
    tensors = {**graph.tensors, "p": constant("p", np.ones((4, 6), np.int8), [0.1])}
    with pytest.raises(BitwrightError, match=r"projection of shape \[4, 6\] does not fit.*\[3, cells\]"):
        prepare_node(replace(graph, tensors=tensors), graph.nodes[0])


@few
@given(form=forms, seed=seeds)
def test_one_step_at_a_time_gives_the_same_bits(form: Form, seed: int) -> None:
    form = replace(form, stateful=True, time_major=False).valid()
    whole, single = layer(form, seed), layer(replace(form, steps=1), seed)
    sequence = random(whole.tensor("x"), seed)
    (expected,) = Session(whole).trace([sequence]).outputs
    stepped = outputs(single, [[sequence[:, [step]]] for step in range(form.steps)])
    assert np.array_equal(expected, np.concatenate([values[0] for values in stepped], axis=1))


@few
@given(form=forms, seed=seeds)
def test_states_that_are_handed_on_give_the_same_bits(form: Form, seed: int) -> None:
    """The last state of one step as the initial one of the next, against the whole sequence at once."""
    lstm = form.kind == "LSTM"
    form = replace(form, stateful=False, reverse=False, time_major=False, initial=(True, lstm), last=1 + lstm)
    form = replace(form, lengths=False)
    whole, session = Session(layer(form, seed)), Session(layer(replace(form, steps=1), seed))
    values = [random(whole.graph.tensor(name), seed) for name in whole.graph.inputs]
    expected, states, steps = whole.trace(values).outputs, values[1:], []
    for step in range(form.steps):
        output, *states = session.trace([values[0][:, [step]], *states]).outputs
        steps.append(output)
    same([expected], [[np.concatenate(steps, axis=1), *states]], "stepped")


@pytest.mark.parametrize(("kind", "hidden"), [*((kind, 0) for kind in GATES), ("LSTM", 4), ("LSTM", 7)])
def test_weights_are_streamed_where_states_come_in_and_go_out(kind: str, hidden: int) -> None:
    lstm = kind == "LSTM"
    graph = layer(Form(kind, batch=2, initial=(True, lstm), last=1 + lstm, hidden=hidden), 5)
    model, inputs = model_sources(graph, ["generic"], "model", {"node": "streamed:100"}), vectors(graph, 5)
    library = build(model)
    same(outputs(graph, inputs), [call(model, library, values) for values in inputs], "streamed")


@few
@given(form=forms, batch=st.integers(1, 4), seed=seeds)
def test_sequences_of_several_lengths_are_each_on_its_own(form: Form, batch: int, seed: int) -> None:
    """Bit for bit, last states included; zeros behind a sequence, and states of zeros of one without steps."""
    lstm = form.kind == "LSTM"
    form = replace(form, batch=batch, stateful=False, time_major=False, initial=(True, lstm), last=1 + lstm)
    form = replace(form, lengths=True)
    graph, rng = layer(form, seed), np.random.default_rng(seed)
    x, *given, lengths = (random(graph.tensor(name), seed) for name in graph.inputs)
    lengths = rng.integers(0, form.steps + 1, batch).astype(np.int32)
    values, *states = Session(graph).trace([x, *given, lengths]).outputs
    for number, length in enumerate(lengths):
        assert (values[number, length:] == graph.tensor("y").zero_point).all()
        if not length:
            assert not any(state[number].any() for state in states)
            continue
        one = layer(replace(form, batch=1, steps=int(length), lengths=False), seed)
        part = slice(number, number + 1)
        alone = Session(one).trace([x[part, :length], *(state[part] for state in given)]).outputs
        same([alone], [[values[part, :length], *(state[part] for state in states)]], "alone")
    beyond = np.where(lengths == 0, -(2**31), np.where(lengths == form.steps, 2**31 - 1, lengths)).astype(np.int32)
    same([Session(graph).trace([x, *given, beyond]).outputs], [[values, *states]], "clamped")


@pytest.mark.parametrize("kind", list(GATES))
@pytest.mark.parametrize("reverse", [False, True])
def test_lengths_in_float_are_those_of_integers(kind: str, reverse: bool) -> None:
    """The float layer of the very weights, last states included."""
    lstm = kind == "LSTM"
    form = Form(kind, batch=4, steps=9, inputs=8, cells=16, reverse=reverse, wide=(True, True), last=1 + lstm)
    graph = layer(replace(form, lengths=True), 7, output=(1 / 128, 0))
    x, lengths = random(graph.tensor("x"), 7), np.array([3, 0, 9, 1], np.int32)
    got = Session(graph).trace([x, lengths]).outputs
    operands = [(x.astype(np.float64) - graph.tensor("x").zero_point) * graph.tensor("x").scale]
    operands += [real(graph.tensor(name)) for name in "wrbd"]
    expected = float_reference(graph, graph.nodes[0], [*operands, None, None, None, lengths])
    for name, values, wanted in zip(graph.outputs, got, expected, strict=True):
        assert np.abs(values * graph.tensor(name).scale - wanted).max() < 0.002
    assert not expected[0][1].any() and not expected[0][0, 3:].any() and np.abs(expected[1][0]).mean() > 0.1


@pytest.mark.parametrize("hidden", [0, 4])
def test_weights_are_streamed_over_several_lengths(hidden: int) -> None:
    """Also where no sequence has a step."""
    graph = layer(Form("LSTM", batch=3, steps=5, lengths=True, last=2, hidden=hidden), 5)
    model, inputs = model_sources(graph, ["generic"], "model", {"node": "streamed:100"}), drawn(graph, 5)
    library = build(model)
    same(outputs(graph, inputs), [call(model, library, values) for values in inputs], "streamed")


@pytest.mark.parametrize(
    ("shape", "dtype", "said"),
    [((2,), DType.INT32, r"lengths of shape \[2\] are not \[3\]"), ((3,), DType.INT8, "int8")],
)
def test_lengths_that_do_not_fit_are_named(shape: tuple[int, ...], dtype: DType, said: str) -> None:
    graph = layer(Form(batch=3, lengths=True), 1)
    graph = replace(graph, tensors={**graph.tensors, "n": Tensor("n", shape, dtype)})
    with pytest.raises(BitwrightError, match=f"node.*{said}"):
        Session(graph)


def test_a_state_that_is_kept_takes_no_lengths() -> None:
    graph = layer(Form(stateful=True, batch=2), 0)
    node = graph.nodes[0]
    operands = (*node.inputs, *[None] * (LENGTHS - len(node.inputs)), "n")
    tensors = {**graph.tensors, "n": Tensor("n", (2,), DType.INT32)}
    with pytest.raises(BitwrightError, match="needs all steps of every sequence"):
        Session(replace(graph, nodes=(replace(node, inputs=operands),), tensors=tensors, inputs=("x", "n")))


def test_backward_is_forward_over_the_reversed_sequence() -> None:
    for kind in GATES:
        form = Form(kind, batch=2)
        sequence = np.random.default_rng(1).integers(-128, 128, (2, 4, 5), np.int8)
        (backward,) = Session(layer(replace(form, reverse=True), 1)).trace([sequence]).outputs
        (forward,) = Session(layer(form, 1)).trace([sequence[:, ::-1]]).outputs
        assert np.array_equal(backward, forward[:, ::-1])
        assert not np.array_equal(backward, Session(layer(form, 1)).trace([sequence]).outputs[0])


def real(tensor: Tensor) -> NDArray[Any]:
    """A constant's real values, float64."""
    assert tensor.quant is not None
    scale = np.array(tensor.quant.scale)
    return tensor.value() * (scale[:, None] if tensor.value().ndim == 2 and scale.size > 1 else scale)


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("kind", list(GATES))
@pytest.mark.parametrize("wide", [False, True])
def test_error_against_the_float_layer(kind: str, reset_after: bool, wide: bool) -> None:
    """50 steps, 32 cells, of the very weights: the rounding of an int8 output to 1/128, and little more."""
    form = Form(kind, batch=4, steps=50, inputs=16, cells=32, reset_after=reset_after, wide=(wide, wide))
    graph = layer(form, 7)
    source, target = graph.tensor("x"), graph.tensor("y")
    sequence = random(source, 7)
    (got,) = Session(graph).trace([sequence]).outputs
    operands = [(sequence.astype(np.float64) - source.zero_point) * source.scale] + [
        real(graph.tensor(name)) for name in "wrbd"
    ]
    (expected,) = float_reference(graph, graph.nodes[0], operands)
    # Half a step of the output, 0.0039, and the gates' rounding as it grows over time; 127/128 stands for 1.
    error = np.abs(got * target.scale - expected)
    assert error.max() < (0.001 if wide else 0.008) and error.mean() < (0.0002 if wide else 0.0025)
    assert np.abs(expected).mean() > 0.1


@pytest.mark.parametrize("kind", list(GATES))
def test_saturation_keeps_the_state_in_range(kind: str) -> None:
    """Biases that drive every gate to its upper end: hidden values stop at 32767, an LSTM's cell at 16."""
    graph = layer(Form(kind, steps=40, stateful=True), 3)
    bias = graph.tensor("b")
    assert bias.quant is not None
    high = np.rint(50 / np.array(bias.quant.scale)).astype(np.int32)
    session = Session(replace(graph, tensors={**graph.tensors, "b": replace(bias, data=high)}))
    for values in vectors(session.graph, 3):
        session.trace(values)
    state = session.state["s"].astype(int)
    hidden, cells = state[:, :6], state[:, -6:]
    if kind == "GRU":
        # The update gate keeps what was there: its end is 32767 of 32768.
        assert np.abs(hidden).max() <= 32767
    else:
        assert hidden.min() >= 32750 and cells.min() >= 32750  # tanh is within 4e-4 of 1


def _with_output_scale(graph: Graph) -> Graph:
    return replace(graph, tensors={**graph.tensors, "y": activation("y", graph.tensor("y").shape, 1e-10, 0)})


def _with_wide_weights(graph: Graph) -> Graph:
    tensor = graph.tensor("r")
    assert tensor.quant is not None
    huge = replace(tensor.quant, scale=tuple(scale * 1e6 for scale in tensor.quant.scale))
    return replace(graph, tensors={**graph.tensors, "r": replace(tensor, quant=huge)})


def _with_narrow_state(graph: Graph) -> Graph:
    state = Variable("s", np.zeros((1, 5), np.int16), Quantization((2.0**-15,), (0,)))
    return replace(graph, variables={"s": state})


def _reversed(graph: Graph) -> Graph:
    node = graph.nodes[0]
    return graph.with_nodes((replace(node, attrs={**node.attrs, "reverse": True}),))


def _with_other_weights(graph: Graph) -> Graph:
    return replace(graph, tensors={**graph.tensors, "w": constant("w", np.zeros((17, 5), np.int8), [0.1])})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_with_output_scale, "output scale of 1e-10 do not fit"),
        (_with_wide_weights, "int32"),
        (_with_narrow_state, r"int16 \[1, 6\]"),
        (_reversed, "in their order"),
        (_with_other_weights, r"do not fit an input of \[1, 4, 5\]"),
    ],
)
def test_refused(change: Any, said: str) -> None:
    graph = layer(Form(stateful=True), 0)
    with pytest.raises(BitwrightError, match=f"node.*{said}"):
        Session(change(graph))
