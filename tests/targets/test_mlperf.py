"""MLPerf Tiny's firmware: a dialogue written down answers line by line, results equal the reference's to the digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bitwright
import numpy as np
import pytest
import serial
from background import ROOT, model_path, needs_data
from bitwright.codegen.project import model_sources
from bitwright.converter.ir import Graph
from bitwright.converter.reference import Session
from bitwright.errors import ModelError
from bitwright.targets.disassembly import disassemble
from bitwright.targets.emulator import open_port
from bitwright.targets.image import built_from
from bitwright.targets.mlperf.benchmarks import (
    BENCHMARKS,
    Benchmark,
    check,
    fixed,
    network_input,
    quantized,
    results_line,
    steps,
    thousandths,
)
from bitwright.targets.mlperf.firmware import application
from bitwright.targets.sizes import check_integer_only
from bitwright.targets.target import find_target
from tools import needs_target

DIGITS = bitwright.load(ROOT / "examples" / "digits" / "digits_int8.tflite")
DIALOGUE = Path(__file__).with_name("mlperf_dialogue.txt").read_text().splitlines()

#: The network of the digits example in each of the benchmarks' manners.
MANNERS = [replace(b, inputs=64, outputs=10) for b in BENCHMARKS.values() if b.short != "ic"]


def real(short: str) -> tuple[Benchmark, Graph]:
    benchmark = BENCHMARKS[short]
    return benchmark, bitwright.load(model_path(f"mlperf_tiny/{benchmark.models[0]}"))


def samples(benchmark: Benchmark, seed: int) -> Iterator[bytes]:
    """Random samples; floats beyond the quantized range and of every kind."""
    rng = np.random.default_rng(seed)
    odd = np.array([0, -0.0, 1e-40, -1e-44, 1e30, -np.inf, 4095.99, -4096, 8191, 6e-5, -3.05e-5, 2.0**-15], np.float32)
    while True:
        if benchmark.sample == "float32":
            values = rng.normal(-10, 30, benchmark.inputs).astype(np.float32)
            values[rng.integers(0, benchmark.inputs, odd.size)] = odd
            yield values.astype("<f4").tobytes()
        else:
            yield rng.integers(0, 256, benchmark.inputs, dtype=np.uint8).tobytes()


def expected(benchmark: Benchmark, graph: Graph, sample: bytes) -> str:
    (output,) = Session(graph).trace([network_input(benchmark, graph, sample)]).outputs
    return results_line(benchmark, graph, sample, output)


class Dialogue:
    """The other side of the firmware's line."""

    def __init__(self, port: serial.Serial) -> None:
        self.port, self.time = port, -1
        port.timeout = 30

    def say(self, text: str) -> None:
        self.port.write(text.encode("latin-1"))

    def line(self) -> str:
        return self.port.read_until(b"\r\n").decode("latin-1").removesuffix("\r\n")

    def expect(self, pattern: str) -> None:
        line = self.line()
        match = re.fullmatch(re.escape(pattern).replace(re.escape("{us}"), "([0-9]+)"), line)
        assert match, f"expected {pattern!r}, found {line!r}"
        if match.groups():
            assert int(match[1]) >= self.time
            self.time = int(match[1])

    def load(self, sample: bytes, width: int = 31) -> None:
        self.say(f"db load {len(sample)}%")
        self.expect(f"m-[Expecting {len(sample)} bytes]")
        self.expect("m-ready")
        for begin in range(0, len(sample), width):
            self.say(f"db {sample[begin : begin + width].hex()}%")
            if begin + width >= len(sample):
                self.expect("m-load-done")
            self.expect("m-ready")


def play(port: serial.Serial, benchmark: Benchmark, graph: Graph, seed: int = 1) -> None:
    """The whole dialogue with fresh samples."""
    dialogue, source, results = Dialogue(port), samples(benchmark, seed), ""
    for number, line in enumerate(DIALOGUE, 1):
        kind, _, text = line.partition(" ")
        if kind == ">":
            dialogue.say(text.encode("latin-1").decode("unicode_escape"))
        elif kind == "<":
            values = {"{model}": benchmark.id, "{bytes}": str(benchmark.sample_bytes), "{results}": results}
            for name, value in values.items():
                text = text.replace(name, value)
            try:
                dialogue.expect(text)
            except AssertionError as error:
                raise AssertionError(f"line {number}: {error}") from None
        elif kind == "load":
            sample = next(source)
            results = expected(benchmark, graph, sample)
            dialogue.load(sample)
        else:
            assert kind in ("", "#"), line


