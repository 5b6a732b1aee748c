"""The instruction-set simulator: encodings, counts equal to QEMU's, clear errors, several harts."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import bitwright
import pytest
from background import ROOT
from bitwright.converter.ir import Graph
from bitwright.errors import ToolError
from bitwright.targets import simulator
from bitwright.targets.image import generate
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import compiler
from hypothesis import HealthCheck, given, settings
from networks import networks
from projects import streaming
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
XCV = ROOT / "firmware" / "kernels" / "xcv"
LLVM = next((name for name in ("llvm-mc-19", "llvm-mc-20", "llvm-mc-21") if shutil.which(name)), None)
needs_core = pytest.mark.parametrize("name", [needs_target("iss-xcv"), needs_target("iss-xpulpv2")])
needs_xcv = pytest.mark.parametrize("name", [needs_target("iss-xcv")])

PUT = "li t6, 0x10000000\n sb a0, 0(t6)\n"
END = "9: lbu t5, 5(t6)\n j 9b\n"  # waits for a byte from nowhere, which ends the simulation


def assembled(folder: Path, name: str, body: str) -> Path:
    """An ELF of one assembly text that starts at its beginning, with the kernels' macros."""
    target = find_target(name)
    (folder / "text.c").write_text(
        '#include "bw_xcv.h"\n__asm__(".section .vectors, \\"ax\\"\\n.globl _start\\n.option norvc\\n_start:\\n'
        + body.replace("\n", "\\n")
        + '");\n'
    )
    assert target.flash is not None
    script = f"ENTRY(_start)\nSECTIONS {{ . = {target.flash.origin}; .text : {{ *(.vectors .text*) }} }}"
    (folder / "text.ld").write_text(script)
    command = [*compiler("riscv"), "--specs=picolibc.specs", *target.flags, "-nostdlib", "-nostartfiles", f"-I{XCV}"]
    run = [*command, "-T", "text.ld", "-Wl,--no-warn-rwx-segments", "text.c", "-o", "text.elf"]
    result = subprocess.run(run, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return folder / "text.elf"


def simulated(folder: Path, name: str, body: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run assembly; what it puts on the UART is its standard output."""
    target = find_target(name)
    assert target.emulator is not None
    target = replace(target, emulator=replace(target.emulator, arguments=options))
    command = simulator.command(target, assembled(folder, name, body))
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("target", [needs_target("qemu-rv32")])
def test_counts_equal_qemu(target: str, tmp_path: Path) -> None:
    """The same firmware, layer by layer, to the instruction."""
    text = (ROOT / "targets" / "boards" / "iss-xcv.toml").read_text()
    ours = tmp_path / "iss-rv32.toml"
    ours.write_text(text.replace('isa = ["xcv", ', "isa = [").replace(', "-DBW_XCV"', ""))
    reports = [bitwright.verify(DIGITS, where, vectors=2) for where in (target, str(ours))]
    assert all(report.bit_exact for report in reports)
    theirs, found = ([layer.instructions for layer in report.layers] for report in reports)
    assert found == theirs


@needs_core
def test_both_cores_compute_and_count_the_same(name: str) -> None:
    report = bitwright.verify(DIGITS, name, vectors=3)
    assert report.bit_exact, report.mismatches[:3]
    assert report.instructions == bitwright.verify(DIGITS, "iss-xcv", vectors=1).instructions


needs_cluster = pytest.mark.parametrize("name", [needs_target("iss-xcv-x8"), needs_target("iss-xpulpv2-x8")])


@needs_cluster
def test_eight_cores_share_a_network(name: str) -> None:
    """Bit-exact, and no core does much more than its share of the layers that are shared."""
    alone, report = bitwright.verify(DIGITS, "iss-xcv", vectors=1), bitwright.verify(DIGITS, name, vectors=5)
    assert report.bit_exact, report.mismatches[:3]
    assert alone.instructions is not None and report.instructions is not None
    assert report.instructions < alone.instructions / 4
    for one, eight in zip(alone.layers, report.layers, strict=True):
        assert one.instructions is not None and eight.instructions is not None and eight.all_cores is not None
        assert one.all_cores == one.instructions
        assert eight.instructions <= eight.all_cores <= 8 * eight.instructions


@pytest.mark.parametrize("target", [needs_target("iss-xcv-x8")])
@given(networks())
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_cores_share_networks(target: str, graph: Graph) -> None:
    """Also operators that one core serves while the others wait."""
    report = bitwright.verify(graph, target, vectors=2)
    assert report.bit_exact, report.mismatches[:3]


@pytest.mark.skipif(shutil.which("cmake") is None, reason="needs cmake")
@pytest.mark.parametrize("target", [needs_target("iss-xcv-x8")])
def test_project_for_cores_builds(target: str, tmp_path: Path) -> None:
    generate(bitwright.load(DIGITS), find_target(target), tmp_path / "project", "digits")
    for command in (["-S", "project", "-B", "build"], ["--build", "build"]):
        subprocess.run(["cmake", *command], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "build" / "digits_alone.elf").exists()


@pytest.mark.parametrize("target", [needs_target("iss-xcv-x8")])
def test_cores_share_a_stream(target: str) -> None:
    report = bitwright.verify(streaming(), target, vectors=4)
    assert report.bit_exact, report.mismatches[:3]


@needs_core
def test_hardware_loop(name: str, tmp_path: Path) -> None:
    """Five passes of four instructions, counted: 1 + 5 * 4 between the two reads, and the second read itself."""
    body = """
        li t0, 5\n li a1, 0\n li a2, 0\n li a3, 0\n csrr t1, 0xB02
        hardware_loop t0, 4\n addi a1, a1, 1\n addi a2, a2, 2\n add a3, a1, a2\n nop
        csrr t2, 0xB02\n sub t2, t2, t1\n addi a0, t2, 48\n"""
    run = simulated(tmp_path, name, body + PUT + "addi a0, a3, 48\n sb a0, 0(t6)\n" + END)
    assert (run.returncode, run.stderr) == (0, "")
    assert [ord(letter) - 48 for letter in run.stdout] == [22, 15]


@needs_core
def test_packed_instructions(name: str, tmp_path: Path) -> None:
    """Each against its definition in the manual."""
    body = """
        li a1, 0x80FF7F01\n li a2, 0x02FF0304\n li a0, 1000\n sdotsp_b a0, a1, a2\n mv s0, a0
        li a3, 0x06040200\n mv a0, a1\n shuffle2_b a0, a2, a3\n mv s1, a0
        pack_low s2, a1, a2\n mv s3, a1\n packlo_b s3, a2, a2\n mv s4, a1\n packhi_b s4, a2, a1
        li a0, 1000\n clip_s8 s5, a0\n li a0, -1000\n clip_s8 s6, a0
        li s7, -13\n li a0, 100\n li a4, 3\n add_round_shift s7, a0, a4\n li s8, -13\n add_shift s8, a0, a4
        li s9, 7\n li a0, -3\n mac s9, a0, a4\n max_s s10, a0, a4\n min_s s11, a0, a4
        li t6, 0x10000000\n"""
    for number in range(12):
        body += "".join(f"srli a0, s{number}, {shift}\n sb a0, 0(t6)\n" for shift in (0, 8, 16, 24))
    target = find_target(name)
    assert target.emulator is not None
    command = simulator.command(target, assembled(tmp_path, name, body + END))
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    values = [int.from_bytes(run.stdout[i : i + 4], "little", signed=True) for i in range(0, 48, 4)]
    dot = 1000 + 1 * 4 + 127 * 3 + -1 * -1 + -128 * 2
    words = [0xFF04FF01, 0x7F010304, 0x80FF0404, 0x04017F01]
    assert values[0] == dot
    assert [value & 0xFFFFFFFF for value in values[1:5]] == words
    assert values[5:] == [127, -128, (-13 + 100 + 4) >> 3, (-13 + 100) >> 3, 7 - 9, 3, -3]


@needs_xcv
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("addi a0, a0, 1\n .word 0xFFFFFFFF\n", "unknown instruction 0xffffffff at pc 0x80000004"),
        ("li a0, 0x80400002\n lw a1, 0(a0)\n", "misaligned load from 0x80400002"),
        ("li a0, 0x80400001\n sh a1, 0(a0)\n", "misaligned store to 0x80400001"),
        ("li a0, 0x1000\n lw a1, 0(a0)\n", "load from an address without memory, 0x00001000"),
        ("li a0, 0x80000000\n sw a1, 0(a0)\n", "store to an address that cannot be written, 0x80000000"),
        ("li a0, 0x80400000\n jr a0\n", "no code at 0x80400000"),
        ("li t0, 3\n hardware_loop t0, 2\n nop\n nop\n", "a hardware loop must be"),
        ("csrr a0, 0x7C0\n", "no control register 0x000007c0"),
    ],
)
def test_errors_are_clear(name: str, body: str, message: str, tmp_path: Path) -> None:
    run = simulated(tmp_path, name, body)
    assert run.returncode == 1
    assert message in run.stderr
    assert re.search(r"at pc 0x800000\w\w|at pc 0x80400000", run.stderr)


@needs_xcv
def test_harts_meet_at_the_barrier(name: str, tmp_path: Path) -> None:
    """Four harts store their numbers; the first adds them up when all have come."""
    body = """
        csrr a0, 0xF14\n slli a1, a0, 2\n li a2, 0x80400000\n add a1, a1, a2\n addi a3, a0, 1\n sw a3, 0(a1)
        li a4, 0x10001000\n sw zero, 0(a4)\n bnez a0, 8f
        lw a0, 0(a2)\n lw a1, 4(a2)\n add a0, a0, a1\n lw a1, 8(a2)\n add a0, a0, a1\n lw a1, 12(a2)\n add a0, a0, a1
        addi a0, a0, 48\n"""
    run = simulated(tmp_path, name, body + PUT + END + "8: sw zero, 0(a4)\n j 8b\n", "--harts", "4")
    assert (run.stdout, run.stderr) == (chr(48 + 10), "")


def test_no_compiler_is_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(ToolError, match="apt-get install gcc"):
        simulator.built()


#: Macro of bw_xcv.h -> how LLVM prints the same word.
SPELLINGS = {
    "lw_post a0, a1, 4": "cv.lw a0, (a1), 4",
    "lb_post a0, a1, 1": "cv.lb a0, (a1), 1",
    "lbu_post a0, a1, 1": "cv.lbu a0, (a1), 1",
    "sw_post a0, a1, 4": "cv.sw a0, (a1), 4",
    "sb_post a0, a1, 1": "cv.sb a0, (a1), 1",
    "lw_stride a0, a1, a2": "cv.lw a0, (a1), a2",
    "lhu_stride a0, a1, a2": "cv.lhu a0, (a1), a2",
    "sw_stride a0, a1, a2": "cv.sw a0, (a1), a2",
    "sh_stride a0, a1, a2": "cv.sh a0, (a1), a2",
    "sb_stride a0, a1, a2": "cv.sb a0, (a1), a2",
    "mac a0, a1, a2": "cv.mac a0, a1, a2",
    "max_s a0, a1, a2": "cv.max a0, a1, a2",
    "min_s a0, a1, a2": "cv.min a0, a1, a2",
    "clip_s8 a0, a1": "cv.clip a0, a1, 8",
    "add_shift a0, a1, a2": "cv.addnr a0, a1, a2",
    "add_round_shift a0, a1, a2": "cv.addrnr a0, a1, a2",
    "sdotusp_b a0, a1, a2": "cv.sdotusp.b a0, a1, a2",
    "sdotsp_b a0, a1, a2": "cv.sdotsp.b a0, a1, a2",
    "sdotsp_h a0, a1, a2": "cv.sdotsp.h a0, a1, a2",
    "shuffle2_b a0, a1, a2": "cv.shuffle2.b a0, a1, a2",
    "pack_low a0, a1, a2": "cv.pack a0, a1, a2",
    "packlo_b a0, a1, a2": "cv.packlo.b a0, a1, a2",
    "packhi_b a0, a1, a2": "cv.packhi.b a0, a1, a2",
}


@pytest.mark.skipif(LLVM is None, reason="needs llvm-mc of LLVM 19 or later: sudo apt-get install llvm-19")
@needs_xcv
def test_encodings_are_llvms(name: str, tmp_path: Path) -> None:
    assert LLVM is not None
    elf = assembled(tmp_path, name, "\n ".join(SPELLINGS) + "\n")
    dump = subprocess.run(
        [compiler("riscv")[0].replace("gcc", "objcopy"), "-O", "binary", str(elf), "/dev/stdout"],
        capture_output=True,
        check=True,
    ).stdout
    octets = " ".join(f"0x{byte:02x}" for byte in dump)
    features = "+xcvmac,+xcvalu,+xcvmem,+xcvbitmanip,+xcvsimd"
    run = subprocess.run(
        [LLVM, "--disassemble", "--triple=riscv32", f"--mattr={features}"],
        input=octets,
        capture_output=True,
        text=True,
        check=True,
    )
    found = [re.sub(r"\s+", " ", line).strip() for line in run.stdout.splitlines() if "cv." in line]
    assert found == list(SPELLINGS.values())


def test_every_macro_is_compared_with_llvm() -> None:
    """Those of single instructions; LLVM has no hardware loops."""
    text = (XCV / "bw_xcv.h").read_text()
    macros = {name for name in re.findall(r'"\.macro (\w+)', text)} - {"hardware_loop", "function", "end_function"}
    assert macros == {spelling.split()[0] for spelling in SPELLINGS}
