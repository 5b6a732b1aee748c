"""The generated project: tidy C, the same bytes every time, built anywhere, called from C and C++."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
import pytest
from background import ROOT, model_path, needs_data
from bitwright.cli import main
from bitwright.codegen.project import check_name, model_sources, write_folder
from bitwright.codegen.text import c_float, c_number, comment, comment_block, fill, identifier, identifiers
from bitwright.converter.ir import Graph
from bitwright.errors import InputError, LinkError
from bitwright.targets.build import Built
from bitwright.targets.emulator import start
from bitwright.targets.image import Image, generate, project_files
from bitwright.targets.sizes import Sizes, measure
from bitwright.targets.target import find_target
from bitwright.targets.toolchain import binutil
from bitwright.targets.vectors import random_vectors
from bitwright.targets.verify import compare
from hypothesis import given
from hypothesis import strategies as st
from projects import cmake, constants_of, run_application, streaming, write_application
from tools import needs_target

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"
ISAS = (["generic"], ["armv7em", "generic"], ["rv32", "generic"])


def needs(program: str) -> Any:
    """Skipped where a program is missing (CI has all of them)."""
    missing = shutil.which(program) is None and not os.environ.get("CI")
    return pytest.mark.skipif(missing, reason=f"needs {program}")


# --- Built by itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [needs_target(name) for name in ("host", "mps2-an386", "qemu-rv32", "qemu-rv32-rvv")])
def test_a_copy_elsewhere_builds_by_itself(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``compile``, a copy under a path with a space, CMake: bit-exact firmware with the sizes that were reported."""
    first, folder, target = tmp_path / "first", tmp_path / "another place" / "copy", find_target(name)
    assert main(["compile", str(DIGITS), "--target", name, "-o", str(first)]) == 0
    said = capsys.readouterr().out
    shutil.copytree(first, folder)
    shutil.rmtree(first)
    output = cmake(folder)
    graph = bitwright.load(DIGITS)
    model = model_sources(graph, target.isa)
    suffix = "" if name == "host" else ".elf"
    firmware, alone = (output / f"digits_int8_{kind}{suffix}" for kind in ("firmware", "alone"))
    sizes = Sizes(0, 0, 0, 0, None, None, 0, 0)
    if name != "host":
        size = subprocess.run([binutil(target.toolchain, "size"), alone], capture_output=True, text=True, check=True)
        text, data, bss = map(int, size.stdout.splitlines()[1].split()[:3])
        reported = {key: int(value.replace(",", "")) for key, value in re.findall(r"(\w+) ([\d,]+)", said)}
        assert text + data == reported["total"] == reported["code"] + reported["constants"]
        assert data + bss == reported["arena"] + reported["static"]
        sizes = measure(Built(firmware, alone), target, model)
        assert sizes.stack == reported["stack"]
    image = Image(model, target, firmware, sizes)
    with start(target, firmware) as link:
        assert compare(image, link, random_vectors(graph, 9, 1)).bit_exact


def test_a_build_type_and_flags_of_the_user_are_respected(tmp_path: Path) -> None:
    generate(bitwright.load(DIGITS), find_target("host"), tmp_path / "p")
    output = cmake(
        tmp_path / "p", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS=-DUSER_FLAG=1", "-DCMAKE_VERBOSE_MAKEFILE=ON"
    )
    flags = (output / "CMakeFiles" / "digits_int8.dir" / "flags.make").read_text()
    assert "-DUSER_FLAG=1" in flags and "-Werror" in flags


# --- Applications ----------------------------------------------------------------------------------------------------


def test_two_models_in_one_application_of_c_and_of_cxx(tmp_path: Path) -> None:
    """Digits and a streaming model side by side, in turn in one arena of the caller's, through every function of the
    headers; the constants of the headers say what the graphs say."""
    graphs = [(bitwright.load(DIGITS), "digits"), (streaming(), "stream")]
    models = [generate(graph, find_target("host"), tmp_path / name, name) for graph, name in graphs]
    write_application(tmp_path, models, cxx=True)
    output = cmake(tmp_path)
    vectors = [random_vectors(graph, 9, 2) for graph, _ in graphs]
    for program in ("application_c", "application_cxx"):
        assert run_application(output / program, models, vectors) == constants_of(models)


@pytest.mark.parametrize("flags", ["-O3 -flto -fstrict-aliasing", "-O0"])
def test_optimizations_do_not_change_a_bit(flags: str, tmp_path: Path) -> None:
    """Link-time optimization sees through the arena's declared type: its reuse for other types must be sound."""
    graphs = [(bitwright.load(DIGITS), "digits"), (streaming(), "stream")]
    models = [generate(graph, find_target("host"), tmp_path / name, name) for graph, name in graphs]
    write_application(tmp_path, models)
    output = cmake(tmp_path, f"-DCMAKE_C_FLAGS={flags}")
    run_application(output / "application_c", models, [random_vectors(graph, 9, 3) for graph, _ in graphs])


SANITIZED = (
    ("mlperf_tiny/kws_ref_model", "mps2-an386"),
    ("micro_wake_word/v1_hey_jarvis", "qemu-rv32"),
    ("generated/convnet_int16x8", "host"),
    ("generated/multi_io_int8", "mps2-an386"),
)


