"""Bytes against a second computation, the stack's bound against GCC and against the mark, no floating point."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import bitwright
import pytest
from background import ROOT, model_path, needs_data
from bitwright.codegen.kernels.pointers import POINTERS
from bitwright.codegen.project import model_sources, write_folder
from bitwright.converter.ir import Graph
from bitwright.errors import ResourceError, ToolError
from bitwright.targets import stack
from bitwright.targets.build import build
from bitwright.targets.disassembly import disassemble
from bitwright.targets.image import Image, built, project_files
from bitwright.targets.sizes import check_integer_only, measure
from bitwright.targets.stack import worst_case
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import TOOLCHAINS, binutil, compiler
from projects import streaming
from recurrent_layers import Form, layer
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
EMULATED = [needs_target(n) for n in ("microbit", "mps2-an386", "mps3-an547", "qemu-rv32", "qemu-rv32-rvv")]
TWO = [needs_target("mps2-an386"), needs_target("qemu-rv32")]
RVV = [needs_target("qemu-rv32-rvv")]


def tool(name: str, target: str, *arguments: str) -> str:
    """The output of a binary utility of a target's toolchain."""
    program = binutil(find_target(target).toolchain, name)
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def covered(elf: Path, target: str) -> int:
    """Bytes of the image's code and read-only data that lie in a symbol, by nm; those of aliases count once."""
    spans = set()
    for line in tool("nm", target, "--print-size", "--defined-only", str(elf)).splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "tTrRwW":
            spans.add((int(fields[0], 16), int(fields[1], 16)))
    total = reached = 0
    for start, size in sorted(spans):
        total += max(0, start + size - max(start, reached))
        reached = max(reached, start + size)
    return total


