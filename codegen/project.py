"""Writes the self-contained C project of one or several models."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..converter.ir import Graph, Tensor
from ..errors import InputError, UnsupportedError
from .program import Program, lower
from .render import ConstantPool, c_layers, c_number, c_type, comment, environment, identifier
from .sources import kernel_files

MARKER = "bitwright.json"
_KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long "  # noqa: SIM905
    "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while "
    "main asm".split()
)


@dataclass(frozen=True, eq=False)
class ModelSources:
    """One model as C: its file texts by relative path, and what the harness must know."""

    name: str
    program: Program
    files: Mapping[str, str]
    context: Mapping[str, Any]


def check_name(name: str) -> str:
    """The name itself when it can prefix C identifiers. Raises InputError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name) or name in _KEYWORDS:
        raise InputError(f"'{name}' cannot name the model in C: use lower-case letters, digits and underscores")
    return name


def model_sources(graph: Graph, isa: Sequence[str], name: str | None = None) -> ModelSources:
    """Lower a graph and render its C.

    Args:
        isa: kernel folders, most specific first.
        name: prefix of the C names; derived from the graph's name when absent.
    """
    name = check_name(name or identifier(graph.name)[:40])
    program = lower(graph, isa[0])
    pool = ConstantPool(name)
    layers = c_layers(program, pool)
    variables = _variables(graph, pool)
    interface = _interface(program, name)
    functions = sorted(
        {call.function for call in _emitted(program)} | {s for c in _emitted(program) for s in c.sources}
    )
    kernels = kernel_files(functions, isa)
    context = {
        "name": name,
        "upper": name.upper(),
        "guard": name.upper(),
        "version": __version__,
        "isa": isa[0],
        "digest": graph.digest or "unknown",
        "arena_bytes": max(program.plan.bytes, 1),
        "alignment": 8,
        "interface": interface,
        "invoke_signature": _signature(interface),
        "layers": layers,
        "arrays": pool.arrays,
        "variables": variables,
        "headers": [f"{function}.h" for function in functions],
        "inputs": len(graph.inputs),
        "outputs": len(graph.outputs),
        "points": len(program.points),
        "stateful": bool(variables),
    }
    render = environment()
    files = {
        f"include/{name}.h": render.get_template("model.h.j2").render(context),
        f"src/{name}.c": render.get_template("model.c.j2").render(context),
        f"src/{name}_constants.h": render.get_template("constants.h.j2").render(context),
        f"src/{name}_constants.c": render.get_template("constants.c.j2").render(context),
    }
    files |= {f"bitwright/{file}": path.read_text() for file, path in kernels.items()}
    digest = hashlib.sha256("".join(f"{path}\0{files[path]}\0" for path in sorted(files)).encode()).digest()[:16]
    context["build_id"] = ", ".join(f"0x{byte:02x}" for byte in digest)
    context["build_id_hex"] = digest.hex()
    return ModelSources(name, program, files, context)


def harness_table(models: Sequence[ModelSources]) -> str:
    """``bw_models.c``: the table of models that the harness serves over the link."""
    contexts = [model.context for model in models]
    most_points = max([1, *(context["points"] for context in contexts)])
    return environment().get_template("bw_models.c.j2").render(models=contexts, most_points=most_points)


def describe(model: ModelSources, target: str) -> dict[str, Any]:
    """What ``bitwright.json`` records beside the sources."""
    program = model.program
    return {
        "bitwright": __version__,
        "name": model.name,
        "target": target,
        "model_sha256": program.graph.digest,
        "build_id": model.context["build_id_hex"],
        "arena_bytes": program.plan.bytes,
        "arena_lower_bound": program.plan.lower_bound,
        "layers": [
            {"name": layer.node.name, "op": layer.node.op, "macs": layer.macs, "arena_bytes": layer.arena_bytes}
            for layer in program.layers
        ],
    }


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a whole project folder, or nothing: it appears under its name only when complete.

    Raises:
        InputError: the folder exists and is neither empty nor a project of Bitwright's.
    """
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARKER).is_file())):
        raise InputError(f"'{folder}' exists and is not a Bitwright project: choose another -o or remove it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        draft.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(draft, folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def to_json(value: Any) -> str:
    """Stable JSON text."""
    return json.dumps(value, indent=2) + "\n"


def _emitted(program: Program) -> list[Any]:
    return [layer.call for layer in program.layers if not layer.elided]


def _variables(graph: Graph, pool: ConstantPool) -> list[dict[str, Any]]:
    entries = []
    for name, variable in graph.variables.items():
        data = np.ascontiguousarray(variable.initial)
        raw = np.frombuffer(data.tobytes(), np.uint8)
        same = raw.size > 0 and bool(np.all(raw == raw[0]))
        entries.append(
            {
                "field": identifier(name),
                "c_type": c_type(data.dtype),
                "elements": data.size,
                "fill": int(raw[0]) if same else None,
                "symbol": None if same else pool.add(f"initial_{identifier(name)}", data),
            }
        )
    return entries


def _interface(program: Program, name: str) -> list[dict[str, Any]]:
    graph, entries = program.graph, []
    for role, names in (("input", graph.inputs), ("output", graph.outputs)):
        for index, tensor_name in enumerate(names):
            tensor = graph.tensor(tensor_name)
            if tensor_name not in program.offsets:
                raise UnsupportedError(tensor_name, "graph output", "an output that is constant is not served")
            entries.append(_interface_entry(tensor, name, role, index, program.offsets[tensor_name]))
    return entries


def _interface_entry(tensor: Tensor, name: str, role: str, index: int, offset: int) -> dict[str, Any]:
    scaled = tensor.quant is not None and len(tensor.quant.scale) == 1
    return {
        "role": role,
        "index": index,
        "title": comment(f"{tensor.name}, {tensor.dtype.value}"),
        "macro": f"{name.upper()}_{role.upper()}_{index}",
        "argument": f"{role}_{index}",
        "c_type": c_type(tensor.dtype.numpy),
        "offset": offset,
        "bytes": tensor.bytes,
        "elements": tensor.elements,
        "rank": len(tensor.shape),
        "shape": ", ".join(map(str, tensor.shape)) or "1",
        "scale": _c_float(tensor.scale) if scaled else None,
        "zero_point": c_number(tensor.zero_point) if scaled else None,
    }


def _c_float(value: float) -> str:
    text = repr(float(np.float32(value))) if math.isfinite(value) else "0.0"
    return text if any(mark in text for mark in ".e") else f"{text}.0"


def _signature(interface: list[dict[str, Any]]) -> str:
    parts = [f"const {io['c_type']} *{io['argument']}" for io in interface if io["role"] == "input"]
    parts += [f"{io['c_type']} *{io['argument']}" for io in interface if io["role"] == "output"]
    return ", ".join(parts) or "void"