def sanitized(graph: Graph, target: str, folder: Path) -> None:
    """Build for the host with a target's kernels and clang's address and undefined-behaviour sanitizers, and run."""
    isa = find_target(target).isa
    model = model_sources(graph, isa, "model")
    write_folder(folder / "model", project_files(model, find_target("host")))
    write_application(folder, [model])
    flags = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
    output = cmake(folder, "-DCMAKE_C_COMPILER=clang", f"-DCMAKE_C_FLAGS={flags}")
    run_application(output / "application_c", [model], [random_vectors(graph, 8, 4)])


@needs("clang")
@pytest.mark.parametrize("target", ["host", "mps2-an386", "qemu-rv32"])
def test_no_undefined_behaviour(target: str, tmp_path: Path) -> None:
    sanitized(bitwright.load(DIGITS), target, tmp_path)


@needs("clang")
def test_no_undefined_behaviour_in_the_harness(tmp_path: Path) -> None:
    """The test firmware itself, sanitized, serves vectors, dumps and requests that are out of range."""
    graph, target = bitwright.load(DIGITS), find_target("host")
    model = generate(graph, target, tmp_path / "p", "digits")
    flags = "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
    firmware = cmake(tmp_path / "p", "-DCMAKE_C_COMPILER=clang", f"-DCMAKE_C_FLAGS={flags}") / "digits_firmware"
    image = Image(model, target, firmware, Sizes(0, 0, 0, 0, None, None, 0, 0))
    vectors = random_vectors(graph, 3, 5)
    with start(target, firmware) as link:
        assert compare(image, link, vectors).bit_exact
        for point, (_, name) in enumerate(model.program.points):
            assert len(link.dump(0, [vectors[0][0].tobytes()], point)) == graph.tensor(name).bytes
        with pytest.raises(LinkError):
            link.run(0, [bytes(graph.tensor(graph.inputs[0]).bytes + 1)], [10])
        with pytest.raises(LinkError):
            link.run(7, [vectors[0][0].tobytes()], [10])
        assert compare(image, link, vectors).bit_exact


@needs("clang")
def test_clang_builds_and_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "clang")
    assert bitwright.verify(DIGITS, "host", vectors=2).bit_exact


@needs_data
@needs("clang")
@pytest.mark.parametrize(("name", "target"), SANITIZED)
def test_no_undefined_behaviour_in_real_models(name: str, target: str, tmp_path: Path) -> None:
    sanitized(bitwright.load(model_path(name)), target, tmp_path)


# --- The same bytes --------------------------------------------------------------------------------------------------

