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

PLATFORM = """\
from platformio.platform.base import PlatformBase
class NativePlatform(PlatformBase):
    def is_embedded(self):
        return False
"""
BUILDER = """\
from SCons.Script import Default, DefaultEnvironment
Default(DefaultEnvironment().BuildProgram())
"""


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


def test_platformio_builds_the_example(tmp_path: Path) -> None:
    """`pio run` with PlatformIO's own library finder and builder, offline: SCons is PyPI's, the platform a stub that
    compiles for this computer as `native` does."""
    core = pytest.importorskip("platformio.dependencies", reason="needs the Python package platformio")
    pytest.importorskip("SCons", reason="needs the Python package scons")
    scons = {"name": "tool-scons", "version": core.get_core_dependencies()["tool-scons"].lstrip("~^")}
    origin = {"type": "tool", **scons, "spec": {"owner": "platformio", "id": None, "name": "tool-scons"}}
    platform = {"name": "native", "title": "native", "version": "1.0.0", "packages": {}}
    files = {
        "core/packages/tool-scons/package.json": json.dumps(scons),
        "core/packages/tool-scons/.piopm": json.dumps(origin),
        "core/packages/tool-scons/scons.py": "import SCons.Script\nSCons.Script.main()\n",
        "native/platform.json": json.dumps(platform),
        "native/platform.py": PLATFORM,
        "native/builder/main.py": BUILDER,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    example = written(pair("armv7em", "generic"), "platformio", tmp_path / "pair") / "examples" / "selfcheck"
    project = (example / "platformio.ini").read_text()
    assert project.count("platform = native\n") == 1
    changed = project.replace("platform = native\n", f"platform = {tmp_path / 'native'}\nbuild_flags = -Wall -Werror\n")
    (example / "platformio.ini").write_text(changed)
    settings = {"PLATFORMIO_CORE_DIR": str(tmp_path / "core"), "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "no"}
    said = run([sys.executable, "-m", "platformio", "run", "-v", "-e", "native"], example, **settings)
    assert "pair @ 1.2.3" in said and "libpair.a" in said
    assert run([example / ".pio" / "build" / "native" / "program"], example).endswith("stream: bit-exact\nPASS\n")
