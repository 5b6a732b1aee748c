"""Writes the self-contained C project of one or several models."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..converter.ir import Graph, Tensor
from ..errors import InputError, UnsupportedError
from .decisions import Decisions
from .fused import c_blocks
from .kernels.call import KernelCall
from .program import ARENA_ALIGNMENT, Program, lower
from .render import ConstantPool, environment, stored, variable_fields
from .sources import kernel_files
from .text import RESERVED, WIDTH, c_float, c_number, c_type, comment, fill, identifier

MARKER = "bitwright.json"


@dataclass(frozen=True, eq=False)
class ModelSources:
    """One model as C: its file texts by relative path, and what the harness must know."""

    name: str
    program: Program
    files: Mapping[str, str]
    context: Mapping[str, Any]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(layer.macs for layer in self.program.layers)

    @property
    def constant_bytes(self) -> int:
        """Bytes of all weights, biases and requantization tables."""
        return sum(array.data.nbytes for array in self.context["arrays"])


def check_name(name: str) -> str:
    """The name itself when it can prefix C identifiers and name a header and a CMake target. Raises InputError."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name):
        raise InputError(f"'{name}' cannot name the model in C: use lower-case letters, digits and underscores")
    if name in RESERVED or name.startswith("bw_"):
        raise InputError(f"'{name}' cannot name the model: C, its library, CMake or Bitwright's kernels use that name")
    return name


