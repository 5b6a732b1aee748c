"""Damaged and hostile TFLite files: one typed error that names the place, in bounded time and memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fuzzing
import numpy as np
import pytest
import tflite
from background import MODELS, ROOT, model_path, needs_data
from bitwright.codegen.project import model_sources
from bitwright.converter.limits import MOST_OPERANDS, MOST_OPERATORS, MOST_PORTS
from bitwright.converter.load import from_bytes
from bitwright.converter.reference import Session
from bitwright.errors import BitwrightError, ModelError, UnsupportedError
from rawmodel import RawModel, RawOperator, RawSubgraph, RawTensor
from refusal import refused, served

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
SMALL_MODELS = (
    "generated/multi_io_int8",
    "generated/slicing_int8",
    "generated/reductions_int8",
    "generated/tcn_int8",
    "generated/convnet_int16x8",
    "generated/convnet_uint8io",
    "generated/convnet_floatio_int8",
    "generated/pool_dilate_int8",
    "micro_wake_word/v2_vad",
    "tflm/hello_world_int8",
    "tflm/micro_speech_quantized",
)
BUILTIN, TYPE = tflite.BuiltinOperator, tflite.TensorType


# -- random damage -----------------------------------------------------------------------------------------------------


def fuzz(path: Path, kind: str, seed: int, count: int) -> list[str]:
    """What became of ``count`` mutations, each within the seconds and the memory that ``fuzzing`` allows."""
    program = [sys.executable, fuzzing.__file__, str(path), kind, str(seed), "0", str(count)]
    result = subprocess.run(program, capture_output=True, text=True, timeout=240, check=False)
    lines = result.stdout.splitlines()
    assert result.returncode == 0, f"{path.name} {kind} {seed}: {lines[-1:]}\n{result.stderr[-3000:]}"
    return [line.split()[1] for line in lines]


@pytest.mark.parametrize("kind", ["bytes", "graph", "native"])
def test_damaged_digits(kind: str) -> None:
    outcomes = fuzz(DIGITS, kind, seed=2024, count=300)
    # The damage is neither harmless nor fatal as a rule, so both sides of the reader are exercised.
    assert outcomes.count("served") > 10 and len(outcomes) - outcomes.count("served") > 100


@needs_data
@pytest.mark.parametrize("name", SMALL_MODELS)
def test_damaged_models(name: str) -> None:
    assert len(fuzz(model_path(name), "bytes", seed=2025, count=40)) == 40
    assert fuzz(model_path(name), "graph", seed=2026, count=40)


def test_every_truncation_of_digits_is_refused() -> None:
    data = DIGITS.read_bytes()
    for size in [*range(0, 200), *range(200, len(data), 97), len(data) - 1]:
        with pytest.raises(ModelError):
            from_bytes(data[:size], "model")


@needs_data
def test_truncations_of_every_model() -> None:
    """Refused, or served where the end is something that nothing refers to."""
    served_ = 0
    for path in sorted(MODELS.glob("*/*.tflite")):
        data = path.read_bytes()
        for part in (0.01, 0.1, 0.5, 0.9, 0.999):
            try:
                from_bytes(data[: int(len(data) * part)], "model")
            except BitwrightError:
                continue
            served_ += 1
    assert served_ < 20


# -- the file ----------------------------------------------------------------------------------------------------------

X, Y = RawTensor(name=b"x"), RawTensor(name=b"y")
RELU = RawOperator([0], [1])


def raw(*tensors: RawTensor, operators: Any = (RELU,), **fields: Any) -> bytes:
    """A file of one subgraph from the first tensor to the second."""
    ports = {key: fields.pop(key) for key in ("inputs", "outputs") if key in fields}
    return RawModel([RawSubgraph(tensors or (X, Y), operators, **ports)], **fields).write()


def test_the_base_of_the_raw_models_is_served() -> None:
    assert served(raw()).nodes[0].op == "RELU"


RAW_FILES: dict[str, tuple[Callable[[], bytes], type[BitwrightError], str]] = {
    "empty": (lambda: b"", ModelError, "'model' is not a TFLite file"),
    "noise": (lambda: bytes(range(256)) * 9, ModelError, "is not a TFLite file"),
    "only the identifier": (lambda: b"\x00\x00\x00\x00TFL3" + b"\xff" * 40, ModelError, "schema version 0"),
    "another schema": (lambda: raw(version=2), ModelError, "schema version 2"),
    "no subgraph": (lambda: RawModel([]).write(), ModelError, "no subgraph"),
    "nothing at all": (
        lambda: RawModel([RawSubgraph([], [], [], [])]).write(),
        ModelError,
        "0 inputs and 0 outputs",
    ),
    "no inputs": (lambda: raw(inputs=[]), ModelError, "0 inputs and 1 outputs"),
    "no outputs": (lambda: raw(outputs=[]), ModelError, "1 inputs and 0 outputs"),
    "input that does not exist": (
        lambda: raw(inputs=[9]),
        ModelError,
        "graph inputs: tensor 9 does not exist; there are 2",
    ),
    "output below zero": (lambda: raw(outputs=[-1]), ModelError, "graph outputs: tensor -1 does not exist"),
    "input listed twice": (lambda: raw(inputs=[0, 0]), ModelError, "listed twice"),
    "operator code out of range": (
        lambda: raw(operators=[RawOperator([0], [1], code=7)]),
        ModelError,
        "operator 0: operator code 7 does not exist; the file holds 1",
    ),
    "operator number unknown": (lambda: raw(codes=[4321]), UnsupportedError, r"operator_4321_0 .*not served"),
    "custom operator": (
        lambda: raw(codes=[b"My*/Op\n\x1b[31m"]),
        UnsupportedError,
        r"CUSTOM My\*/Op\\n\\x1b\[31m\): this operator is not served; `bitwright ops`",
    ),
    "operand that does not exist": (
        lambda: raw(operators=[RawOperator([5], [1])]),
        ModelError,
        "relu_0: tensor 5 does not exist; there are 2",
    ),
    "operand below minus one": (lambda: raw(operators=[RawOperator([-2], [1])]), ModelError, "tensor -2 does not"),
    "operator without inputs": (lambda: raw(operators=[RawOperator([], [1])]), ModelError, "relu_0 .*: 0 inputs; it"),
    "operator without outputs": (
        lambda: raw(operators=[RELU, RawOperator([0], [])]),
        ModelError,
        r"relu_1 \(RELU\): 0 outputs; it takes 1",
    ),
    "operator with an absent output": (lambda: raw(operators=[RawOperator([0], [-1])]), ModelError, "tensor -1 does"),
    "operator with an absent input": (
        lambda: raw(operators=[RawOperator([-1], [1])]),
        ModelError,
        r"relu_0 \(RELU\): input 0 is missing",
    ),
    "more outputs than the operator has": (
        lambda: raw(X, Y, replace(Y, name=b"z"), operators=[RawOperator([0], [1, 2])]),
        ModelError,
        r"relu_0 \(RELU\): 2 outputs; it takes 1",
    ),
    "buffer index out of range": (lambda: raw(replace(X, buffer=8), Y), ModelError, "'x': buffer 8 does not exist"),
    "buffer of the wrong size": (
        lambda: raw(X, Y, RawTensor(name=b"w", buffer=1), operators=[RawOperator([2], [1])], buffers=[b"", b"123"]),
        ModelError,
        r"tensor 'w': its buffer holds 3 bytes, shape \[1, 4\] needs 4",
    ),
    "buffer missing": (
        lambda: raw(X, Y, replace(X, name=b"w"), operators=[RawOperator([2], [1])]),
        ModelError,
        "relu_0.*input 'w' is read before anything writes it",
    ),
    "an input that is constant": (
        lambda: raw(replace(X, buffer=1), Y, buffers=[b"", b"1234"]),
        ModelError,
        "graph input 'x' is a constant",
    ),
    "an output that is constant": (
        lambda: raw(X, replace(Y, buffer=1), operators=[], buffers=[b"", b"1234"]),
        ModelError,
        "graph output 'y' is a constant",
    ),
    "options missing": (
        lambda: raw(codes=[BUILTIN.ADD], operators=[RawOperator([0, 0], [1])]),
        ModelError,
        "add_0: its options are missing",
    ),
    "options of another operator": (
        lambda: raw(codes=[BUILTIN.ADD], operators=[RawOperator([0, 0], [1], options=("MulOptions", {}))]),
        ModelError,
        "add_0: its options are those of another operator",
    ),
    "activation unknown": (
        lambda: raw(
            codes=[BUILTIN.ADD],
            operators=[RawOperator([0, 0], [1], options=("AddOptions", {"FusedActivationFunction": 77}))],
        ),
        ModelError,
        "add_0: activation 77 is unknown",
    ),
    "dynamic shape": (
        lambda: raw(replace(X, shape=(1, -1)), Y),
        ModelError,
        r"tensor 'x': shape \[1, -1\] is dynamic or empty; fix every dimension before export",
    ),
    "empty shape": (lambda: raw(replace(X, shape=(1, 0)), Y), ModelError, r"shape \[1, 0\] is dynamic or empty"),
    "dynamic signature": (
        lambda: raw(replace(X, signature=(-1, -1)), Y),
        ModelError,
        r"tensor 'x': shape \[-1, -1\] is dynamic",
    ),
    "too many dimensions": (lambda: raw(replace(X, shape=(1,) * 9), Y), ModelError, "more than 8 dimensions"),
    "absurd shape": (
        lambda: raw(replace(X, shape=(1, 65536, 65536, 64)), replace(Y, shape=(1, 65536, 65536, 64))),
        ModelError,
        r"tensor 'x': shape \[1, 65536, 65536, 64\] has 274877906944 elements; up to 8388608",
    ),
    "a shape whose product overflows": (
        lambda: raw(replace(X, shape=(2**31 - 1,) * 8), Y),
        ModelError,
        "has [0-9]{70,} elements; up to 8388608",
    ),
    "zero scale": (lambda: raw(replace(X, scale=(0.0,)), Y), ModelError, "'x': a scale of 0.0; .* finite and pos"),
    "negative scale": (lambda: raw(replace(X, scale=(-0.5,)), Y), ModelError, "'x': a scale of -0.5"),
    "NaN scale": (lambda: raw(X, replace(Y, scale=(np.nan,))), ModelError, "'y': a scale of nan"),
    "infinite scale": (lambda: raw(X, replace(Y, scale=(np.inf,))), ModelError, "'y': a scale of inf"),
    "scale count": (
        lambda: raw(replace(X, scale=(0.5,) * 3), Y),
        ModelError,
        r"tensor 'x': 3 scales but 1 zero points|3 scales do not match shape \[1, 4\] along axis 0",
    ),
    "scale count ambiguous": (
        lambda: raw(replace(X, shape=(4, 4), scale=(0.5,) * 3, zero_point=(0,) * 3), Y),
        ModelError,
        r"3 scales do not match shape \[4, 4\] along axis 0",
    ),
    "zero point count": (
        lambda: raw(replace(X, scale=(0.5,) * 4, zero_point=(0, 0), axis=1), Y),
        ModelError,
        "'x': 4 scales but 2 zero points",
    ),
    "per channel activations": (
        lambda: raw(replace(X, scale=(0.5,) * 4, zero_point=(0,) * 4, axis=1), Y),
        ModelError,
        r"relu_0 \(RELU\): tensor 'x': a per-tensor scale is needed",
    ),
    "no scale": (lambda: raw(replace(X, scale=()), Y), ModelError, "relu_0.*'x': a per-tensor scale is needed"),
    "zero point out of range": (
        lambda: raw(replace(X, zero_point=(-129,)), Y),
        ModelError,
        "'x': zero point -129..-129 is outside int8",
    ),
    "quantization by a custom scheme": (lambda: raw(replace(X, details=True), Y), UnsupportedError, "'?x.*custom"),
    "int4": (lambda: raw(X, replace(Y, type=TYPE.INT4)), UnsupportedError, r"y \(tensor\): type INT4 is not served"),
    "float16": (lambda: raw(replace(X, type=TYPE.FLOAT16), Y), UnsupportedError, "type FLOAT16 are not served"),
    "string": (lambda: raw(replace(X, type=TYPE.STRING), Y), UnsupportedError, "type STRING is not served"),
    "a resource as a value": (lambda: raw(replace(X, type=TYPE.RESOURCE), Y), UnsupportedError, "type RESOURCE"),
    "a bool activation": (
        lambda: raw(
            replace(X, type=TYPE.BOOL, zero_point=()),
            replace(Y, type=TYPE.BOOL, zero_point=()),
            codes=[BUILTIN.RESHAPE],
        ),
        UnsupportedError,
        "bool",
    ),
    "scales beyond float": (
        lambda: raw(replace(X, scale=(3e38,)), replace(Y, scale=(1e-38,)), codes=[BUILTIN.RELU6]),
        ModelError,
        r"relu6_0 \(RELU6\): the scales 3e\+38 of 'x', 1e-38 of 'y' are beyond what can be computed",
    ),
    "a denormal scale": (
        lambda: raw(X, replace(Y, scale=(1e-45,)), codes=[BUILTIN.RELU]),
        ModelError,
        r"relu_0 \(RELU\): the scales 0.5 of 'x', 1.4e-45 of 'y' are beyond what can be computed",
    ),
}


@pytest.mark.parametrize("name", RAW_FILES)
def test_a_bad_file_is_refused(name: str) -> None:
    make, error, message = RAW_FILES[name]
    refused(make(), error, message)


def test_odd_files_that_mean_something_are_served() -> None:
    scalar = replace(X, shape=()), replace(Y, shape=())
    unused = RawTensor(name=b"u", type=TYPE.FLOAT16, shape=(0, -1), scale=(np.nan,), buffer=99)
    assert served(raw(*scalar)).tensor("x").shape == ()
    assert len(served(raw(X, Y, unused)).tensors) == 2
    assert served(raw(X, Y, operators=[RELU, RELU][:1], outputs=[0])).outputs == ("x",)
    assert served(raw(outputs=[1, 1])).outputs == ("y", "y")
    assert served(raw(replace(X, signature=(-1, 4)), Y)).inputs == ("x",)


def test_names_are_made_harmless_and_distinct() -> None:
    odd = [
        b"*/ int main(void) {} /*",
        b"a\nb\r\t\x1b[2J\x00",
        "λ\u202e界".encode(),
        b"\xff\xfe",
        b"%s%n${x}??/",
        b"",
        b"n" * 10_000,
    ]
    tensors = [RawTensor(name=name) for name in odd] + [RawTensor(name=b"n" * 10_001), RawTensor(), RawTensor()]
    operators = [RawOperator([i], [i + 1]) for i in range(len(tensors) - 1)]
    graph = served(raw(*tensors, operators=operators, outputs=[len(tensors) - 1]))
    assert len(graph.tensors) == len(tensors)
    assert all(name.isprintable() and 0 < len(name) < 600 for name in graph.tensors)
    for path, text in model_sources(graph, ["generic"]).files.items():
        assert text.isascii() and "\x1b" not in text and "int main" not in text.replace("* / int main", ""), path
    taken = [RawTensor(name=b"t#2"), RawTensor(name=b"t"), RawTensor(name=b"t")]
    graph = served(raw(*taken, operators=[RELU, RawOperator([1], [2])], outputs=[2]))
    assert set(graph.tensors) == {"t#2", "t", "t#2'"}


# -- order, cycles, sizes ----------------------------------------------------------------------------------------------


def test_operators_out_of_order_and_cycles_are_named() -> None:
    z = replace(Y, name=b"z")
    message = r"relu_0 \(RELU\): input 'z' is read before anything writes it \(the operators are unsorted or form a cyc"
    refused(raw(X, Y, z, operators=[RawOperator([2], [1]), RawOperator([0], [2])]), ModelError, message)
    refused(raw(X, Y, z, operators=[RawOperator([2], [1]), RawOperator([1], [2])]), ModelError, message)
    refused(raw(operators=[RawOperator([1], [1])]), ModelError, "relu_0.*'y' is read before")


def test_what_an_operator_must_not_write_is_named() -> None:
    message = r"output '{}' is missing, constant, an input or written twice"
    refused(raw(operators=[RELU, RELU]), ModelError, r"relu_1 \(RELU\): " + message.format("y"))
    refused(raw(operators=[RELU, RawOperator([1], [0])]), ModelError, r"relu_1 \(RELU\): " + message.format("x"))
    constant_ = raw(
        X, Y, replace(Y, name=b"k", buffer=1), operators=[RELU, RawOperator([0], [2])], buffers=[b"", b"1234"]
    )
    refused(constant_, ModelError, r"relu_1 \(RELU\): " + message.format("k"))


def chain(count: int) -> bytes:
    tensors = [RawTensor(name=b"t%d" % i) for i in range(count + 1)]
    return raw(*tensors, operators=[RawOperator([i], [i + 1]) for i in range(count)], outputs=[count])


def test_thousands_of_operators() -> None:
    assert len(served(chain(600)).nodes) == 600
    refused(chain(10_000), ModelError, f"the file holds 10000 operators; up to {MOST_OPERATORS} are read")


def test_thousands_of_inputs_and_operands() -> None:
    many = 3000
    tensors = [RawTensor(name=b"t%d" % i, shape=(1, 1)) for i in range(many)]
    joined = RawTensor(name=b"y", shape=(1, many))
    cat = ("ConcatenationOptions", {"Axis": 1})
    data = raw(
        *tensors, joined, inputs=range(many), outputs=[many], codes=[BUILTIN.CONCATENATION],
        operators=[RawOperator(range(many), [many], options=cat)],
    )  # fmt: skip
    refused(data, ModelError, rf"concatenation_0 \(CONCATENATION\): 3000 operands; up to {MOST_OPERANDS} are served")
    data = raw(*tensors, inputs=range(many - 1), operators=[RawOperator([0], [many - 1])], outputs=[many - 1])
    refused(data, ModelError, f"the network has 2999 inputs; up to {MOST_PORTS} are served")


def test_what_thousands_of_tables_share_is_not_read_thousands_of_times() -> None:
    """A file of 200 kB stands for 100 million operands, or for names of 600 MB."""
    shared = [0] * 50_000
    message = "the file is damaged: its vectors, '{}' the last, overlap more than they may"
    refused(raw(operators=[RawOperator(shared, [1])] * 2000), ModelError, message.format("Inputs"))
    tensors = [RawTensor(name=b"n" * 200_000)] * 3000
    data = raw(*tensors, operators=[RawOperator([i], [i + 1]) for i in range(2999)], outputs=[2999])
    assert len(data) < 600_000
    refused(data, ModelError, message.format("Name"))


# -- streaming state ---------------------------------------------------------------------------------------------------

HANDLE = RawTensor(name=b"handle", type=TYPE.RESOURCE, shape=(), scale=(), zero_point=())
CALL, OPEN, READ, ASSIGN = range(4)
STATE_CODES = (BUILTIN.CALL_ONCE, BUILTIN.VAR_HANDLE, BUILTIN.READ_VARIABLE, BUILTIN.ASSIGN_VARIABLE)
INITIAL = RawTensor(name=b"initial", buffer=1)


def variable(name: str = "state") -> tuple[str, dict[str, Any]]:
    return "VarHandleOptions", {"SharedName": name}


def call(number: int) -> RawOperator:
    return RawOperator([], [], CALL, ("CallOnceOptions", {"InitSubgraphIndex": number}))


def streaming(
    main: list[RawOperator] | None = None,
    initial: list[RawOperator] | None = None,
    number: int = 1,
    **tensors: RawTensor,
) -> bytes:
    """x -> state, state -> y: tensors 0 to 2 of the main subgraph are x, y and the variable's handle."""
    opened = RawOperator([], [2], OPEN, variable())
    if main is None:
        main = [call(number), opened, RawOperator([2], [1], READ), RawOperator([2, 0], [], ASSIGN)]
    if initial is None:
        initial = [RawOperator([], [1], OPEN, variable()), RawOperator([1, 0], [], ASSIGN)]
    subgraphs = [
        RawSubgraph([tensors.get("x", X), tensors.get("y", Y), HANDLE], main),
        RawSubgraph([tensors.get("value", INITIAL), HANDLE], initial, [], []),
    ]
    return RawModel(subgraphs, STATE_CODES, (b"", b"1234")).write()


