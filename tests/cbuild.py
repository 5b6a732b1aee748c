"""Builds a graph's generated C with the host compiler and calls it in process."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from bitwright.codegen.project import ModelSources, model_sources
from bitwright.converter.ir import Graph
from numpy.typing import NDArray

FLAGS = ["-std=c99", "-O1", "-g", "-fPIC", "-Wall", "-Wextra", "-Wconversion", "-Werror"]


@cache
def _folder() -> Path:
    path = Path(tempfile.mkdtemp(prefix="bitwright-cbuild-"))
    import atexit

    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def _object(name: str, text: str, headers: tuple[tuple[str, str], ...], compiler: str) -> Path:
    """Compile one kernel source once per session."""
    digest = hashlib.sha256(repr((name, text, headers, compiler)).encode()).hexdigest()[:16]
    folder = _folder() / f"{name}-{digest}"
    folder.mkdir()
    (folder / name).write_text(text)
    for header, body in headers:
        (folder / header).write_text(body)
    target = folder / f"{name}.o"
    _compile([compiler, *FLAGS, "-c", name, "-o", str(target)], folder)
    return target


def _compile(command: list[str], folder: Path) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stderr}"


def build(
    model: ModelSources, compiler: str = "gcc", defines: Sequence[str] = (), further: Sequence[str] = ()
) -> ctypes.CDLL:
    """A shared library of the model's generated C; kernels are compiled once and reused.

    Args:
        defines: of the model's own sources; further: C files among the model's that a test has added.
    """
    headers = tuple(
        (Path(p).name, t) for p, t in model.files.items() if p.startswith("bitwright/") and p.endswith(".h")
    )
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    for path, text in model.files.items():
        if not path.startswith("bitwright/") or path.endswith(".h"):
            (folder / Path(path).name).write_text(text)
    objects = [
        str(_object(Path(path).name, text, headers, compiler))
        for path, text in model.files.items()
        if path.startswith("bitwright/") and path.endswith(".c")
    ]
    library = folder / "model.so"
    sources = [f"{model.name}.c", f"{model.name}_constants.c", *further]
    _compile([compiler, *FLAGS, *defines, "-shared", *sources, *objects, "-o", str(library)], folder)
    return ctypes.CDLL(str(library))


def library(text: str, headers: Sequence[Path], compiler: str = "gcc") -> ctypes.CDLL:
    """A shared library of one C source that includes kernel headers."""
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    (folder / "twins.c").write_text(text)
    for header in headers:
        (folder / header.name).write_text(header.read_text())
    _compile([compiler, *FLAGS, "-shared", "twins.c", "-o", "twins.so"], folder)
    return ctypes.CDLL(str(folder / "twins.so"))


def call(
    model: ModelSources, library: ctypes.CDLL, inputs: Sequence[NDArray[Any]], function: str = "invoke"
) -> list[NDArray[Any]]:
    """One inference through ``<name>_invoke`` or another function that takes the same."""
    graph = model.program.graph
    outputs = [np.empty(graph.tensor(n).shape, graph.tensor(n).dtype.numpy) for n in graph.outputs]
    arrays = [np.ascontiguousarray(array) for array in inputs] + outputs
    getattr(library, f"{model.name}_{function}")(*[array.ctypes.data_as(ctypes.c_void_p) for array in arrays])
    return outputs


def run_c(graph: Graph, inputs: Sequence[NDArray[Any]], isa: str = "generic") -> list[NDArray[Any]]:
    """Generate, build and run a graph once on the host, with the kernels of the given instruction set."""
    folders = ["generic"] if isa == "generic" else [isa, "generic"]
    model = model_sources(graph, folders, "model")
    return call(model, build(model), inputs)
