"""The PlatformIO library: its description by PlatformIO's own packer, its sources as its builder takes them."""

from __future__ import annotations

import configparser
import json
import sys
from pathlib import Path

import pytest
from exported import pair, run, written

#: What `library.json` may hold, with the types of docs.platformio.org/page/librarymanager/config.html.
FIELDS = {
    "name": str, "version": str, "description": str, "keywords": str, "authors": list, "homepage": str,
    "frameworks": str, "platforms": str, "headers": list, "build": dict, "examples": list,
}  # fmt: skip


def test_the_description_keeps_the_documentation(tmp_path: Path) -> None:
    folder = written(pair(), "platformio", tmp_path / "pair")
    content = json.loads((folder / "library.json").read_text())
    assert {key: type(value) for key, value in content.items()}.items() <= FIELDS.items()
    assert content["name"] == "pair" and content["version"] == "1.2.3"
    assert content["authors"] == [{"name": "A. Author", "email": "author@example.org"}]
    assert content["headers"] == ["digits.h", "stream.h"]
    build = content["build"]
    assert all((folder / build["includeDir"] / header).is_file() for header in content["headers"])
    assert sorted(path.name for path in (folder / build["srcDir"]).iterdir()) == sorted(pair().private)
    (example,) = content["examples"]
    listed = {folder / example["base"] / name for name in example["files"]}
    assert listed == {path for path in (folder / example["base"]).rglob("*") if path.is_file()}


def test_the_example_says_where_the_library_is(tmp_path: Path) -> None:
    folder = written(pair(), "platformio", tmp_path / "pair") / "examples" / "selfcheck"
    project = configparser.ConfigParser()
    project.read(folder / "platformio.ini")
    name, _, place = project["env"]["lib_deps"].partition("=symlink://")
    assert name == "pair" and (folder / place / "library.json").is_file()
    assert {"env:native", "env:board"} <= set(project.sections())


def test_platformio_packs_it(tmp_path: Path) -> None:
    pytest.importorskip("platformio", reason="needs the Python package platformio")
    folder = written(pair(), "platformio", tmp_path / "pair")
    archive = tmp_path / "pair.tar.gz"
    command = [sys.executable, "-m", "platformio", "pkg", "pack", "-o", archive, folder]
    run(command, tmp_path, PLATFORMIO_CORE_DIR=str(tmp_path / "core"), PLATFORMIO_SETTING_ENABLE_TELEMETRY="no")
    listed = set(run(["tar", "--list", "--gzip", "--file", archive], tmp_path).split())
    assert listed >= {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_its_sources_and_the_example_run_here(tmp_path: Path) -> None:
    """Compiled as the native platform does: ``src/`` with ``include/`` on the path, archived, then the example's."""
    folder = written(pair("armv7em", "generic"), "platformio", tmp_path / "pair")
    example = folder / "examples" / "selfcheck" / "src"
    flags = ["-Wall", "-Wextra", "-Werror", f"-I{folder / 'include'}", "-c"]
    objects = tmp_path / "objects"
    objects.mkdir()
    run(["gcc", *flags, f"-I{folder / 'src'}", *folder.glob("src/*.c")], objects)
    run(["ar", "rcs", tmp_path / "libpair.a", *objects.glob("*.o")], objects)
    run(["gcc", *flags, *example.glob("*.c")], tmp_path)
    run(["g++", *flags, *example.glob("*.cpp")], tmp_path)
    run(["g++", *tmp_path.glob("*.o"), tmp_path / "libpair.a", "-o", "program"], tmp_path)
    assert run([tmp_path / "program"], tmp_path) == "digits: bit-exact\nstream: bit-exact\nPASS\n"