def test_the_base_of_the_streaming_models_is_served() -> None:
    graph = served(streaming())
    assert [node.op for node in graph.nodes] == ["READ_VARIABLE", "ASSIGN_VARIABLE"] and list(graph.variables) == [
        "state"
    ]


STREAMING_FILES: dict[str, tuple[Callable[[], bytes], type[BitwrightError], str]] = {
    "CALL_ONCE of itself": (lambda: streaming(number=0), ModelError, "call_once_0: subgraph 0 cannot be called"),
    "CALL_ONCE of nothing": (lambda: streaming(number=9), ModelError, "subgraph 9 cannot be called; the file holds 2"),
    "a subgraph that calls itself": (
        lambda: streaming(initial=[call(1)]),
        UnsupportedError,
        r"operator 0 of subgraph 1 \(CALL_ONCE\): state may only be set to constants",
    ),
    "a handle that nothing opened": (
        lambda: streaming(main=[call(1), RawOperator([2], [1], READ)]),
        ModelError,
        "read_variable_1: tensor 2 is no handle of a variable that an operator before it opened",
    ),
    "a variable without a value": (
        lambda: streaming(initial=[]),
        ModelError,
        "read_variable_2: variable 'state' has no initial value",
    ),
    "an assignment without operands": (
        lambda: streaming(initial=[RawOperator([], [], ASSIGN)]),
        ModelError,
        "operator 0 of subgraph 1: operand 0 is missing",
    ),
    "an assignment to no handle": (
        lambda: streaming(initial=[RawOperator([1, 0], [], ASSIGN)]),
        ModelError,
        "operator 0 of subgraph 1: tensor 1 is no handle",
    ),
    "an initial value that is computed": (
        lambda: streaming(value=replace(INITIAL, buffer=0)),
        ModelError,
        "operator 1 of subgraph 1: initial value 'initial' is not constant",
    ),
    "a value of another shape": (
        lambda: streaming(y=replace(Y, shape=(4, 1))),
        ModelError,
        r"read_variable_2 .*: tensor 'y' of int8 \[4, 1\] does not fit variable 'state' of int8 \[1, 4\]",
    ),
    "a value of another type": (
        lambda: streaming(x=replace(X, type=TYPE.INT16, shape=(1, 2))),
        ModelError,
        r"assign_variable_3 \(ASSIGN_VARIABLE\): tensor 'x' of int16",
    ),
    "options of another operator": (
        lambda: streaming(main=[RawOperator([], [2], OPEN, ("AddOptions", {}))]),
        ModelError,
        "var_handle_0: its options are those of another operator",
    ),
    "a handle without a name to write to": (
        lambda: streaming(main=[RawOperator([], [], OPEN, variable())]),
        ModelError,
        "var_handle_0: operand 0 is missing",
    ),
    "a read with operands": (
        lambda: streaming(main=[call(1), RawOperator([], [2], OPEN, variable()), RawOperator([2, 0], [1], READ)]),
        ModelError,
        r"read_variable_2 \(READ_VARIABLE\): 1 inputs; it takes 0",
    ),
}


