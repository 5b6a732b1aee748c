"""Packages to export, and what their files are checked with."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import bitwright
import pytest
from background import ROOT
from bitwright.codegen.exporters import export_archive, export_files
from bitwright.codegen.exporters.package import Package, self_check
from bitwright.codegen.project import model_sources, write_folder
from bitwright.converter.ir import Graph
from bitwright.targets.vectors import random_vectors
from projects import streaming

DIGITS = ROOT / "examples" / "digits" / "digits_int8.tflite"


def needs(*programs: str) -> Any:
    """Skipped where a program is missing (CI has all of them)."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing) and not os.environ.get("CI"), reason=f"needs {', '.join(missing)}")


def package_of(graphs: Sequence[tuple[Graph, str]], name: str, isa: Sequence[str] = ("generic",)) -> Package:
    """A package of the graphs under their C names."""
    models = tuple(model_sources(graph, isa, c_name) for graph, c_name in graphs)
    checks = tuple(
        self_check(model, random_vectors(graph, 2, 0)) for model, (graph, _) in zip(models, graphs, strict=True)
    )
    return Package(name, "1.2.3", models, checks, isa[0], "A. Author <author@example.org>")


@cache
def pair(*isa: str, name: str = "pair") -> Package:
    """Digits and a streaming model in one package."""
    return package_of([(bitwright.load(DIGITS), "digits"), (streaming(), "stream")], name, isa or ("generic",))


def written(package: Package, form: str, folder: Path) -> Path:
    """The exported folder."""
    write_folder(folder, export_files(package, form))
    return folder


def unpacked(package: Package, form: str, folder: Path) -> Path:
    """The content of the exported archive, in a folder."""
    with zipfile.ZipFile(io.BytesIO(export_archive(package, form))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def run(command: Sequence[str | Path], folder: Path, **settings: str) -> str:
    """What a command prints; it must succeed."""
    environment = {**os.environ, **settings}
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment, timeout=240
    )
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"
    return result.stdout


def emulated(program: str, machine: str, image: Path) -> str:
    """What an image prints by semihosting on a machine of QEMU's."""
    console = ["-chardev", "stdio,id=console", "-semihosting-config", "enable=on,chardev=console"]
    quiet = ["-display", "none", "-monitor", "none", "-serial", "none"]
    firmware = ["-bios", "none"] if "riscv" in program else []
    return run([program, "-M", machine, *console, *quiet, *firmware, "-kernel", image], image.parent)


def broken(text: str, array: str = " expected_0[") -> str:
    """The text of a self-check with one expected integer changed."""
    head, array, values = text.partition(array)
    changed, count = re.subn(r"(\n    )(-?\d+)", lambda found: f"{found[1]}{int(found[2]) ^ 1}", values, count=1)
    assert count == 1
    return head + array + changed