GENERATE = """
import sys, bitwright
for target in ("host", "mps2-an386", "qemu-rv32"):
    bitwright.generate(bitwright.load(sys.argv[1]), target, target)
"""


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two processes in other folders, with other hash seeds, locales and time zones, at other times."""
    contents: list[dict[str, bytes]] = []
    for number, settings in enumerate(
        ({"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}, {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"})
    ):
        folder = tmp_path / f"process {number}"
        (folder / "models").mkdir(parents=True)
        path = folder / "models" / DIGITS.name
        path.write_bytes(DIGITS.read_bytes())
        command = [sys.executable, "-c", GENERATE, str(path)]
        subprocess.run(command, cwd=folder, env={**os.environ, **settings}, check=True)
        path.unlink()
        contents.append({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert contents[0] == contents[1] and len(contents[0]) > 60
    private = [str(tmp_path), str(ROOT), str(Path.home()) + "/", socket.gethostname(), f"/{getpass.getuser()}/"]
    for name, data in contents[0].items():
        text = data.decode("ascii")
        assert not any(word in text for word in private), name
        assert not re.search(r"\b(19|20)\d\d-[01]\d-[0-3]\d\b|\d\d:\d\d:\d\d", text), name


def test_a_project_replaces_its_predecessor_whole(tmp_path: Path) -> None:
    graph, folder = bitwright.load(DIGITS), tmp_path / "p"
    generate(graph, find_target("mps2-an386"), folder)
    (folder / "stale.c").write_text("int stale;\n")
    generate(graph, find_target("qemu-rv32"), folder)
    assert not (folder / "stale.c").exists() and not (folder / "harness" / "mps2.c").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["p"]


# --- The text --------------------------------------------------------------------------------------------------------


def tidy(graph: Graph, name: str | None = None) -> None:
    """Model, header and constants are within 120 columns and as clang-format leaves them, for every set of kernels."""
    for isa in ISAS:
        files = model_sources(graph, isa, name).files
        for path, text in files.items():
            if path.startswith("bitwright/"):
                continue
            assert max(map(len, text.splitlines())) <= 120 and not re.search(r"[ \t]$", text, re.MULTILINE), path
            style = [f"--style=file:{ROOT / '.clang-format'}", f"--assume-filename={path}"]
            result = subprocess.run(["clang-format", *style], input=text, capture_output=True, text=True, check=True)
            assert result.stdout == text, path


@needs("clang-format")
def test_generated_c_is_as_clang_format_leaves_it() -> None:
    tidy(bitwright.load(DIGITS))
    tidy(streaming(), "stream")
    tidy(streaming(), "a_name_that_is_as_long_as_names_may_get_x")


@needs_data
@needs("clang-format")
@pytest.mark.parametrize("name", ["generated/multi_io_int8", "generated/slicing_int8", "micro_wake_word/v1_hey_jarvis"])
def test_generated_c_of_real_models_is_as_clang_format_leaves_it(name: str) -> None:
    tidy(bitwright.load(model_path(name)))


@needs("cppcheck")
@pytest.mark.parametrize("isa", ISAS, ids=lambda isa: isa[0])
def test_generated_c_passes_cppcheck(isa: list[str], tmp_path: Path) -> None:
    for graph, name in ((bitwright.load(DIGITS), "digits"), (streaming(), "stream")):
        for path, text in model_sources(graph, isa, name).files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
    command = "cppcheck --quiet --std=c99 --enable=warning,portability,performance --error-exitcode=1 --inline-suppr "
    command += "--suppress=missingIncludeSystem -I include -I src -I bitwright src bitwright"
    result = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0 and not result.stderr, result.stderr


def test_a_reader_can_name_every_layer() -> None:
    graph = bitwright.load(DIGITS)
    model = model_sources(graph, ["generic"])
    text = model.files["src/digits_int8.c"]
    for layer in model.program.layers:
        assert f"/* {layer.index:02d} {layer.node.name}: {layer.node.op}, " in text
        assert f"{layer.macs:,} MACs" in text or not layer.macs
    program = model.program
    kept = sum(
        program.offsets[source] == program.offsets[layer.node.outputs[0]]
        and graph.tensor(source).bytes == graph.tensor(layer.node.outputs[0]).bytes
        for layer in program.layers
        if not layer.elided
        for source in layer.node.inputs
        if source in program.offsets
    )
    assert text.count("in place") == kept and "bytes shared" in text
    assert text.count("nothing to do") == sum(layer.elided for layer in program.layers) == 1 and "scratch [" in text


def test_big_endian_cores_are_refused(tmp_path: Path) -> None:
    for path, text in model_sources(bitwright.load(DIGITS), ["generic"]).files.items():
        (tmp_path / Path(path).name).write_text(text)
    command = ["gcc", "-fsyntax-only", "-U__BYTE_ORDER__", "-D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__", "digits_int8.c"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode != 0 and "little-endian" in result.stderr


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["int", "string", "math", "all", "bw_conv_s8", "A", "9a", "a-b", "", "x" * 42, "é"])
def test_names_that_c_or_cmake_use_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot name the model"):
        check_name(name)


@given(st.text(max_size=60))
def test_any_text_gives_a_name(text: str) -> None:
    assert check_name(identifier(text)[:40])
    assert re.fullmatch(r"[\x20-\x7e]{0,48}", comment(text)) and not re.search(r"\*/|/\*|\?\?", comment(text))


@given(st.lists(st.text(max_size=50), max_size=8, unique=True))
def test_different_texts_give_different_names(texts: list[str]) -> None:
    names = identifiers(texts)
    assert list(names) == texts and len(set(names.values())) == len(texts)
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]*", name) for name in names.values())


@pytest.mark.parametrize("name", ["string", "*/ int x; /*"])
def test_any_model_name_builds(name: str, tmp_path: Path) -> None:
    graph = bitwright.load(DIGITS)
    graph = Graph(name, graph.tensors, graph.nodes, graph.inputs, graph.outputs)
    generate(graph, find_target("host"), tmp_path / "p")
    cmake(tmp_path / "p")


# --- Pieces of text --------------------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_float_literals_are_exact(value: float) -> None:
    text = c_float(value)
    assert re.fullmatch(r"-?\d+\.\d+(e[+-]\d+)?f", text) and np.float32(text[:-1]) == np.float32(value)


def test_number_literals_fit_their_types() -> None:
    assert [c_number(v) for v in (0, -1, 2**31 - 1, -(2**31), 2**31, -(2**63))] == [
        "0", "-1", "2147483647", "INT32_MIN", "INT64_C(2147483648)", "INT64_MIN",
    ]  # fmt: skip


@given(st.lists(st.text("abc,() ", min_size=1, max_size=30), min_size=1, max_size=20), st.integers(0, 60))
def test_filling_keeps_every_item_within_the_width(items: list[str], indent: int) -> None:
    text = fill(" " * indent + "f(", items, ");")
    assert max(map(len, text.splitlines())) <= 120
    assert text.replace("\n" + " " * (indent + 2), " ") == " " * indent + "f(" + ", ".join(items) + ");"


@given(st.lists(st.text("abc ", min_size=1, max_size=300), min_size=1, max_size=4))
def test_comments_are_wrapped(sentences: list[str]) -> None:
    lines = comment_block([" ".join(s.split()) or "x" for s in sentences], indent=4).splitlines()
    assert all(len(line) <= 120 or " " not in line.strip()[3:-3] for line in lines)
    assert lines[0].startswith("    /* ") and lines[-1].endswith(" */")
