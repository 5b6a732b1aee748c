"""Kernels and runtime compile without a warning on every compiler served, and need nothing but memory copies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from background import ROOT
from bitwright.codegen.kernels.pointers import POINTERS
from elftools.elf.elffile import ELFFile

KERNELS, RUNTIME, MLPERF = (ROOT / "firmware" / folder for folder in ("kernels", "runtime", "mlperf"))
#: What surrounds the kernels.
HARNESS = ("runtime", "mlperf")

#: Beyond what the issue's builds use, so that the sources can be taken into stricter projects.
_FLAGS = (
    "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wvla -Wundef -Wstrict-prototypes "
    "-Wmissing-prototypes -Wcast-align -Wcast-qual -Wwrite-strings -Wpointer-arith -Wswitch-default "
    "-Wdouble-promotion -Werror -ffunction-sections"
)
STRICT = tuple(_FLAGS.split())
ARM, RV = "arm-none-eabi-gcc -mthumb -mfloat-abi=soft", "riscv64-unknown-elf-gcc --specs=picolibc.specs"
HELIUM = "arm-none-eabi-gcc -mthumb -mcpu=cortex-m55+nofp -mfloat-abi=hard"
FPU = "arm-none-eabi-gcc -mthumb -mfloat-abi=softfp"
HALVES = "arm-none-eabi-gcc -mthumb -mfloat-abi=hard -mcpu=cortex-m55"
RVV = "clang-19 --target=riscv32-unknown-elf -march=rv32imc_zve32x_zvl128b -mabi=ilp32"
RV32 = "-march=rv32imc -misa-spec=2.2 -mabi=ilp32"

#: What an object may ask of the C library, and of the compiler's own: integer division and wide products, switches.
LIBRARY = {"memcpy", "memmove", "memset"}
COMPILER = re.compile(
    r"__aeabi_(u?l?idiv|u?idivmod|u?ldivmod|lmul|ll?sl|llsr|lasr|mem(cpy|move|set|clr)[48]?)|__gnu_thumb1_case_\w+"
    r"|__(div|udiv|mod|umod|mul)di3|_GLOBAL_OFFSET_TABLE_"
)


@dataclass(frozen=True)
class Compiler:
    """A command with its flags, and the kernel folders that it serves."""

    command: str
    folders: tuple[str, ...]

    @property
    def program(self) -> str:
        return self.command.split()[0]


#: The host's compilers take all of them, through the portable definitions.
EVERY = tuple(sorted(folder.name for folder in KERNELS.iterdir() if folder.is_dir()))
COMPILERS = {
    "gcc-O2": Compiler("gcc -O2", EVERY),
    "gcc-O0": Compiler("gcc -O0", EVERY),
    "clang-O2": Compiler("clang -O2", EVERY),
    "clang-O0": Compiler("clang -O0", EVERY),
    "cortex-m0": Compiler(f"{ARM} -mcpu=cortex-m0 -O2", ("generic", "woven", "armv6m")),
    "cortex-m0-Os": Compiler(f"{ARM} -mcpu=cortex-m0 -Os", ("generic", "woven", "armv6m")),
    "cortex-m3": Compiler(f"{ARM} -mcpu=cortex-m3 -O2", ("generic", "woven", "armv7m")),
    "cortex-m3-O0": Compiler(f"{ARM} -mcpu=cortex-m3 -O0", ("generic", "woven", "armv7m")),
    "cortex-m4": Compiler(f"{ARM} -mcpu=cortex-m4 -O2", ("generic", "armv7em")),
    "cortex-m4-O0": Compiler(f"{ARM} -mcpu=cortex-m4 -O0", ("generic", "armv7em")),
    "cortex-m4-Os": Compiler(f"{ARM} -mcpu=cortex-m4 -Os", ("generic", "armv7em")),
    "cortex-m7": Compiler(f"{ARM} -mcpu=cortex-m7 -O2", ("armv7em",)),
    "cortex-m33": Compiler(f"{ARM} -mcpu=cortex-m33 -O2", ("armv7em",)),
    "cortex-m55": Compiler(f"{ARM} -mcpu=cortex-m55+nomve -O2", ("armv7em",)),
    "helium": Compiler(f"{HELIUM} -O2", ("generic", "armv7em", "mve")),
    "helium-O0": Compiler(f"{HELIUM} -O0", ("mve",)),
    "helium-Os": Compiler(f"{HELIUM} -Os", ("mve",)),
    "cortex-m4-fpu": Compiler(f"{FPU} -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -O2", ("fpu",)),
    "cortex-m4-fpu-O0": Compiler(f"{FPU} -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -O0", ("fpu",)),
    "cortex-m7-fpu": Compiler(f"{FPU} -mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -O2", ("fpu",)),
    "cortex-m55-fpu": Compiler(f"{HALVES} -O2", ("fpu",)),
    "cortex-m55-fpu-O0": Compiler(f"{HALVES} -O0", ("fpu",)),
    "cortex-m55-scalar-fpu": Compiler(f"{HALVES}+nomve -O2", ("fpu",)),
    "rv32imc": Compiler(f"{RV} {RV32} -O2", ("generic", "rv32")),
    "rv32imc-O0": Compiler(f"{RV} {RV32} -O0", ("generic", "rv32")),
    "xcv": Compiler(f"{RV} {RV32} -DBW_XCV -O2", ("xcv",)),
    "xpulpv2-O0": Compiler(f"{RV} {RV32} -DBW_XPULPV2 -O0", ("xcv",)),
    "rvv": Compiler(f"{RVV} -O2", ("generic", "rv32", "rvv")),
    "rvv-O0": Compiler(f"{RVV} -O0", ("rv32", "rvv")),
    "clang-cortex-m4": Compiler("clang --target=armv7em-none-eabi -O2", ("generic", "armv7em")),
    "clang-rv32imc": Compiler("clang --target=riscv32-unknown-elf -march=rv32imc -mabi=ilp32 -O2", ("generic", "rv32")),
}
#: clang has no C library for bare metal: these bring <string.h>.
HEADERS = {
    "clang-cortex-m4": ("arm-none-eabi-gcc", Path("/usr/include/newlib")),
    "rvv": ("riscv64-unknown-elf-gcc", Path("/usr/lib/picolibc/riscv64-unknown-elf/include")),
    "rvv-O0": ("riscv64-unknown-elf-gcc", Path("/usr/lib/picolibc/riscv64-unknown-elf/include")),
    "clang-rv32imc": ("riscv64-unknown-elf-gcc", Path("/usr/lib/picolibc/riscv64-unknown-elf/include")),
}


def compilers(*names: str) -> Any:
    """Parameters, skipped with a reason where a compiler is missing (CI has all of them)."""
    params = []
    for name in names or COMPILERS:
        missing = [p for p in (COMPILERS[name].program,) if shutil.which(p) is None]
        missing += [str(path) for _, path in [HEADERS[name]] if not path.is_dir()] if name in HEADERS else []
        skip = pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=f"needs {', '.join(missing)}")
        params.append(pytest.param(name, marks=skip, id=name))
    return pytest.mark.parametrize("name", params)


def sources(name: str) -> list[Path]:
    """What a compiler serves: its kernel folders, and what surrounds them once."""
    folders = [KERNELS / folder for folder in COMPILERS[name].folders]
    return [path for folder in [*folders, RUNTIME, MLPERF] for path in sorted(folder.glob("*.c"))]


@cache
def objects(name: str, folder: Path) -> list[Path]:
    """Compile everything that a compiler serves, with GCC's call graph and stack frames beside each object."""
    compiler, result = COMPILERS[name], []
    flags = [*compiler.command.split(), *STRICT, f"-I{KERNELS}", f"-I{RUNTIME}", "-c"]
    flags += ["-isystem", str(HEADERS[name][1])] if name in HEADERS else []
    flags += ["-fcallgraph-info=su,da"] if compiler.program.endswith("gcc") else []
    for part in sorted({path.parent for path in sources(name)}):
        place = folder / part.name
        place.mkdir()
        files = [path for path in sources(name) if path.parent == part]
        run = subprocess.run([*flags, *map(str, files)], cwd=place, capture_output=True, text=True, check=False)
        assert run.returncode == 0 and not run.stderr, run.stderr
        result += [place / f"{path.stem}.o" for path in files]
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A folder for each compiler's objects."""
    return cache(lambda name: tmp_path_factory.mktemp(name))