def model_sources(
    graph: Graph,
    isa: Sequence[str],
    name: str | None = None,
    choices: Decisions | Mapping[str, str] | None = None,
    cores: int = 1,
) -> ModelSources:
    """Lower a graph and render its C.

    Args:
        isa: kernel folders, most specific first.
        name: prefix of the C names; derived from the graph's name when absent.
        choices: kernels by node name, or all that was decided; what is left open is decided by estimate.
        cores: how many run the network together.
    """
    name = check_name(identifier(graph.name)[:40] if name is None else name)
    program = lower(graph, isa, choices, cores)
    pool = ConstantPool(name)
    blocks = c_blocks(program, pool)
    variables = _variables(graph, pool)
    interface = _interface(program, name)
    functions = sorted(
        {call.function for call in _emitted(program)} | {s for c in _emitted(program) for s in c.sources}
    )
    shared = ["bw_cores.h"] if cores > 1 else []
    kernels = kernel_files(functions, isa, shared)
    context = {
        "name": name,
        "upper": name.upper(),
        "version": __version__,
        "isa": isa[0],
        "digest": graph.digest or "unknown",
        "arena_bytes": program.arena_bytes,
        "alignment": ARENA_ALIGNMENT,
        "interface": interface,
        "invoke": _invoke(f"{name}_invoke", interface, ");"),
        "invoke_definition": _invoke(f"{name}_invoke", interface, ") {"),
        "step": _invoke(f"{name}_step", interface, ");"),
        "step_definition": _step(name, interface),
        "macs": sum(layer.macs for layer in program.layers),
        "layers": len(program.layers),
        "blocks": blocks,
        "fused": bool(program.chains),
        "arrays": pool.arrays,
        "variables": variables,
        "headers": sorted([*(f"{function}.h" for function in functions), f"{name}_constants.h", *shared]),
        "inputs": len(graph.inputs),
        "outputs": len(graph.outputs),
        "points": len(program.points),
        "stateful": bool(variables),
        "cores": cores,
        "floating": bool(graph.float_types),
        **_push(graph, name, interface, cores),
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
        "arena_bytes": program.arena_bytes,
        "arena_lower_bound": program.arena_lower_bound,
        "layers": [
            {"name": layer.node.name, "op": layer.node.op, "macs": layer.macs, "arena_bytes": layer.arena_bytes}
            for layer in program.layers
        ],
        "fused": [[node.name for node in chain.nodes] for chain in program.chains],
    }


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a whole project folder, or nothing: it appears under its name only when complete.

    Raises:
        InputError: the folder cannot be written, or exists and is neither empty nor a project of Bitwright's.
    """
    place = Path(os.path.realpath(folder))
    try:
        if place.exists() and not (place.is_dir() and (_is_project(place) or not any(place.iterdir()))):
            raise InputError(f"'{folder}' exists and is not a Bitwright project: choose another -o or remove it")
        if Path.cwd().is_relative_to(place):
            raise InputError(f"'{folder}' holds the current folder and cannot be replaced: choose another -o")
        with _parent(place):
            _swap_in(place, files)
    except OSError as error:
        raise InputError(f"'{folder}' cannot be written: {error.strerror}") from error


def _is_project(folder: Path) -> bool:
    """Whether a folder was written by Bitwright, so that it may be replaced."""
    try:
        content = json.loads((folder / MARKER).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"bitwright", "build_id"} <= content.keys()


@contextmanager
def _parent(folder: Path) -> Iterator[None]:
    """The folders above one, made where they are missing and removed again if what follows fails."""
    missing = [parent for parent in folder.parents if not parent.exists()]
    nearest = folder.parents[len(missing)]
    if not nearest.is_dir():
        raise InputError(f"'{folder}' cannot be written: '{nearest}' is no folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in missing:
            with suppress(OSError):
                parent.rmdir()
        raise


def _swap_in(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write beside the folder, then let the two change places."""
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", dir=folder.parent))
    old = draft.with_name(f"{draft.name}-old")
    try:
        for name, text in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        draft.chmod(0o755)
        if folder.exists():
            os.replace(folder, old)
        os.replace(draft, folder)
    except BaseException:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(draft, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def to_json(value: Any) -> str:
    """Stable JSON text."""
    return json.dumps(value, indent=2) + "\n"


def _emitted(program: Program) -> list[KernelCall]:
    single = [layer.call for layer in program.layers if not layer.elided and layer.chain is None]
    return single + [call for chain in program.chains for call in chain.calls if call is not None]


def _variables(graph: Graph, pool: ConstantPool) -> list[dict[str, Any]]:
    entries = []
    for name, field in variable_fields(graph).items():
        data = stored(graph.variables[name].initial)
        raw = np.frombuffer(data.tobytes(), np.uint8)
        same = raw.size > 0 and bool(np.all(raw == raw[0]))
        place = f"{pool.name}_state.{field}"
        value = str(raw[0]) if same else pool.add(f"initial_{field}", data)
        entries.append(
            {
                "field": field,
                "c_type": c_type(graph.variables[name].initial.dtype),
                "elements": data.size,
                "reset": fill(f"    {'memset' if same else 'memcpy'}(", [place, value, f"sizeof {place}"], ");"),
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
        "title": f"{comment(tensor.name)}, {tensor.dtype.value}",
        "macro": f"{name.upper()}_{role.upper()}_{index}",
        "argument": f"{role}_{index}",
        "c_type": c_type(tensor.dtype.numpy),
        "offset": offset,
        "bytes": tensor.bytes,
        "elements": tensor.elements,
        "rank": len(tensor.shape),
        "shape": ", ".join(map(str, tensor.shape)) or "1",
        "scale": c_float(tensor.scale) if scaled else None,
        "zero_point": _bracketed(tensor.zero_point) if scaled else None,
    }


def _bracketed(value: int) -> str:
    return c_number(value) if value >= 0 else f"({c_number(value)})"


def _step(name: str, interface: list[dict[str, Any]]) -> str:
    """The definition of ``NAME_step``, on one line where that fits."""
    head, arguments = _invoke(f"{name}_step", interface, ")"), [io["argument"] for io in interface]
    short = f"{head} {{ {name}_invoke({', '.join(arguments)}); }}"
    if len(short) <= WIDTH:
        return short
    call = fill(f"    {name}_invoke(", arguments, ");")
    return f"{head} {{\n{call}\n}}"


def _push(graph: Graph, name: str, interface: list[dict[str, Any]], cores: int) -> dict[str, Any]:
    """What the templates need for ``NAME_push``, whose prototype is empty for networks that hear no stream, and on
    several cores, which all have to enter an inference."""
    if not graph.stride or cores > 1:
        return {"push": ""}
    outputs = [io for io in interface if io["role"] == "output"]
    parts = [f"const {interface[0]['c_type']} *samples", *(f"{io['c_type']} *{io['argument']}" for io in outputs)]
    return {
        "push": fill(f"int {name}_push(", parts, ");"),
        "push_definition": fill(f"int {name}_push(", parts, ") {"),
        "push_outputs": [io["argument"] for io in outputs],
        "stride": graph.stride,
        "hops": interface[0]["elements"] // graph.stride,
    }


def _invoke(function: str, interface: list[dict[str, Any]], closing: str) -> str:
    parts = [f"const {io['c_type']} *{io['argument']}" for io in interface if io["role"] == "input"]
    parts += [f"{io['c_type']} *{io['argument']}" for io in interface if io["role"] == "output"]
    return fill(f"void {function}(", parts or ["void"], closing)
