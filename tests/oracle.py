"""tflite-runtime 2.14.0 with its reference kernels: the peer that the reference is tested against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

try:
    from tflite_runtime.interpreter import Interpreter, OpResolverType
except ImportError:
    Interpreter = None

needs_tflite = pytest.mark.skipif(Interpreter is None, reason="tflite-runtime 2.14.0 needs Python 3.11 or older")


def run_tflite(model: bytes, inputs: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """One inference in a fresh interpreter with BUILTIN_REF kernels."""
    return run_tflite_sequence(model, [inputs])[0]


def run_tflite_sequence(
    model: bytes, sequence: Sequence[Sequence[NDArray[Any]]], resolver: Any = None
) -> list[list[NDArray[Any]]]:
    """Inferences in order in one interpreter, so that streaming state carries over; BUILTIN_REF without a resolver."""
    resolver = OpResolverType.BUILTIN_REF if resolver is None else resolver
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    results = []
    for inputs in sequence:
        for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], np.require(value, requirements="C"))
        interpreter.invoke()
        results.append([interpreter.get_tensor(d["index"]).copy() for d in interpreter.get_output_details()])
    return results