def check_sizes(image: Image) -> None:
    """The report's numbers, to the byte, from ``size``, from ``nm`` and from the generated header."""
    target, sizes, model = image.target.name, image.sizes, image.model
    alone = image.elf.with_name("model.elf")
    text, data, bss = map(int, tool("size", target, str(alone)).splitlines()[1].split()[:3])
    firmware = list(map(int, tool("size", target, str(image.elf)).splitlines()[1].split()[:3]))
    assert sizes.code + sizes.constants == text + data
    assert sizes.arena + sizes.static == data + bss
    assert sizes.harness_code == firmware[0] + firmware[1] - text - data
    assert sizes.harness_ram == firmware[1] + firmware[2] - data - bss
    header = model.files[f"include/{model.name}.h"]
    (declared,) = re.findall(rf"#define {model.name.upper()}_ARENA_BYTES\s+(\d+)", header)
    assert sizes.arena == int(declared) == model.program.arena_bytes
    declared_constants = model.files[f"src/{model.name}_constants.h"]
    arrays = re.findall(r"extern const u?int(\d+)_t \w+\[(\d+)\];", declared_constants)
    assert sizes.constants == sum(int(bits) // 8 * int(count) for bits, count in arrays)
    # Symbols cover the image but for the padding between them: less than the largest alignment, four bytes, each.
    symbols = tool("nm", target, "--print-size", "--defined-only", str(alone)).splitlines()
    assert 0 <= text - covered(alone, target) < 4 * len(symbols)
    state = sum(variable.initial.nbytes for variable in model.program.graph.variables.values())
    flag = 1 if state else 0
    assert state + flag <= sizes.static <= state + flag + 7 * (1 + len(model.program.graph.variables)) * flag


@pytest.mark.parametrize("target", EMULATED)
def test_every_byte_is_accounted_for(target: str) -> None:
    with built(bitwright.load(DIGITS), find_target(target)) as image:
        check_sizes(image)


@pytest.mark.parametrize("target", TWO)
def test_every_byte_of_a_streaming_model_is_accounted_for(target: str) -> None:
    with built(streaming(), find_target(target)) as image:
        assert image.sizes.static > 0
        check_sizes(image)


@needs_data
@pytest.mark.parametrize("target", TWO)
def test_every_byte_of_a_real_model_is_accounted_for(target: str) -> None:
    with built(bitwright.load(model_path("mlperf_tiny/kws_ref_model")), find_target(target)) as image:
        check_sizes(image)


def test_the_trace_and_the_harness_are_not_the_models(tmp_path: Path) -> None:
    """The model's own image has neither; the firmware's has both."""
    with built(bitwright.load(DIGITS), find_target("host")) as image:
        names = [tool("nm", "host", str(image.elf.with_name(f"{kind}.elf"))) for kind in ("model", "firmware")]
    assert "bw_trace" not in names[0] and "bw_crc32" not in names[0] and "digits_int8_invoke" in names[0]
    assert "bw_trace" in names[1] and "bw_crc32" in names[1]


# --- Stack -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TWO)
@pytest.mark.parametrize("graph", [bitwright.load(DIGITS), streaming()], ids=["digits", "streaming"])
def test_the_mark_on_the_stack_meets_its_bound(graph: Graph, target: str) -> None:
    """What runs leave on a painted stack is what the code's deepest path pushes, but for paths that no vector takes."""
    report = bitwright.verify(graph, target, vectors=3)
    with built(graph, find_target(target)) as image:
        bound = image.sizes.firmware_stack
    assert report.stack_used is not None and bound is not None
    # A run that pauses for the host goes deeper than these, which the streaming one's shallow layers do not hide.
    assert (0.6 if graph.variables else 0.9) * bound <= report.stack_used <= bound
    assert report.ram["stack"] == image.sizes.stack


def with_cells(kind: str, **attributes: Any) -> Graph:
    """A recurrent layer that keeps its state."""
    return layer(Form(kind, stateful=True, **attributes).valid(), 1)


LAYERS = {
    "rnn": with_cells("RNN"),
    "relu": with_cells("RNN", relu=True),
    "gru": with_cells("GRU", narrow=True),
    "lstm": with_cells("LSTM"),
    "projected": with_cells("LSTM", hidden=3),
}


@pytest.mark.parametrize("tile", ["", "streamed:64"])
@pytest.mark.parametrize("name", LAYERS)
def test_functions_that_layers_name_are_known_to_the_bound(name: str, tile: str) -> None:
    """Every function that a kernel calls by a field of its parameters."""
    model = model_sources(LAYERS[name], ["generic"], "model", {"node": tile} if tile else {})
    named = {value for value in model.program.layers[0].call.params.values() if isinstance(value, str)}
    assert named - {"&bw_recurrent_tiling_s8"} <= {callee for callees in POINTERS.values() for callee in callees}
    assert f"bw_recurrent_{name}_s8" in named and ("&bw_recurrent_tiling_s8" in named) == bool(tile)


@pytest.mark.parametrize("target", TWO)
@pytest.mark.parametrize("name", LAYERS)
def test_the_bound_follows_pointers(name: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs leave on the stack is near the bound, which without the steps' functions would be lower."""
    report, board = bitwright.verify(LAYERS[name], target, vectors=2), find_target(target)
    with built(LAYERS[name], board, "model") as image:
        code, bound = disassemble(image.elf.with_name("model.elf"), board), image.sizes.stack
        used, most = report.stack_used, image.sizes.firmware_stack
        monkeypatch.setattr(stack, "POINTERS", {**POINTERS, "bw_recurrent_take_s8": ()})
        assert bound is not None and worst_case(code, board.toolchain, "model_invoke") < bound
    assert report.bit_exact and used is not None and most is not None and 0.6 * most <= used <= most


NODE = re.compile(r'node: { title: "([^"]+)" label: "[^"]*?\\n(\d+) bytes \((\w+)\)')
EDGE = re.compile(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"')


@pytest.mark.parametrize("target", [needs_target("mps2-an385"), needs_target("qemu-rv32")])
def test_the_bound_agrees_with_gcc(target: str, tmp_path: Path) -> None:
    """GCC's own frames and call graph give the same bound; library functions, which GCC did not compile, add to it."""
    board, graph = find_target(target), bitwright.load(DIGITS)
    with built(graph, board, "digits") as image:
        bound = image.sizes.stack
        code = disassemble(image.elf.with_name("model.elf"), board)
        library = [name for name in ("memcpy", "memset", "memmove") if name in code.symbols]
        frames = {name: worst_case(code, board.toolchain, name) for name in library}
        for path, text in image.model.files.items():
            (tmp_path / Path(path).name).write_text(text)
    command = [
        *compiler(board.toolchain),
        "-std=c99",
        "-O2",
        "-ffunction-sections",
        *board.flags,
        "-fcallgraph-info=su",
    ]
    command += [*TOOLCHAINS[board.toolchain].compile_flags, "-c", *(p.name for p in sorted(tmp_path.glob("*.c")))]
    subprocess.run(command, cwd=tmp_path, check=True)
    calls: dict[str, set[str]] = {}
    for path in tmp_path.glob("*.ci"):
        for name, size, kind in NODE.findall(path.read_text()):
            assert kind == "static"
            frames[name] = int(size)
        for caller, callee in EDGE.findall(path.read_text()):
            calls.setdefault(caller, set()).add(callee)
    for name in [name for name, size in frames.items() if size == 0 and name not in calls]:
        symbol = name.rpartition(":")[2]  # a leaf, or assembly that saves registers by itself
        if symbol in code.symbols:
            frames[name] = worst_case(code, board.toolchain, symbol)

    def deepest(name: str) -> int:
        return frames.get(name, 0) + max(map(deepest, calls.get(name, ())), default=0)

    # A tail call leaves its caller's frame first, which GCC's call graph does not say.
    assert bound is not None and bound <= deepest("digits_invoke") <= bound + 16


PROGRAMS = {
    "recursion": (
        "int down(int n); int up(int n) { return n ? down(n - 1) + 1 : 0; }"
        "int down(int n) { return n ? up(n / 2) * 3 : 1; } int root(int n) { return up(n); }",
        "recursive",
    ),
    "pointer": ("int (*volatile f)(int); int root(int n) { return f(n) + 1; }", "pointer"),
    "dynamic": (
        "void use(volatile char *p) { *p = 1; } int root(int n) { volatile char a[n]; use(a); return a[0]; }",
        "computed amount",
    ),
}


def linked(text: str, target: str, folder: Path, *flags: str, optimize: str = "-O1") -> Path:
    """A bare image of some C, entered at ``root``."""
    board = find_target(target)
    (folder / "root.c").write_text(text)
    machine = flags or board.flags
    command = [*compiler(board.toolchain), "-std=c99", optimize, "-fno-inline", "-fno-optimize-sibling-calls", *machine]
    command += ["-nostartfiles", "-Wl,--entry=root", "root.c", "-o", "root.elf"]
    command += [*TOOLCHAINS[board.toolchain].compile_flags, *TOOLCHAINS[board.toolchain].link_flags]
    subprocess.run(list(dict.fromkeys(command)), cwd=folder, check=True, capture_output=True)
    return folder / "root.elf"


@pytest.mark.parametrize("target", [*TWO, *RVV])
@pytest.mark.parametrize("kind", PROGRAMS)
def test_stack_without_a_bound_is_refused(kind: str, target: str, tmp_path: Path) -> None:
    text, message = PROGRAMS[kind]
    code = disassemble(linked(text, target, tmp_path), find_target(target))
    with pytest.raises(ToolError, match=message):
        worst_case(code, find_target(target).toolchain, "root")


SWITCH = """
int a(int n); int b(int n); int c(int n);
int a(int n) { volatile int v[10]; v[n & 7] = n; return v[1]; }
int b(int n) { volatile int v[100]; v[n & 7] = n; return v[1] + a(n); }
int c(int n) { volatile int v[3]; v[n & 1] = n; return v[1]; }
int root(int n) {
    switch (n) {
    case 0: return a(n);
    case 1: return c(n);
    case 2: return n * 3;
    case 3: return c(n) + a(n);
    case 4: return n / 3;
    case 5: return b(n);
    case 6: return c(n + 1);
    case 7: return a(n) * c(n);
    default: return 0;
    }
}
"""


@pytest.mark.parametrize("target", [*EMULATED[:2], *TWO[1:], *RVV])
@pytest.mark.parametrize("optimize", ["-O2", "-O0", "-Os"])
def test_every_case_of_a_switch_counts(target: str, optimize: str, tmp_path: Path) -> None:
    """root -> b -> a is the deepest path; jump tables hide none of the cases."""
    elf = linked(SWITCH, target, tmp_path, optimize=optimize)
    code, chain = disassemble(elf, find_target(target)), find_target(target).toolchain
    depth = {name: worst_case(code, chain, name) for name in ("a", "b", "c", "root")}
    assert depth["a"] >= 40 and depth["b"] >= 400 + depth["a"] and depth["c"] >= 12
    assert depth["b"] < depth["root"] <= depth["b"] + 48


# --- Integers only ---------------------------------------------------------------------------------------------------

FLOAT = "float root(float x); float root(float x) { return x * 1.5f + 2.0f; }"
DOUBLE = "int root(int x); int root(int x) { volatile double y = x; return (int)(y * 1.1); }"
INTEGER = "long long root(long long x); long long root(long long x) { return x / 3 * x; }"
HARD = {
    "mps2-an386": ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
    "qemu-rv32": ("-march=rv32imafc", "-misa-spec=2.2", "-mabi=ilp32f", "-mcmodel=medany"),
}


@pytest.mark.parametrize("target", [needs_target("host"), *TWO])
@pytest.mark.parametrize("text", [FLOAT, DOUBLE], ids=["float", "double"])
def test_floating_point_is_refused(text: str, target: str, tmp_path: Path) -> None:
    """Software floating point by its functions, on the host by its instructions."""
    elf = linked(text, target, tmp_path)
    with pytest.raises(ToolError, match="floating-point code"):
        check_integer_only(elf, disassemble(elf, find_target(target)))


@pytest.mark.parametrize("target", TWO)
def test_floating_point_instructions_are_refused(target: str, tmp_path: Path) -> None:
    elf = linked(FLOAT, target, tmp_path, *HARD[target])
    with pytest.raises(ToolError, match=r"root: (vmul|vmla|vfma|vmov|fmul|fmadd|flw)"):
        check_integer_only(elf, disassemble(elf, find_target(target)))


@pytest.mark.parametrize("target", [needs_target("host"), *EMULATED])
def test_integer_helpers_are_not_taken_for_floating_point(target: str, tmp_path: Path) -> None:
    elf = linked(INTEGER, target, tmp_path)
    check_integer_only(elf, disassemble(elf, find_target(target)))


@pytest.mark.parametrize("target", EMULATED)
def test_the_whole_firmware_is_integer_only(target: str) -> None:
    with built(bitwright.load(DIGITS), find_target(target)) as image:
        check_integer_only(image.elf, disassemble(image.elf, image.target))


@pytest.mark.parametrize("target", TWO)
def test_a_float_in_a_kernel_stops_the_build(target: str, tmp_path: Path) -> None:
    """Not only a test: whoever builds an image, ``compile`` or ``verify``, is told."""
    board = find_target(target)
    with built(bitwright.load(DIGITS), board) as image:
        model = image.model
    files = project_files(model, board)
    name = next(path for path in files if re.fullmatch(r"bitwright/bw_\w*conv\w*\.c", path))
    files[name] = re.sub(r"(void bw_conv\w+\([^;{]*\) \{)", r"\1 volatile float f = 1.5f; f = f * f;", files[name])
    assert "volatile float" in files[name]
    write_folder(tmp_path / "p", files)
    with pytest.raises(ToolError, match="floating-point code"):
        measure(build(tmp_path / "p", board, model.name), board, model)


# --- Limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [needs_target("microbit")])
def test_code_beyond_the_flash_is_a_resource_error(target: str) -> None:
    """The constants alone fit; the linker finds that the whole does not."""
    from dataclasses import replace

    board = find_target(target)
    assert board.flash is not None
    small = replace(board, flash=replace(board.flash, size=8000))
    with pytest.raises(ResourceError, match="does not fit"), built(bitwright.load(DIGITS), small):
        pass
