"""Counts per instruction against the firmware's own and loops of known length; cycles against lines counted by hand."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import bitwright
import numpy as np
import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.errors import InputError, TargetError, ToolError
from bitwright.targets import counts, cycles
from bitwright.targets.coreve import decode
from bitwright.targets.counts import Count, counting, parse
from bitwright.targets.cycles import Estimator, find_core, read_core
from bitwright.targets.disassembly import Disassembly, Instruction, disassemble
from bitwright.targets.image import built
from bitwright.targets.instructions import Decoded, class_of
from bitwright.targets.target import all_targets, find_target
from bitwright.targets.toolchain import compiler
from projects import streaming
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
COUNTED = ["mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "microbit", "qemu-rv32", "iss-xcv"]
COUNTED += ["qemu-rv32-rvv"]
M4 = pytest.mark.parametrize("target", [needs_target("mps2-an386")])


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads what a user's runs have left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BITWRIGHT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


# -- counts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [needs_target(name) for name in COUNTED])
def test_every_layer_has_the_instructions_that_verify_counts(target: str) -> None:
    profile = bitwright.profile(DIGITS, target)
    assert profile.report.bit_exact
    assert [layer.instructions for layer in profile.layers] == [c.instructions for c in profile.report.layers]
    if target in ("mps2-an386", "qemu-rv32"):  # and without anybody who counts
        assert bitwright.verify(DIGITS, target, vectors=1).layers == profile.report.layers
    for layer in profile.layers:
        assert sum(layer.mix.values()) == layer.instructions
        assert sum(function.instructions for function in layer.functions) == layer.instructions
        if profile.core is None:
            continue
        assert layer.cycles is not None and layer.instructions / 2 <= layer.cycles + 5
    convolution = profile.layers[0]
    # Every multiply-accumulate reads two bytes at least once, together or alone; every output is written.
    assert convolution.loaded > convolution.macs / 8 and convolution.stored > 0
    assert convolution.mix["load"] > 0 and convolution.mix["store"] > 0 and convolution.mix["branch"] > 0
    assert convolution.mix["mac"] + convolution.mix["multiply"] >= convolution.macs / 16


@pytest.mark.parametrize("target", [needs_target("mps2-an386"), needs_target("microbit"), needs_target("qemu-rv32")])
def test_a_loop_of_known_length(target: str) -> None:
    """``bw_platform_loop``: three instructions a pass, whose branch jumps on all passes but the last."""
    with built(bitwright.load(DIGITS), find_target(target)) as image:
        code = disassemble(image.elf, image.target)
        with counting(image.target, image.elf, code) as run:
            assert run.link.count_loop(1000) == 3 * 999
        total: dict[int, Count] = {}
        for segment in run.segments():
            for address, count in segment.items():
                total[address] = total.get(address, Count(0, 0, 0, 0)) + count
    loop = sorted(a for a, i in code.instructions.items() if i.label == "bw_platform_loop" and a in total)
    body = [total[address] for address in loop if total[address].executed == 1001]  # 1000 passes, and one of the second
    assert [count.jumped for count in body] == [0, 0, 999]
    assert all(count.loaded == count.stored == 0 for count in body)


@M4
def test_a_streaming_network_and_a_users_vector(target: str) -> None:
    graph = streaming()
    profile = bitwright.profile(graph, target, inputs=[np.array([[1, 2, 3, 4]], np.int8)])
    assert profile.report.bit_exact and profile.instructions == profile.report.instructions


def test_the_plugin_compiles_without_a_warning() -> None:
    source = Path(counts.__file__).parent / "plugin" / "bw_counts.c"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wstrict-prototypes", "-Werror"]
    subprocess.run([*compiler("host"), *flags, "-O2", "-fPIC", "-c", source, "-o", "/dev/null"], check=True)


def test_the_format_of_counts() -> None:
    first, second = parse("bitwright-counts 1\nsegment\n1a2 5 1 8 0\n1a2 2 0 4 0\nsegment\n")
    assert first == {0x1A2: Count(7, 1, 12, 0)} and second == {}
    for text, message in (
        ("", "wrote no counts"),
        ("bitwright-counts 2\n", "wrote no counts"),
        ("bitwright-counts 1\n1a2 1 0 0 0\n", "begin without a segment"),
        ("bitwright-counts 1\nsegment\n1a2 1 0 0\n", "are damaged: '1a2 1 0 0'"),
        ("bitwright-counts 1\nsegment\nxyz 1 0 0 0\n", "are damaged"),
    ):
        with pytest.raises(ToolError, match=message):
            parse(text)


# -- classes -----------------------------------------------------------------------------------------------------------

CLASSES = {
    "arm": {
        "mac": "mla mls smlad smlal smlaldx smlabb umlal umaal vmladavax.s8 vmlaldava.s16 vqrdmlah.s32 smmlar vmla.i16",
        "multiply": "mul muls smull umull smmulr smuad smulbb vmul.i8 vqdmulh.s32 vqrdmulh.s32 vmullb.s8",
        "divide": "sdiv udiv",
        "load": "ldr ldr.w ldrsb ldrbne ldrd ldmia.w pop vldrb.u8 vldrw.u32 vld20.8 vldmia",
        "store": "str strb strd stmdb push vstrb.8 vst40.8 vpush",
        "branch": "b b.n beq bne.w bl bx blx bls blt cbz cbnz tbb tbh le letp wls",
        "simd": "sxtb16 uxtab16 pkhbt qadd8 sadd16 uqsub8 sel ssat16 vadd.i32 vmax.s32 vshl.i32 vidup.u32 vpst",
        "alu": "add adds bic bfi ssat usat mov movs it ite cmp lsls rbit sxtb uxth dls nop sbfx asr",
    },
    "riscv": {
        "mac": "cv.mac cv.sdotsp.b cv.msu vmacc.vv vwmacc.vx vmadd.vv",
        "multiply": "mul mulh mulhu vwmul.vv vmul.vx cv.dotsp.b cv.mulsn",
        "divide": "div divu rem",
        "load": "lw lb lbu lhu cv.lw cv.lbu vle8.v vlse8.v vle32.v vl1r.v",
        "store": "sw sb sh cv.sw vse8.v vsse8.v vs1r.v",
        "branch": "beq bnez bltu bgez blez j jal jalr jr ret call tail cv.beqimm",
        "simd": "vadd.vv vsetvli vsext.vf2 vslide1down.vx vredsum.vs vsra.vi cv.add.b cv.max.sc.h",
        "alu": "add addi lui auipc sll slt mv li csrr cv.clip cv.setup not",
    },
}


@pytest.mark.parametrize("toolchain", CLASSES)
def test_classes_by_name(toolchain: str) -> None:
    for kind, names in CLASSES[toolchain].items():
        assert {name: class_of(name, toolchain) for name in names.split()} == dict.fromkeys(names.split(), kind)


@pytest.mark.parametrize(
    ("toolchain", "text", "writes", "reads"),
    [
        ("arm", "ldr r0, [r1, #4]", "r0", "r1"),
        ("arm", "ldrd r2, r3, [r5, #8]", "r2 r3", "r5"),
        ("arm", "ldmia.w r0!, {r4, r5}", "r4 r5", "r0"),
        ("arm", "str r0, [r1, r2]", "", "r0 r1 r2"),
        ("arm", "smlad r0, r1, r2, r0", "r0", "r0 r1 r2"),
        ("arm", "smlal r4, r5, r0, r1", "r4 r5", "r0 r1 r4 r5"),
        ("arm", "adds r0, r1", "r0", "r0 r1"),
        ("arm", "movs r0, r1", "r0", "r1"),
        ("arm", "cmp r0, r1", "", "r0 r1"),
        ("riscv", "lw a0,4(s1)", "a0", "s1"),
        ("riscv", "add a0,a1,a2", "a0", "a1 a2"),
        ("riscv", "mv a0,s11", "a0", "s11"),
        ("riscv", "bnez a0,80000010 <loop>", "", "a0"),
    ],
)
def test_registers(toolchain: str, text: str, writes: str, reads: str) -> None:
    mnemonic, operands = text.split(" ", 1)
    decoded = Decoded(Instruction(0, mnemonic, operands, "f"), toolchain)
    assert decoded.writes == set(writes.split()) and decoded.reads == set(reads.split())


def test_core_v_words_have_names() -> None:
    assert decode(0x04D5B2AB) == ("cv.lw", "t0,(a1)")
    assert decode(0xA8C5907B | 10 << 7) == ("cv.sdotsp.b", "a0,a1,a2")
    assert decode(0x0045A50B) == ("cv.lw", "a0,(a1)")
    assert decode(0x00C58533) is None  # add a0,a1,a2


# -- cycles ------------------------------------------------------------------------------------------------------------


def line(toolchain: str, core: str, *texts: str, jumped: int = 0, words: int = 0) -> float:
    """Cycles of one pass through some instructions, the last of which jumps."""
    size = 4
    instructions = {}
    for index, text in enumerate(texts):
        mnemonic, _, operands = text.partition(" ")
        instructions[size * index] = Instruction(size * index, mnemonic, operands, "f")
    estimator = Estimator(find_core(core), Disassembly(instructions, {"f": 0}), toolchain)
    counted = dict.fromkeys(instructions, Count(1, 0, 4 * words, 0))
    counted[size * (len(texts) - 1)] = Count(1, jumped, 4 * words, 0)
    return sum(estimator.cycles(address, count) for address, count in counted.items())


@pytest.mark.parametrize(
    ("core", "texts", "expected"),
    [
        # The manual's own examples of pipelined loads and stores.
        ("cortex-m4", ["ldr r0, [r1]", "ldr r1, [r2]"], 3),
        ("cortex-m4", ["ldr r0, [r1, r2]", "str r0, [r3, #20]"], 3),
        ("cortex-m4", ["ldr r0, [r1]", "ldr r2, [r0]"], 4),
        ("cortex-m4", ["add r1, r1, #4", "ldr r0, [r1]"], 4),
        ("cortex-m4", ["smlad r0, r1, r2, r0", "smlal r0, r1, r2, r3", "mul r0, r1, r2"], 3),
        ("cortex-m3", ["mla r0, r1, r2, r3", "smull r0, r1, r2, r3"], 6),
        ("cortex-m0", ["ldrsb r0, [r1, r2]", "muls r0, r3", "adds r4, r0"], 4),
        ("cortex-m7", ["smlad r0, r1, r2, r0", "ldr r4, [r5]"], 1),
        ("cortex-m7", ["ldr r4, [r5]", "smlad r0, r4, r2, r0"], 3),
        ("cortex-m33", ["ldr r4, [r5]", "smlad r0, r4, r2, r0"], 3),
        ("cortex-m55", ["vldrb.8 q0, [r0]", "vmladava.s8 r2, q0, q1"], 3),
        ("cortex-m55", ["vmladava.s8 r2, q0, q1", "vmladava.s8 r4, q0, q2"], 4),
    ],
)
def test_cycles_of_arm_lines(core: str, texts: list[str], expected: int) -> None:
    assert line("arm", core, *texts) == expected


@pytest.mark.parametrize(
    ("core", "texts", "jumped", "expected"),
    [
        ("ibex", ["lb a0,0(a1)", "mul a0,a0,a2", "bnez a3,0 <f>"], 0, 4),
        ("ibex", ["lb a0,0(a1)", "mul a0,a0,a2", "bnez a3,0 <f>"], 1, 6),
        ("cv32e40p", ["lb a0,0(a1)", "mul a0,a0,a2", "bnez a3,0 <f>"], 1, 6),
        ("cv32e40p", ["lb a0,0(a1)", "addi a1,a1,1", "mul a0,a0,a2"], 0, 3),
        ("cv32e40p", ["mulh a0,a0,a2", "j 0 <f>"], 1, 7),
        ("cv32e40p", ["cv.lw a0,(a1)", "cv.sdotsp.b a3,a0,a2"], 1, 3),  # a hardware loop's end
    ],
)
def test_cycles_of_riscv_lines(core: str, texts: list[str], jumped: int, expected: int) -> None:
    assert line("riscv", core, *texts, jumped=jumped) == expected


def test_jumps_and_lists_of_registers() -> None:
    assert line("arm", "cortex-m4", "bne.n 0 <f>") == 1
    assert line("arm", "cortex-m4", "bne.n 0 <f>", jumped=1) == 3
    assert line("arm", "cortex-m4", "pop {r4, r5, pc}", jumped=1, words=3) == 6  # 1 + N + P
    assert line("arm", "cortex-m0", "pop {r4, r5, pc}", jumped=1, words=3) == 7  # 4 + N
    assert line("arm", "cortex-m55", "le lr, 0 <f>", jumped=1) == 0


def test_every_emulated_target_has_a_core() -> None:
    """But for those with vectors of RISC-V, whose embedded cores have no timing in common that is published."""
    for target in all_targets():
        if target.emulator is not None and "zve32x" not in target.cpu:
            core = cycles.core_of(target.cpu)
            assert core is not None and core.source and core.errors, target.cpu


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("taken = 'two'", "wrong or missing: taken"),
        ("colour = 1", "wrong or missing: colour"),
        ("classes = { work = 1 }", "there is no class 'work'"),
        ("names = { '(' = 1 }", "unterminated|missing"),
        ("names = { 'mul' = { cycle = 1 } }", "cycle"),
        ("=", "Invalid|Expected"),
    ],
)
def test_wrong_cores(change: str, message: str, tmp_path: Path) -> None:
    base = {"description": "'x'", "cpus": "['x']", "source": "'x'", "errors": "[]", "taken": "1"}
    name = change.split(" ")[0]
    text = "\n".join([*(f"{k} = {v}" for k, v in base.items() if k != name), change])
    (tmp_path / "core.toml").write_text(text)
    with pytest.raises(TargetError, match=message):
        read_core(tmp_path / "core.toml")


# -- what a user meets -------------------------------------------------------------------------------------------------


@M4
def test_command_line(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, file = tmp_path / "p.html", tmp_path / "p.json"
    given = [
        "profile",
        str(DIGITS),
        "--target",
        target,
        "--core",
        "cortex-m7",
        "--json",
        str(file),
        "--html",
        str(page),
    ]
    assert main(given) == 0
    shown = capsys.readouterr().out
    content = json.loads(file.read_text())
    assert "an estimate" in shown and "Not modelled: " in shown and f"{content['instructions']:,}" in shown
    assert content["core"]["name"] == "cortex-m7" and content["bit_exact"]
    assert content["instructions"] == sum(layer["instructions"] for layer in content["layers"])
    assert content["cycles_estimate"] > 0 and content["layers"][0]["kernel"]
    assert "http" not in page.read_text().replace("http://www.w3.org", "")
    assert main(["profile", str(DIGITS), "--target", target, "--static"]) == 0
    assert "estimated" in capsys.readouterr().out


def test_what_cannot_be_profiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", str(DIGITS), "--target", "host"]) == 2
    assert "'host' cannot be profiled: it has no emulator that counts" in capsys.readouterr().err
    assert main(["profile", str(DIGITS), "--target", "host", "--core", "z80"]) == 2
    assert "there is no core 'z80'; there are cortex-m0, " in capsys.readouterr().err


@M4
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyserial leaves a reset socket open
def test_missing_tools_are_one_error(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["profile", str(DIGITS), "--target", target]
    with monkeypatch.context() as patch:
        patch.setenv("CC", "no-such-compiler")
        assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "profiling compiles a small plugin" in error and "sudo apt-get install gcc" in error
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")
    with monkeypatch.context() as patch:
        patch.setattr(counts, "_built_plugin", lambda _program: broken)
        assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "cannot load Bitwright's counting plugin" in error and error.count("\n") == 1


def test_an_unknown_kernel_is_named() -> None:
    with pytest.raises(InputError, match="'fastest' cannot serve"):
        bitwright.profile(DIGITS, "mps2-an386", choices={bitwright.load(DIGITS).nodes[0].name: "fastest"})
