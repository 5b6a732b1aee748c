"""Compiler, emulator and disassembler as wheels, `pip install bitwright[zero]`, with nothing on the PATH."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import bitwright
import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.errors import LinkError, ToolError
from bitwright.targets import decoding, emulator, toolchain, zig
from bitwright.targets.disassembly import Disassembly, disassemble
from bitwright.targets.emulator import start
from bitwright.targets.image import Image, built
from bitwright.targets.instructions import class_of
from bitwright.targets.sizes import check_integer_only
from bitwright.targets.stack import _STEPS, worst_case
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import TOOLCHAINS
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import compare
from elftools.elf.elffile import ELFFile
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
MISSING = [module for module in ("ziglang", "unicorn", "capstone") if find_spec(module) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: pip install 'bitwright[zero]'")

BOTH = ["mps2-an386", "qemu-rv32"]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A PATH of an empty folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for variable in ("CC", toolchain.CHOICE, emulator.CHOICE):
        monkeypatch.delenv(variable, raising=False)
    yield


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("target", [*BOTH, "microbit"])
def test_bit_exact_without_a_program_on_the_path(target: str) -> None:
    report = bitwright.verify(DIGITS, target, vectors=3)
    assert report.bit_exact, report.mismatches[:3]
    assert report.link_faults == ()
    assert report.compiler.startswith("Zig ") and report.emulator.startswith("Unicorn ")
    assert report.instructions and report.ram["stack"] and report.stack_used
    assert report.stack_used <= report.ram["stack"] + 64


@pytest.mark.usefixtures("nothing_installed")
def test_the_host_compiles_and_runs_without_a_program_on_the_path() -> None:
    report = bitwright.verify(DIGITS, "host", vectors=3)
    assert report.bit_exact and report.compiler.startswith("Zig ") and report.emulator == ""


@pytest.fixture(scope="module", params=[needs_target(name) for name in [*BOTH, "microbit", "mps2-an505"]])
def image(request: pytest.FixtureRequest) -> Iterator[Image]:
    """The digits network as GCC compiles it."""
    with built(bitwright.load(DIGITS), find_target(request.param)) as image:
        yield image


def test_counts_of_an_image_are_qemus(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer, and loops of known length, to the instruction."""
    vectors = random_vectors(image.model.program.graph, 2, 0)
    found = {}
    for choice in ("qemu", "unicorn"):
        monkeypatch.setenv(emulator.CHOICE, choice)
        with start(image.target, image.elf) as link:
            report = compare(image, link, vectors)
            loops = [link.count_loop(passes) for passes in (2, 3, 1000, 200_001)]
        assert report.bit_exact and report.link_faults == ()
        found[report.emulator.split()[0]] = [
            report.instructions,
            *(layer.instructions for layer in report.layers),
            loops,
        ]
    assert found["QEMU"] == found["Unicorn"]
    assert found["Unicorn"][-1] == [3, 6, 2997, 600_000]


def capstones(image: Image, monkeypatch: pytest.MonkeyPatch, elf: Path) -> Disassembly:
    """The disassembly where no objdump is found."""
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "")
        return disassemble(elf, image.target)


def unless_unbounded(function: Callable[..., Any], *arguments: Any) -> Any:
    """The result, or the message of a ToolError up to the instruction, which objdump and capstone write differently."""
    try:
        return function(*arguments)
    except ToolError as error:
        return str(error).rsplit(":", 1)[0]