def converse(benchmark: Benchmark, graph: Graph, target: str) -> None:
    board = find_target(target)
    model = model_sources(graph, board.isa, benchmark.short, None, board.cores)
    with built_from(model, board, application(benchmark, graph)) as image, open_port(board, image.elf) as port:
        play(port, benchmark, graph)


@pytest.mark.parametrize("benchmark", MANNERS, ids=lambda b: b.short)
@pytest.mark.parametrize("target", [needs_target(t) for t in ("host", "mps2-an386")])
def test_the_dialogue(benchmark: Benchmark, target: str) -> None:
    converse(benchmark, DIGITS, target)


@pytest.mark.parametrize("target", [needs_target(t) for t in ("qemu-rv32", "iss-xcv-x8")])
def test_the_dialogue_elsewhere(target: str) -> None:
    """Another core, and eight of them, which all come to each inference."""
    converse(MANNERS[-1], DIGITS, target)


@needs_data
@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
@pytest.mark.parametrize("short", ["kws", "ic", "ad"])
def test_the_dialogue_with_the_real_networks(short: str, target: str) -> None:
    converse(*real(short), target)


@needs_data
def test_the_dialogue_with_the_largest_sample() -> None:
    converse(*real("vww"), "host")


@pytest.mark.parametrize("target", [needs_target("mps2-an386"), needs_target("qemu-rv32")])
def test_the_whole_firmware_is_integer_only(target: str) -> None:
    """Samples of float32, too, are compared and shifted as integers."""
    board, benchmark = find_target(target), MANNERS[-1]
    model = model_sources(DIGITS, board.isa, benchmark.short)
    with built_from(model, board, application(benchmark, DIGITS)) as image:
        check_integer_only(image.elf, disassemble(image.elf, board))


# --- Definitions -----------------------------------------------------------------------------------------------------


def reference_quantized(value: np.float32, scale: float, zero_point: int) -> int:
    """QuantizeFloatToInt8 of the reference submissions, one value."""
    ratio = float(value / np.float32(scale))
    rounded = int(np.floor(abs(ratio) + 0.5)) * (1 if ratio >= 0 else -1)
    return max(-128, min(127, rounded + zero_point))


def test_steps_are_where_the_quantized_value_changes() -> None:
    tensor = DIGITS.tensor(DIGITS.inputs[0])
    keys = steps(DIGITS)
    assert np.all(np.diff(keys) > 0)
    for q, key in zip(range(-127, 128), keys.tolist(), strict=True):
        for at, value in ((key, q), (key - 1, q - 1)):
            bits = np.uint32(abs(at) | (0x80000000 if at < 0 else 0))
            real_value = bits.view(np.float32)
            assert reference_quantized(real_value, tensor.scale, tensor.zero_point) == value
            assert quantized(DIGITS, np.array([real_value]))[0] == value


def test_probabilities_are_written_as_c_does() -> None:
    """%0.3f rounds a tie of the binary value to even; the keyword reference cuts."""
    for benchmark in MANNERS[:2]:
        written = thousandths(benchmark, DIGITS)
        for q in range(256):
            text = f"{q / 256:.3f}" if not benchmark.truncated else f"0.{int(q / 256 * 1000):03d}"
            assert f"0.{written[q]:03d}" == text


def test_the_error_of_a_reconstruction_is_that_of_float32_to_the_digit_that_is_printed() -> None:
    """The reference harness sums in float32: the integers differ from it by at most one thousandth."""
    benchmark = MANNERS[-1]
    tensor = DIGITS.tensor(DIGITS.outputs[0])
    rng = np.random.default_rng(3)
    for _ in range(50):
        sample = rng.normal(0, 20, benchmark.inputs).astype("<f4")
        output = rng.integers(-128, 128, 10).astype(np.int8)
        line = results_line(benchmark, DIGITS, sample.tobytes(), output)
        total = np.float32(0)
        for q, x in zip(output.tolist(), sample[:10], strict=True):
            difference = np.float32(q - tensor.zero_point) * np.float32(tensor.scale) - x
            total += difference * difference
        number = re.fullmatch(r"m-results-\[(.*)\]", line)
        assert number
        assert abs(float(number[1]) - float(total / np.float32(10))) < 0.0011


def test_fixed_point_ends_at_4096() -> None:
    values = np.array([4095.9999, 4096, 1e38, np.inf, -np.inf, 2.0**-15, 2.0**-16, -0.0], np.float32)
    assert fixed(values).tolist() == [67108864, 67108864, 67108864, 67108864, -67108864, 1, 0, 0]


def test_a_network_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ModelError, match=r"kws01 needs one int8 input of 490 elements, '.*' has int8 \[1, 8, 8, 1\]"):
        check(BENCHMARKS["kws"], DIGITS)