def symbols(path: Path) -> tuple[set[str], set[str]]:
    """Global symbols that an object defines, and those that it needs."""
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        entries = [(s.name, s["st_shndx"], s["st_info"]["bind"]) for s in table.iter_symbols() if s.name]
    return (
        {name for name, section, bind in entries if section != "SHN_UNDEF" and bind in ("STB_GLOBAL", "STB_WEAK")},
        {name for name, section, _ in entries if section == "SHN_UNDEF"},
    )


@compilers("gcc-O2", "cortex-m4", "rv32imc")
def test_the_firmware_for_energy_measurements_compiles_too(name: str, tmp_path: Path) -> None:
    """It asks the platform for a pin; no platform of ours has one yet."""
    flags = [*COMPILERS[name].command.split(), *STRICT, f"-I{RUNTIME}", "-DBW_MLPERF_ENERGY", "-c", "-o", "energy.o"]
    run = subprocess.run(
        [*flags, str(MLPERF / "bw_mlperf.c")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0 and not run.stderr, run.stderr
    assert "bw_platform_pin" in symbols(tmp_path / "energy.o")[1]


@compilers()
def test_compiles_without_a_warning(name: str, folder: Any) -> None:
    assert len(objects(name, folder(name))) == len(sources(name)) >= 6


@compilers(
    "gcc-O2",
    "clang-O2",
    "cortex-m0",
    "cortex-m4",
    "cortex-m4-fpu",
    "cortex-m55-fpu",
    "rv32imc",
    "clang-cortex-m4",
    "clang-rv32imc",
)
def test_kernels_need_memory_copies_and_integer_helpers_only(name: str, folder: Any) -> None:
    """No heap, no input or output, no floating point, no further library: not even a mathematical function."""
    kernels = [path for path in objects(name, folder(name)) if path.parent.name not in HARNESS]
    defined = set().union(*(symbols(path)[0] for path in kernels))
    for path in kernels:
        foreign = {s for s in symbols(path)[1] - defined - LIBRARY if not COMPILER.fullmatch(s)}
        assert not foreign, f"{path.name} needs {foreign}"


@compilers("gcc-O2", "clang-O2")
def test_kernels_define_their_own_names_only(name: str, folder: Any) -> None:
    """Global names begin with bw_ and are each defined once per instruction set, so that models link side by side."""
    for isa in COMPILERS[name].folders:
        seen: set[str] = set()
        for path in (p for p in objects(name, folder(name)) if p.parent.name == isa):
            names = symbols(path)[0]
            assert names and all(n.startswith("bw_") for n in names) and not names & seen, path.name
            seen |= names


EDGE = re.compile(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"')
NODE = re.compile(r'node: { title: "([^"]+)" label: "[^"]*?(?:\\n(\d+) bytes \((\w+)\)[^"]*)?"')


@compilers("gcc-O0", "gcc-O2", "cortex-m0", "cortex-m4", "cortex-m4-O0", "rv32imc", "rv32imc-O0")
def test_kernels_neither_recurse_nor_allocate_on_the_stack(name: str, folder: Any) -> None:
    """GCC's call graph has no cycle, calls through pointers are those that the bound of the stack knows, and every
    frame has a fixed, small size."""
    calls: dict[str, set[str]] = {}
    frames: dict[str, int] = {}
    for path in objects(name, folder(name)):
        if path.parent.name in (*HARNESS, "rvv"):  # here, vectors are arrays; targets/stack.py sees the real ones
            continue
        text = path.with_suffix(".ci").read_text()
        for source, target in EDGE.findall(text):
            calls.setdefault(source, set()).add(target)
        for function, size, kind in NODE.findall(text):
            if size:
                assert kind == "static", f"{function} in {path.name} has a {kind} frame"
                frames[function] = int(size)
        assert "alloca" not in text and "VLA" not in text
    assert len(frames) > 40 and max(frames.values()) <= 576, frames
    titles = {function.rpartition(":")[2]: function for function in (*frames, *calls)}  # of static ones: file:function
    for source, targets in calls.items():
        if any("indirect" in target for target in targets):
            calls[source] = {target for target in targets if "indirect" not in target}
            calls[source] |= {titles[callee] for callee in POINTERS[source.rpartition(":")[2]]}
    finished: set[str] = set()
    for root in calls:
        assert_no_cycle(root, calls, (), finished)


def assert_no_cycle(function: str, calls: dict[str, set[str]], path: tuple[str, ...], finished: set[str]) -> None:
    """Depth first from a function."""
    assert function not in path, f"recursion: {' -> '.join([*path, function])}"
    if function not in finished:
        for callee in calls.get(function, ()):
            assert_no_cycle(callee, calls, (*path, function), finished)
        finished.add(function)


@pytest.mark.parametrize("language", ["c", "c++"])
def test_every_header_stands_alone(language: str, tmp_path: Path) -> None:
    """A header includes what it uses; those of the kernels' interfaces are C++, too."""
    program = {"c": "gcc", "c++": "g++"}[language]
    if shutil.which(program) is None and not os.environ.get("CI"):
        pytest.skip(f"needs {program}")
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    if language == "c++":
        flags[0] = "-std=c++17"
    headers = sorted([*KERNELS.glob("*.h"), *RUNTIME.glob("*.h"), *MLPERF.glob("*.h")])
    files = []
    for header in headers:
        files.append(tmp_path / f"{header.stem}.{'c' if language == 'c' else 'cpp'}")
        files[-1].write_text(f'#include "{header.name}"\n#include "{header.name}"\ntypedef int {header.stem}_used;\n')
    command = [program, *flags, f"-I{KERNELS}", f"-I{RUNTIME}", f"-I{MLPERF}", *map(str, files)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
