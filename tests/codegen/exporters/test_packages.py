"""What all exports have in common: the command, names, versions, the same bytes, kernels under names of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import bitwright
import numpy as np
import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.codegen.exporters import EXPORTERS, export_archive, export_files
from bitwright.codegen.exporters.package import external_functions, main_program
from bitwright.targets.tune.choices import to_text
from bitwright.targets.vectors import random_vectors
from exported import DIGITS, needs, package_of, pair, run
from projects import streaming

KERNELS = ROOT / "firmware" / "kernels"
EXPORT = ["export", str(DIGITS), "--format"]


def error_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line of an error."""
    assert main([str(argument) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error.removeprefix("bitwright: error: ").rstrip()


# --- The command -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(EXPORTERS))
def test_every_format_as_folder_and_as_archive(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*EXPORT, form]) == main([*EXPORT, form, "-o", "folder"]) == 0
    said = capsys.readouterr().out
    made = {path.name for path in tmp_path.iterdir()}
    assert "for any 32-bit core" in said and len(made) == 2
    files = {str(p.relative_to("folder")): p.read_bytes() for p in Path("folder").rglob("*") if p.is_file()}
    (default,) = made - {"folder"}
    assert f"Wrote {default}" in said
    exporter = EXPORTERS[form]
    if not exporter.archived:
        found = {str(p.relative_to(default)): p.read_bytes() for p in Path(default).rglob("*") if p.is_file()}
        assert found == files
        default = "digits.zip"
        assert main([*EXPORT, form, "-o", default]) == 0
    with zipfile.ZipFile(default) as archive:
        prefix = "digits_int8/" if exporter.nested else ""
        assert {entry.removeprefix(prefix): archive.read(entry) for entry in archive.namelist()} == files
        assert all(entry.startswith(prefix) for entry in archive.namelist())
    assert {"README.md", "LICENSE-bitwright.txt", "bitwright.json"} <= files.keys()


def test_a_package_of_several_models_for_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = tmp_path / "other.tflite"
    second.write_bytes(DIGITS.read_bytes())
    command = ["export", DIGITS, second, "--format", "cmake", "--name", "both", "--version", "2.0.10"]
    command += ["--target", "mps2-an386", "--ram", "4000", "-o", tmp_path / "out"]
    assert main([str(part) for part in command]) == 0
    assert "digits_int8, other; kernels for cortex-m4 (mps2-an386)" in capsys.readouterr().out
    content = json.loads((tmp_path / "out" / "bitwright.json").read_text())
    assert (content["name"], content["version"], content["format"]) == ("both", "2.0.10", "cmake")
    assert [model["name"] for model in content["models"]] == ["digits_int8", "other"]
    assert all(model["arena_bytes"] <= 4000 for model in content["models"])


def test_kernels_and_vectors_of_the_user(tmp_path: Path) -> None:
    """The self-check has the user's vectors, and the layer the kernel that was chosen."""
    graph = bitwright.load(DIGITS)
    node = graph.nodes[0].name
    choices, samples, out = tmp_path / "choices.json", tmp_path / "x.npy", tmp_path / "out"
    choices.write_text(to_text({"model_sha256": graph.digest, "kernels": {node: "generic"}}))
    np.save(samples, np.stack([vector[0] for vector in random_vectors(graph, 3, 5)]))
    command = [*EXPORT, "cmake", "--isa", "armv7em", "--inputs", str(samples), "-o", str(out)]
    assert main(command) == 0 and not (out / "src" / "bw_conv_s8.c").exists()
    assert main([*command, "--choices", str(choices)]) == 0 and (out / "src" / "bw_conv_s8.c").exists()
    assert "#define DIGITS_INT8_SELFCHECK_VECTORS 3" in (out / "example" / "digits_int8_selfcheck.h").read_text()


def test_several_models_need_a_name_and_different_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    twice, place = ["export", DIGITS, DIGITS, "-o", tmp_path / "out", "--format"], tmp_path / "out"
    assert "a package of 2 models needs a name of its own: give --name" in error_of(capsys, *twice, "cmake")
    assert "two models are named 'digits_int8'" in error_of(capsys, *twice, "cmake", "--name", "both")
    assert "--choices and --inputs belong to one model" in error_of(
        capsys, *twice, "cmake", "--name", "both", "--inputs", "x.npy"
    )
    assert "a file of the format tflite holds one model, 2 are given" in error_of(capsys, *twice, "tflite")
    assert not place.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cmake", "--version", "1.0"], "'1.0' is no version that every ecosystem takes"),
        (["cmake", "--version", "v1.0.0"], "'v1.0.0' is no version"),
        (["cmake", "--version", "1.0.0-rc1"], "'1.0.0-rc1' is no version"),
        (["cmake", "--version", "01.0.0"], "'01.0.0' is no version"),
        (["cmake", "--name", "Digits"], "'Digits' cannot name the model"),
        (["arduino", "--name", "arduino_digits"], "'arduino_digits' cannot be exported for Arduino"),
        (["rust", "--name", "match"], "'match' cannot be exported for Rust"),
        (["rust", "--name", "core"], "'core' cannot be exported for Rust"),
        (["esp-idf", "--name", "driver"], "'driver' cannot be exported for ESP-IDF"),
        (["esp-idf", "--name", "esp_net"], "'esp_net' cannot be exported for ESP-IDF"),
        (["zephyr", "--name", "mcuboot"], "'mcuboot' cannot be exported for Zephyr"),
        (["cmake", "--author", 'A "quoted" one'], "cannot stand as author"),
        (["cmake", "--url", "ftp://example.org"], "'ftp://example.org' is no address"),
        (["cmake", "-o", "out.pack"], "'out.pack': CMake packages are a folder or a .zip file"),
        (["cmsis-pack", "-o", "out.zip"], "'out.zip': CMSIS-Pack packages are a folder or a .pack file"),
        (["cmsis-pack", "-o", "out.pack"], "the tools take this package only as Bitwright.digits_int8.0.1.0.pack"),
        (["arduino", "-o", "no/out.zip"], "there is no folder 'no'"),
        (["cmake", "--target", "no-board"], "there is no target 'no-board'"),
        (["cmake", "--target", "iss-xcv-x8"], "packages are for one"),
        (["cmake", "--isa", "z80"], "invalid choice: 'z80'"),
        (["cmake", "--isa", "rv32", "--target", "host"], "not allowed with argument"),
        (["cmake", "--inputs", "absent.npy"], "absent.npy"),
        (["cmake", "--ram", "10"], "no plan with an arena of 10 bytes"),
        (["tflite", "--isa", "rv32"], "--isa is for packages; the format tflite holds the model as it is"),
        (["tflite", "--for", "ram"], "--for is for packages"),
        (["tflite", "--version", "1.0.0"], "--version is for packages"),
        (["zip"], "invalid choice: 'zip'"),
    ],
)
def test_what_cannot_be_exported(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in error_of(capsys, *EXPORT, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert "is not a Bitwright project" in error_of(capsys, *EXPORT, "zephyr", "-o", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert main([*EXPORT, "zephyr", "-o", str(tmp_path / "p")]) == 0
    assert main([*EXPORT, "rust", "-o", str(tmp_path / "p")]) == 0
    assert not (tmp_path / "p" / "zephyr").exists() and (tmp_path / "p" / "Cargo.toml").exists()


# --- The same bytes --------------------------------------------------------------------------------------------------

SCRIPT = """
import sys
from bitwright.cli import main
for form in sys.argv[2:]:
    assert main(["export", sys.argv[1], "--format", form, "--name", "net", "--author", "Ada"]) == 0
"""


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Other processes with other hash seeds, locales, time zones and umasks."""
    contents = []
    for number, settings in enumerate(
        ({"PYTHONHASHSEED": "1", "TZ": "UTC"}, {"PYTHONHASHSEED": "9", "TZ": "Asia/Tokyo", "LC_ALL": "C"})
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", SCRIPT, str(DIGITS), *EXPORTERS]
        mask = (0o022, 0o077)[number]
        subprocess.run(command, cwd=folder, env={**os.environ, **settings}, check=True, capture_output=True, umask=mask)
        contents.append({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert contents[0] == contents[1] and len(contents[0]) > 100


@pytest.mark.parametrize("form", sorted(EXPORTERS))
def test_every_format_has_a_page(form: str) -> None:
    page = (ROOT / "docs" / "howto" / f"{form}.md").read_text()
    assert f"--format {form} " in page and "## Proven" in page
    assert f"| `{form}` |" in (ROOT / "docs" / "export.md").read_text()


# --- The text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(EXPORTERS))
def test_every_text_is_tidy(form: str) -> None:
    for path, text in export_files(pair(), form).items():
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]$|\{\{|\}\}", text, re.MULTILINE), path
        assert "\n\n\n" not in text or path == "LICENSE-bitwright.txt", path


@needs("clang-format")
def test_generated_c_is_as_clang_format_leaves_it() -> None:
    files = {**pair().private, **pair().example, "main.c": main_program(pair())}
    for path in ("stream_selfcheck.c", "digits_selfcheck.h", "main.c", "bw_names.h", "digits.c"):
        style = [f"--style=file:{ROOT / '.clang-format'}", f"--assume-filename={path}"]
        result = subprocess.run(["clang-format", *style], input=files[path], capture_output=True, text=True, check=True)
        assert result.stdout == files[path], path


# --- Names at link ---------------------------------------------------------------------------------------------------


def test_every_external_function_of_every_kernel_is_found() -> None:
    """What `nm` says of the compiled kernels, for all files that the host compiles: names by file."""
    declared = {name for path in KERNELS.rglob("*.c") for name in external_functions({path.name: path.read_text()})}
    for path in KERNELS.rglob("*.c"):
        assert external_functions({path.name: path.read_text()}), path
    assert {"bw_block_2x4_s8", "bw_elementwise_add_s8", "bw_conv_s8", "bw_tile_pack_rv32"} <= declared


@pytest.mark.parametrize("isa", ["generic", "armv7em", "rv32", "mve", "xcv", "rvv"])
def test_all_names_at_link_are_the_packages_own(isa: str, tmp_path: Path) -> None:
    package = pair(*([isa] if isa == "generic" else [isa, "armv7em", "generic"] if isa == "mve" else [isa, "generic"]))
    for name, text in {**package.public, **package.private}.items():
        (tmp_path / name).write_text(text)
    run(["gcc", "-std=c99", "-w", "-O0", "-c", *package.sources], tmp_path)
    listed = run(["nm", "-g", "--defined-only", "--format=posix", *tmp_path.glob("*.o")], tmp_path)
    names = {line.split()[0] for line in listed.splitlines() if " " in line}
    assert "digits_run" in names and any(name.startswith("pair_bw_") for name in names)
    assert all(name.startswith(("digits_", "stream_", "pair_bw_")) for name in names)


def test_cores_whose_int_is_small_are_refused(tmp_path: Path) -> None:
    for name, text in {**pair().public, **pair().private}.items():
        (tmp_path / name).write_text(text)
    command = ["gcc", "-fsyntax-only", "-U__INT_MAX__", "-D__INT_MAX__=32767", "digits.c"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode != 0 and "pair: int must have 32 bits" in result.stderr


def test_an_archive_has_one_folder_and_no_times() -> None:
    package = package_of([(streaming(), "stream")], "stream")
    first, second = (export_archive(package, "platformio") for _ in range(2))
    assert first == second and first[:4] == b"PK\x03\x04"
