"""Reference == C on the host == C on the emulated cores: every layer of every vector."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import bitwright
import numpy as np
import pytest
from background import INT8_MODELS, ROOT, model_path, needs_data
from bitwright.cli import main
from bitwright.targets.emulator import open_port, start
from bitwright.targets.image import Image, built
from bitwright.targets.link import Link
from bitwright.targets.target import find_target
from bitwright.targets.vectors import load_vectors, random_vectors
from bitwright.targets.verify import compare
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"


@needs_data
@pytest.mark.parametrize("name", [n for n in INT8_MODELS if not n.startswith("mlperf")])
def test_real_models_on_the_host(name: str) -> None:
    report = bitwright.verify(model_path(name), "host", vectors=2)
    assert report.bit_exact, report.mismatches[:3]


@needs_data
@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
@pytest.mark.parametrize("name", [n for n in INT8_MODELS if not n.startswith("mlperf") and "mcunetv2" not in n])
def test_real_models_on_a_cortex_m4(name: str, target: str) -> None:
    report = bitwright.verify(model_path(name), target, vectors=1)
    assert report.bit_exact, report.mismatches[:3]


ALL_TARGETS = ["host", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "microbit", "qemu-rv32"]
ALL_TARGETS += ["qemu-rv32-zbb", "qemu-rv32-rvv", "qemu-rv32-rvv256", "netduinoplus2", "stm32vldiscovery"]


@pytest.mark.parametrize("target", [needs_target(name) for name in ALL_TARGETS])
def test_digits_on_every_target(target: str) -> None:
    report = bitwright.verify(DIGITS, target, vectors=9)
    assert report.bit_exact, report.mismatches[:3]
    counted = report.instructions is not None
    assert counted == (target != "host")


@pytest.mark.parametrize("target", [needs_target(name) for name in ALL_TARGETS if name != "host"])
def test_instruction_counts_are_exact(target: str) -> None:
    """A loop of three instructions, n passes against one: 3 * (n - 1), to the instruction."""
    with built(bitwright.load(DIGITS), find_target(target)) as image, start(image.target, image.elf) as link:
        for passes in (2, 3, 10, 1000, 100_000, 3_000_001):
            assert link.count_loop(passes) == 3 * (passes - 1)


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_counts_and_sizes_repeat(target: str) -> None:
    first = bitwright.verify(DIGITS, target, vectors=2, seed=5).to_json()
    second = bitwright.verify(DIGITS, target, vectors=2, seed=5).to_json()
    assert first == second


def flip_weight(image: Image, layer: int) -> Path:
    """A copy of the image with one bit of one weight of a layer changed."""
    arrays = [a for a in image.model.context["arrays"] if f"_{layer:02d}_" in a.symbol]
    symbol = max(arrays, key=lambda a: a.data.nbytes)  # weights, by whatever name the kernel's packing goes
    pattern, data = symbol.data.tobytes(), bytearray(image.elf.read_bytes())
    assert data.count(pattern) == 1
    data[data.find(pattern) + len(pattern) // 2] ^= 0x10
    damaged = image.elf.with_name("damaged.elf")
    damaged.write_bytes(data)
    shutil.copymode(image.elf, damaged)
    return damaged


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386"), needs_target("qemu-rv32")])
def test_one_changed_weight_bit_is_caught_and_named(target: str) -> None:
    graph = bitwright.load(DIGITS)
    vectors = random_vectors(graph, 3, 0)
    with built(graph, find_target(target)) as image, start(image.target, flip_weight(image, 5)) as link:
        report = compare(image, link, vectors)
    assert not report.bit_exact
    first = report.mismatches[0]
    assert first.layer == "fully_connected_5"
    assert first.first_index >= 0 and first.expected != first.got


class Flipping:
    """A port that flips one bit of one received byte."""

    def __init__(self, port: object, at: int) -> None:
        self.port, self.at, self.count = port, at, 0

    @property
    def timeout(self) -> float | None:
        return self.port.timeout  # type: ignore[attr-defined, no-any-return]

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self.port.timeout = seconds  # type: ignore[attr-defined]

    @property
    def in_waiting(self) -> int:
        return self.port.in_waiting  # type: ignore[attr-defined, no-any-return]

    def write(self, data: bytes) -> int:
        return self.port.write(data)  # type: ignore[attr-defined, no-any-return]

    def read(self, size: int = 1) -> bytes:
        data = bytearray(self.port.read(size))  # type: ignore[attr-defined]
        if self.count <= self.at < self.count + len(data):
            data[self.at - self.count] ^= 0x04
        self.count += len(data)
        return bytes(data)


@pytest.mark.parametrize("target", [needs_target("host"), needs_target("mps2-an386")])
def test_one_changed_received_byte_is_caught_and_named(target: str) -> None:
    graph = bitwright.load(DIGITS)
    vectors = random_vectors(graph, 2, 0)
    with built(graph, find_target(target)) as image:
        for at in (5, 60, 150, 230):
            with open_port(image.target, image.elf) as port:
                link = Link(Flipping(port, at), patience=0.5)  # type: ignore[arg-type]
                report = compare(image, link, vectors)
            assert report.bit_exact
            assert any("damaged" in fault for fault in report.link_faults)


@pytest.mark.parametrize("target", [needs_target("host")])
def test_command_line(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert main(["verify", str(DIGITS), "--target", target, "--vectors", "2", "--json", str(report)]) == 0
    content = json.loads(report.read_text())
    assert content["bit_exact"] and content["vectors"] == 2 and content["mismatches"] == []
    assert content["macs"] == 36096 and content["ram"]["arena"] > 0 and content["flash"]["constants"] > 4000
    assert {"name", "op", "macs", "instructions", "cycles", "all_cores", "arena_bytes", "fused"} == set(
        content["layers"][0]
    )
    vectors = ROOT / "examples" / "digits" / "heldout.npz"
    output = tmp_path / "y.npy"
    assert main(["run", str(DIGITS), "--target", target, "--inputs", str(vectors), "-o", str(output)]) == 0
    graph = bitwright.load(DIGITS)
    expected = [bitwright.run(graph, vector)[0] for vector in load_vectors(graph, vectors)]
    assert np.array_equal(np.load(output), np.stack(expected))
    assert "bit-exact" in capsys.readouterr().out


def test_errors_are_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out"
    (tmp_path / "bad.tflite").write_bytes(b"nonsense")
    for arguments in (
        ["compile", str(tmp_path / "absent.tflite"), "--target", "host", "-o", str(folder)],
        ["compile", str(tmp_path / "bad.tflite"), "--target", "host", "-o", str(folder)],
        ["compile", str(DIGITS), "--target", "no-such-board", "-o", str(folder)],
        ["compile", str(DIGITS), "--target", "host", "-o", str(folder), "--name", "int"],
        ["verify", str(DIGITS), "--target", "host", "--inputs", str(tmp_path / "bad.tflite")],
    ):
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert error.startswith("bitwright: error: ") and error.count("\n") == 1
        assert not folder.exists()


@needs_data
def test_an_arena_beyond_the_target_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, folder = model_path("mlperf_tiny/vww_96_int8"), tmp_path / "out"
    assert main(["compile", str(model), "--target", "microbit", "-o", str(folder)]) == 2
    assert "exceeds the 16384 bytes of RAM" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