@pytest.mark.parametrize("name", STREAMING_FILES)
def test_bad_streaming_state_is_refused(name: str) -> None:
    make, error, message = STREAMING_FILES[name]
    refused(make(), error, message)


def test_an_initial_subgraph_that_thousands_of_operators_call_is_read_once() -> None:
    opened = RawOperator([], [2], OPEN, variable())
    main = [*[call(1)] * 4000, opened, RawOperator([2], [1], READ), RawOperator([2, 0], [], ASSIGN)]
    started = time.monotonic()
    assert len(served(streaming(main=main)).nodes) == 2
    assert time.monotonic() - started < 5


def test_variables_of_like_names_stay_apart() -> None:
    """Names that agree in everything that C can show, and in their first thousand characters."""
    names = ["a-b", "a_b", "int", "n" * 1000 + "1", "n" * 1000 + "2"]
    count = len(names)
    xs = [RawTensor(name=b"x%d" % i) for i in range(count)]
    ys = [RawTensor(name=b"y%d" % i) for i in range(count)]
    handles = [HANDLE] * count
    main, initial = [call(1)], []
    for i, name in enumerate(names):
        main += [
            RawOperator([], [2 * count + i], OPEN, variable(name)),
            RawOperator([2 * count + i], [count + i], READ),
        ]
        main.append(RawOperator([2 * count + i, i], [], ASSIGN))
        initial += [RawOperator([], [1 + i], OPEN, variable(name)), RawOperator([1 + i, 0], [], ASSIGN)]
    subgraphs = [
        RawSubgraph([*xs, *ys, *handles], main, range(count), range(count, 2 * count)),
        RawSubgraph([INITIAL, *handles], initial, [], []),
    ]
    graph = served(RawModel(subgraphs, STATE_CODES, (b"", b"1234")).write())
    assert len(graph.variables) == count
    session = Session(graph)
    first = [np.full((1, 4), i, np.int8) for i in range(count)]
    session.step(first)
    assert all(np.array_equal(a, b) for a, b in zip(session.step(first), first, strict=True))
