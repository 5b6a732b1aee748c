"""The script that lets MLCommons' runner loose on the firmware: what it does without the runner."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import background
import bitwright
import numpy as np
import pytest
import serial
from bitwright.codegen.project import model_sources
from bitwright.targets.image import built_from
from bitwright.targets.mlperf.benchmarks import BENCHMARKS
from bitwright.targets.mlperf.firmware import application
from bitwright.targets.target import find_target
from tools import needs_target


@pytest.fixture
def script() -> ModuleType:
    return importlib.import_module("mlperf_runner")


def test_the_first_samples_hold_every_class(script: ModuleType) -> None:
    labels = np.random.default_rng(0).integers(0, 10, 200)
    order = script.in_turn(labels)
    assert sorted(order) == list(range(200))
    assert set(labels[order[:10]]) == set(range(10))


def test_rows_of_other_benchmarks_stay(script: ModuleType, tmp_path: Path) -> None:
    table = [[f"{name}01", *(f"{name} {i}" for i in range(1, len(script.HEADINGS)))] for name in ("kws", "ad")]
    page = tmp_path / "page.md"
    assert script.rows_of(page) == {}
    page.write_text(script.markdown(table, ""))
    assert script.rows_of(page) == {row[0]: row for row in table}


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_the_firmware_answers_at_a_terminal(script: ModuleType, target: str) -> None:
    """As the runner finds it: at any time after the start, over what looks like a serial port."""
    assert target == script.TARGET
    benchmark = replace(BENCHMARKS["kws"], inputs=64, outputs=10)
    digits = bitwright.load(background.ROOT / "examples" / "digits" / "digits_int8.tflite")
    board = find_target(target)
    model = model_sources(digits, board.isa, benchmark.short)
    with (
        built_from(model, board, application(benchmark, digits)) as image,
        script.emulated(image.elf, script.SHIFT["kws"]) as line,
        script.paced(line) as device,
        serial.Serial(device, 115200, timeout=20) as port,
    ):
        port.write(b"name%")
        assert port.read_until(b"m-name-dut-[bitwright]\r\nm-ready\r\n").endswith(b"[bitwright]\r\nm-ready\r\n")


@background.needs_data
@pytest.mark.parametrize("short", BENCHMARKS)
def test_data_sets_have_every_class_and_answers(script: ModuleType, short: str) -> None:
    benchmark = BENCHMARKS[short]
    graph = bitwright.load(background.model_path(f"mlperf_tiny/{benchmark.models[0]}"))
    samples, _ = script.data_set(benchmark, graph, background.DATA, 12)
    assert len({sample.name for sample in samples}) == 12
    assert len({sample.label for sample in samples}) == (2 if short in ("ad", "vww") else benchmark.outputs)
    windows = 6 if short == "ad" else 1
    assert len(script.answers(benchmark, graph, samples[0].data)) == windows
