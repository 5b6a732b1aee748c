"""The four benchmarks of MLPerf Tiny that a runner drives over a serial line, and what their firmware answers.

What a sample's bytes mean and how results are written follows ``th_load_tensor`` and ``th_results`` of the reference
submissions (github.com/mlcommons/tiny, benchmark/reference_submissions); here is the definition that the firmware is
compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...converter.ir import Array, DType, Graph
from ...errors import ModelError

#: The mean squared error is computed in units of 2**-14; a larger real counts as 2**12 (bw_reconstruct.c).
FRACTION, LARGEST = 14, 1 << 26
_INFINITY = 0x7F800000


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        id: what the runner calls it; short: what results folders are called; title: what it is.
        models: file names of the quantized reference model.
        inputs, outputs: elements of the network's input and output, both int8.
        sample: what a sample holds: "int8"; "uint8", 128 more than the input; "float32", quantized by the firmware.
        truncated: classes' probabilities are cut after three digits instead of rounded.
        quality: the closed division's target, in words.
    """

    id: str
    short: str
    title: str
    models: tuple[str, ...]
    inputs: int
    outputs: int
    sample: str
    truncated: bool
    quality: str

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample on the line."""
        return self.inputs * (4 if self.sample == "float32" else 1)

    @property
    def results(self) -> int:
        """Numbers that answer a sample."""
        return 1 if self.sample == "float32" else self.outputs


BENCHMARKS: Mapping[str, Benchmark] = {
    benchmark.short: benchmark
    for benchmark in (
        Benchmark("kws01", "kws", "keyword spotting", ("kws_ref_model",), 490, 12, "int8", True, "90 % (top 1)"),
        Benchmark("vww01", "vww", "visual wake words", ("vww_96_int8",), 27648, 2, "uint8", False, "80 % (top 1)"),
        Benchmark(
            "ic01", "ic", "image classification", ("pretrainedResnet_quant",), 3072, 10, "uint8", False, "85 % (top 1)"
        ),
        Benchmark("ad01", "ad", "anomaly detection", ("ad01_int8",), 640, 640, "float32", False, "0.85 (AUC)"),
    )
}


def check(benchmark: Benchmark, graph: Graph) -> None:
    """Raise ModelError where a network does not take and give what the benchmark exchanges."""
    for role, names, elements in (
        ("input", graph.inputs, benchmark.inputs),
        ("output", graph.outputs, benchmark.outputs),
    ):
        tensors = [graph.tensor(name) for name in names]
        fits = len(tensors) == 1 and tensors[0].dtype is DType.INT8 and tensors[0].elements == elements
        if not fits or tensors[0].quant is None or len(tensors[0].quant.scale) != 1:
            found = ", ".join(f"{tensor.dtype.value} {list(tensor.shape)}" for tensor in tensors)
            raise ModelError(f"{benchmark.id} needs one int8 {role} of {elements} elements, '{graph.name}' has {found}")


# -- Constants of the firmware ----------------------------------------------------------------------------------------


def thousandths(benchmark: Benchmark, graph: Graph) -> NDArray[np.int64]:
    """What is printed for the outputs -128 to 127: float32 probabilities to three digits, shape (256,)."""
    real = _reals(graph, graph.outputs[0])
    if benchmark.truncated:
        digits: NDArray[np.int64] = np.floor(real * np.float32(1000)).astype(np.int64)
    else:
        digits = np.array([round(float(f"{value:.3f}") * 1000) for value in real], np.int64)
    if digits.min() < 0 or digits.max() > 65535:
        raise ModelError(f"{benchmark.id} needs probabilities as outputs: those of '{graph.name}' reach {real.max():g}")
    return digits


def steps(graph: Graph) -> NDArray[np.int64]:
    """Keys of the least float32 that the input quantizes to -127 to 127, found by bisection, shape (255,).

    A key orders as the floats do: the bits of the magnitude, negated for a negative float.
    """
    low, high = np.full(255, -_INFINITY), np.full(255, _INFINITY)
    wanted = np.arange(-127, 128)
    while np.any(low < high):
        middle = (low + high) // 2
        reached = quantized(graph, _from_keys(middle)) >= wanted
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return low


def values(graph: Graph) -> NDArray[np.int64]:
    """The outputs -128 to 127 as reals, in units of 2**-FRACTION, shape (256,)."""
    return fixed(_reals(graph, graph.outputs[0]))


# -- What the firmware answers ----------------------------------------------------------------------------------------


def network_input(benchmark: Benchmark, graph: Graph, sample: bytes) -> Array:
    """The network's input, int8 in its shape, of one sample as the runner sends it."""
    if benchmark.sample == "float32":
        integers = quantized(graph, np.frombuffer(sample, "<f4"))
    else:
        flip = 0x80 if benchmark.sample == "uint8" else 0
        integers = (np.frombuffer(sample, np.uint8) ^ flip).view(np.int8)
    return integers.astype(np.int8).reshape(graph.tensor(graph.inputs[0]).shape)


def results_line(benchmark: Benchmark, graph: Graph, sample: bytes, output: Array) -> str:
    """The line that answers a sample whose network output is ``output``, int8."""
    index = output.reshape(-1).astype(np.int64) + 128
    if benchmark.sample == "float32":
        difference = values(graph)[index] - fixed(np.frombuffer(sample, "<f4")[: index.size])
        total, one = sum(int(value) ** 2 for value in difference), difference.size << 2 * FRACTION
        numbers = [total // one * 1000 + (total % one * 1000 + one // 2) // one]
    else:
        numbers = [int(value) for value in thousandths(benchmark, graph)[index]]
    return f"m-results-[{','.join(f'{n // 1000}.{n % 1000:03d}' for n in numbers)}]"


def quantized(graph: Graph, real: NDArray[np.float32]) -> NDArray[np.int64]:
    """Float32 divided by the input's scale, rounded half away from zero and limited, as the reference harness does."""
    tensor = graph.tensor(graph.inputs[0])
    with np.errstate(over="ignore"):
        ratio = (real / np.float32(tensor.scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(ratio) + 0.5), ratio) + tensor.zero_point
    return np.clip(rounded, -128, 127).astype(np.int64)


def fixed(real: NDArray[np.float32]) -> NDArray[np.int64]:
    """Float32 in units of 2**-FRACTION, rounded half away from zero and limited to +-LARGEST."""
    with np.errstate(over="ignore"):
        scaled = np.abs(real.astype(np.float64)) * 2.0**FRACTION
    limited = np.minimum(np.floor(scaled + 0.5), LARGEST).astype(np.int64)
    return np.where(np.signbit(real), -limited, limited)


def _reals(graph: Graph, name: str) -> NDArray[np.float32]:
    """The real values of -128 to 127 in a tensor's scale, computed in float32."""
    tensor = graph.tensor(name)
    return (np.arange(-128, 128) - tensor.zero_point).astype(np.float32) * np.float32(tensor.scale)


def _from_keys(keys: NDArray[np.int64]) -> NDArray[np.float32]:
    bits = np.abs(keys).astype(np.uint32) | (np.where(keys < 0, 0x80000000, 0).astype(np.uint32))
    return bits.view(np.float32)