def test_capstone_reads_what_objdump_reads(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same instructions: where each goes, what it does to the stack, its class; the same bound of the stack."""
    step = _STEPS[TOOLCHAINS[image.target.toolchain].architecture]
    for elf in (image.elf, image.elf.with_name("model.elf")):
        expected, found = disassemble(elf, image.target), capstones(image, monkeypatch, elf)
        assert len(expected.instructions) > 1000
        assert expected.instructions.keys() <= found.instructions.keys()
        padding = found.instructions.keys() - expected.instructions.keys()  # zeros, which objdump leaves out
        assert {found.instructions[address].mnemonic for address in padding} <= {"unimp"}
        for address, one in expected.instructions.items():
            other = found.instructions[address]
            assert unless_unbounded(step, one) == unless_unbounded(step, other), (one, other)
            assert expected.symbols[one.label] == found.symbols[other.label]  # of one function, by any of its names
            kinds = [class_of(i.mnemonic, image.target.toolchain) for i in (one, other)]
            assert kinds[0] == kinds[1], (one, other)
        assert expected.symbols.items() <= found.symbols.items()
        check_integer_only(elf, found)
        functions = [name for name in expected.symbols if name.startswith(("bw_", image.model.name))]
        for name in functions:
            bounds = [unless_unbounded(worst_case, code, image.target.toolchain, name) for code in (expected, found)]
            assert bounds[0] == bounds[1], name


@pytest.mark.parametrize("target", [needs_target(name) for name in BOTH])
def test_sizes_without_binutils_are_those_of_binutils(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same images, which Zig linked."""
    monkeypatch.setenv(toolchain.CHOICE, "zig")
    with built(bitwright.load(DIGITS), find_target(target)) as image:
        elf = image.elf.with_name("model.elf")
        size = subprocess.run(
            [toolchain.binutil(image.target.toolchain, "size"), elf], capture_output=True, text=True, check=True
        )
        text, data, bss = map(int, size.stdout.splitlines()[1].split()[:3])
        assert image.sizes.flash["total"] == text + data
        assert image.sizes.arena + image.sizes.static == data + bss
        with_objdump = image.sizes
    monkeypatch.setenv("PATH", "")
    with built(bitwright.load(DIGITS), find_target(target)) as image:
        assert image.sizes == with_objdump


def test_what_is_float_is_found_by_capstone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source, elf = tmp_path / "f.c", tmp_path / "f.elf"
    source.write_text("float f(float a) { return a * a; }\nvoid _start(void) {}\n")
    command = [*zig.COMMAND, "--target=riscv32-freestanding-none", "-mcpu=generic_rv32+m+f+zicsr", "-O2", "-nostdlib"]
    subprocess.run([*command, str(source), "-o", str(elf)], check=True)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="floating-point code: f: fmul"):
        check_integer_only(elf, disassemble(elf, find_target("qemu-rv32")))


@pytest.mark.parametrize(
    ("word", "found"), [(0x02050A07, "insn"), (0x60A51533, "insn"), (0x0192C72B, ".4byte"), (0x60A51133, "")]
)
def test_words_that_capstone_does_not_know(word: int, found: str, tmp_path: Path) -> None:
    """A vector load, rol, an instruction of CORE-V, and a rol that writes the stack pointer, which has no bound."""
    source, elf = tmp_path / "w.S", tmp_path / "w.elf"
    source.write_text(f".globl _start\n.type _start, @function\n_start: .4byte {word:#x}\n ret\n")
    command = [*zig.COMMAND, "--target=riscv32-freestanding-none", "-mcpu=generic_rv32+m+c", "-nostdlib"]
    subprocess.run([*command, str(source), "-o", str(elf)], check=True)
    data = bytearray(elf.read_bytes())
    assert data.count(word.to_bytes(4, "little")) == 1
    code = decoding.Line(0, found, "", "")
    if not found:
        with pytest.raises(ToolError, match="install binutils"):
            _as_code(elf)
        return
    lines = _as_code(elf)
    assert [line.mnemonic for line in lines] == [code.mnemonic, "ret"]


def _as_code(elf: Path) -> list[decoding.Line]:
    """What an assembler marked as data, decoded as code."""
    data = elf.read_bytes().replace(b"\0$d", b"\0$x")
    elf.write_bytes(data)
    return decoding.decode(elf)[0]


