"""The integer reference against golden outputs of tflite-runtime 2.14.0's reference kernels, on real models."""

from __future__ import annotations

import numpy as np
import pytest
from background import INT8_MODELS, MODELS, golden, model_path, needs_data
from bitwright.converter.load import load
from bitwright.converter.reference import Session, run
from bitwright.errors import BitwrightError, InputError, UnsupportedError
from oracle import needs_tflite, run_tflite, run_tflite_sequence

SEANET = sorted(path.stem for path in (MODELS / "tflm_seanet").glob("*.tflite")) if MODELS.is_dir() else []

#: tflite-runtime refuses three of these, computes SUM wrongly in reductions_int8, and takes minutes for two.
NOT_THE_ORACLE = (
    "tflm/person_detect",
    "generated/slicing_int8",
    "generated/unet_int8",
    "generated/reductions_int8",
    "tinyengine/mcunetv2_large",
    "gap_sdk/visual_wake_quant_uint8",
)


def check_golden(name: str) -> None:
    vectors = golden(name)
    session = Session(load(model_path(name)))
    inputs = [key for key in sorted(vectors) if key.startswith("in")]
    for index in range(len(vectors["in0"])):
        session.reset()
        outputs = session.step([vectors[key][index] for key in inputs])
        for number, output in enumerate(outputs):
            assert np.array_equal(output, vectors[f"out{number}"][index].reshape(output.shape)), (index, number)


@needs_data
@pytest.mark.parametrize("name", INT8_MODELS)
def test_every_golden_vector_of_int8_models(name: str) -> None:
    check_golden(name)


@needs_data
@pytest.mark.parametrize("name", SEANET)
def test_every_golden_vector_of_16x8_operators(name: str) -> None:
    check_golden(f"tflm_seanet/{name}")


@needs_data
@needs_tflite
@pytest.mark.parametrize("name", [n for n in INT8_MODELS if n not in NOT_THE_ORACLE])
def test_extreme_inputs(name: str) -> None:
    """All lowest, all highest and alternating inputs, in the model's own interface types."""
    path = model_path(name)
    graph, data = load(path), path.read_bytes()
    for kind in range(3):
        inputs = []
        for key in graph.inputs:
            tensor, edge = graph.tensor(key), graph.edges.get(key)
            low, high = tensor.dtype.limits
            values = np.full(tensor.elements, (low, high, low)[kind], np.int64)
            if kind == 2:
                values[1::2] = high
            if edge is None:
                inputs.append(values.astype(tensor.dtype.numpy).reshape(tensor.shape))
            elif edge.dtype.value == "uint8":
                inputs.append((values + 128).astype(np.uint8).reshape(tensor.shape))
            else:
                real = (values - tensor.zero_point) * tensor.scale
                inputs.append(real.astype(np.float32).reshape(tensor.shape))
        for ours, theirs in zip(run(graph, inputs), run_tflite(data, inputs), strict=True):
            assert np.array_equal(ours, theirs.reshape(ours.shape))


@needs_data
@needs_tflite
@pytest.mark.parametrize("name", ["micro_wake_word/v1_hey_jarvis", "micro_wake_word/v2_okay_nabu"])
def test_streaming_state_carries_over(name: str) -> None:
    path = model_path(name)
    graph = load(path)
    rng = np.random.default_rng(1)
    shape = graph.tensor(graph.inputs[0]).shape
    sequence = [[rng.integers(-128, 128, shape).astype(np.int8)] for _ in range(40)]
    session = Session(graph)
    for inputs, expected in zip(sequence, run_tflite_sequence(path.read_bytes(), sequence), strict=True):
        for ours, theirs in zip(session.step(inputs), expected, strict=True):
            assert np.array_equal(ours, theirs.reshape(ours.shape))


@needs_data
def test_every_model_is_read_or_refused_by_name() -> None:
    """Whatever the file holds: a graph, or one error that names the operator or tensor."""
    for path in sorted(MODELS.glob("*/*.tflite")):
        try:
            graph = load(path)
        except UnsupportedError as error:
            assert error.node and error.op and error.reason
        except BitwrightError as error:
            assert str(error)
        else:
            assert graph.nodes


@needs_data
def test_wrong_inputs_are_named() -> None:
    graph = load(model_path("mlperf_tiny/ad01_int8"))
    with pytest.raises(InputError, match="must be int8"):
        run(graph, np.zeros((1, 639), np.int8))
    with pytest.raises(InputError, match="1 inputs, 2 were given"):
        run(graph, [np.zeros((1, 640), np.int8)] * 2)