@pytest.mark.usefixtures("nothing_installed")
def test_what_stopped_the_core_is_the_error() -> None:
    with built(bitwright.load(DIGITS), find_target("mps2-an386")) as image:
        data = bytearray(image.elf.read_bytes())
        code = disassemble(image.elf, image.target)
        place = code.symbols["main"]
        with image.elf.open("rb") as file:
            text = ELFFile(file).get_section_by_name(".text")
            offset = text["sh_offset"] + place - text["sh_addr"]
        data[offset : offset + 6] = bytes.fromhex("4ff0ff300068")  # mov.w r0, #-1; ldr r0, [r0]
        image.elf.write_bytes(data)
        with (
            pytest.raises(LinkError, match=r"the core stopped at 0x[0-9a-f]+: .*UNMAPPED"),
            start(image.target, image.elf) as link,
        ):
            link.hello()


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("target", "lacks"), [("mps3-an547", "Helium"), ("qemu-rv32-rvv", "zve32x"), ("qemu-rv32-zbb", "zbb")]
)
def test_what_unicorn_lacks_is_named(target: str, lacks: str) -> None:
    with pytest.raises(ToolError, match=rf"{target} needs qemu-system-\w+, since Unicorn lacks.*{lacks}.*apt-get"):
        emulator.chosen(find_target(target))


@pytest.mark.skipif(not (shutil.which("cmake") and shutil.which("make")), reason="needs cmake and make")
@pytest.mark.parametrize("target", ["qemu-rv32"])
def test_a_project_builds_by_itself_with_zig(target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CMake finds no compiler and no archiver but Zig; what it builds runs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("cmake", "make"):
        (programs / name).symlink_to(str(shutil.which(name)))
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (programs / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv(toolchain.CHOICE, "zig")
    graph = bitwright.load(DIGITS)
    bitwright.generate(graph, target, tmp_path / "project")
    for command in (["cmake", "-S", ".", "-B", "build"], ["cmake", "--build", "build"]):
        result = subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
    monkeypatch.setenv(emulator.CHOICE, "unicorn")
    with start(find_target(target), tmp_path / "project" / "build" / "digits_int8_firmware.elf") as link:
        assert link.hello().models == 1


@pytest.mark.parametrize("variable", [toolchain.CHOICE, emulator.CHOICE])
def test_a_choice_that_there_is_not(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "gcc")
    assert main(["verify", str(DIGITS), "--target", "mps2-an386", "--vectors", "1"]) == 2
    assert f"{variable} is 'gcc'; it can be" in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_installed")
def test_missing_wheels_are_named_with_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "find_spec", lambda _name: None)
    with pytest.raises(
        ToolError, match=r"arm-none-eabi-gcc is not installed: sudo apt-get .* pip install 'bitwright\[zero\]'"
    ):
        toolchain.compiler("arm")


@pytest.mark.usefixtures("nothing_installed")
def test_doctor_says_what_would_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    by_target = {(finding["purpose"], target): finding for finding in findings for target in finding["targets"]}
    assert by_target["compiler", "mps2-an386"]["used"].startswith("Zig ")
    assert by_target["emulator", "mps2-an386"]["used"].startswith("Unicorn ")
    assert by_target["disassembler", "qemu-rv32"]["used"].startswith("capstone ")
    missing = by_target["emulator", "mps3-an547"]
    assert not missing["found"]
    assert missing["install"] == ["sudo apt-get install qemu-system-arm", "brew install qemu"]


@pytest.mark.usefixtures("nothing_installed")
def test_a_profile_says_that_it_needs_qemu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", str(DIGITS), "--target", "mps2-an386"]) == 2
    assert "needs qemu-system-arm, which counts every instruction" in capsys.readouterr().err


def test_flags_of_gcc_as_zigs() -> None:
    assert zig.arm_flags(["-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft", "-DX"]) == [
        "--target=thumb-freestanding-eabi", "-mcpu=cortex_m33+dsp", "-DX",
    ]  # fmt: skip
    flags = ["-march=rv32imac", "-misa-spec=2.2", "-mabi=ilp32", "-mcmodel=medany", "-Wa,-march=rv32imac_zbb"]
    assert zig.riscv_flags(flags) == [
        "--target=riscv32-freestanding-none", "-mcpu=generic_rv32+m+a+c+zicsr+zbb", "-mcmodel=medany",
    ]  # fmt: skip


def test_the_emulated_machine_is_a_program_of_its_own() -> None:
    """It starts without the rest of Bitwright, whose imports would cost more than an inference."""
    code = "import sys, bitwright.targets.emulators.machine; print('numpy' in sys.modules, 'ortools' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]
