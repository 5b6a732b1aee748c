"""Obtains the ATen graph: exports a module in eval mode, or opens a ``.pt2`` file without unpickling anything."""

from __future__ import annotations

import copy
import hashlib
import io
import logging
import operator
import os
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from ....errors import BitwrightError, InputError, ModelError, ToolError
from ...ir import Graph
from ...limits import MOST_CONSTANTS
from .reader import Reader
from .table import LOWERINGS, NAMESPACES, REFUSED

_EXPORT = "torch.export.save(torch.export.export(module.eval(), example_inputs), 'model.pt2')"
#: Entries by which torch's archives are known: of exported programs, and of what torch.save and torch.jit.save write.
_TORCH = ("/archive_format", "serialized_exported_program.json", "data.pkl")
#: Entries of a .pt2 archive that hold pickled Python objects.
_PICKLED = ("custom_obj_", "opaque_obj_")


def read_torch(source: Any, example_inputs: Any = None, name: str | None = None) -> Graph:
    """Read a PyTorch network into a float graph; its nodes are named by their modules' paths.

    Args:
        source: a ``torch.nn.Module`` (a copy of it is exported, on the CPU and in eval mode), what
            ``torch.export.export`` returned, or the path of a ``.pt2`` file.
        example_inputs: for a module: the arguments of ``forward``, a tensor or a tuple of them, or keyword arguments
            in a dict. Their shapes are those of the graph: give one sample, with a batch of 1.
        name: of the graph; the module's class or the file's name when absent.

    Raises:
        UnsupportedError: an operator, a dynamic dimension or a type is not served; names the module's path.
        ModelError: the module cannot be exported, or the file is damaged or of another kind.
        InputError: a module without example inputs.
        ToolError: torch is not installed.
    """
    torch = _torch()
    if isinstance(source, str | Path):
        return _read_file(Path(source), name)
    if isinstance(source, torch.export.ExportedProgram):
        program, called = source, _root_class(source)
    elif isinstance(source, torch.nn.Module):
        program, called = _exported(source, example_inputs), type(source).__name__
    else:
        raise InputError(f"a torch.nn.Module or an exported program is needed, found {type(source).__name__}")
    graph = _read(program, name or called)
    return replace(graph, digest=_digest(graph))


def is_torch(data: bytes) -> bool:
    """Whether a file's content is an archive that torch wrote (of a program or of pickles), or a bare pickle."""
    if data[:1] == b"\x80":
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(entry.endswith(_TORCH) for entry in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def read_pt2(data: bytes, name: str) -> Graph:
    """The same from the content of a ``.pt2`` file. Raises UnsupportedError, ModelError or ToolError."""
    _refuse_pickles(data, name)
    torch = _torch()
    try:
        with _quiet(), _without_unpickling():
            program = torch.export.load(io.BytesIO(data))
    except Exception as error:
        raise ModelError(f"'{name}' is no program that torch.export.save wrote: {_first_line(error)}") from error
    return replace(_read(program, name), digest=hashlib.sha256(data).hexdigest())


def _torch() -> Any:
    try:
        import torch
        import torch.export

        from ....nn import attention, capsule  # noqa: F401  # Bitwright's own operators, which programs may call
    except ImportError as error:
        raise ToolError("PyTorch models need torch: pip install 'bitwright[torch]'") from error
    return torch


def _read_file(path: Path, name: str | None) -> Graph:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"'{path}' cannot be read: {error.strerror}") from error
    return read_pt2(data, name or path.stem)


def _exported(module: Any, example_inputs: Any) -> Any:
    """The program of a copy in eval mode; the user's module stays as it is."""
    torch = _torch()
    from .packing import traceable_packing

    if example_inputs is None:
        raise InputError("a module needs example_inputs: a tuple of tensors as its forward takes them")
    keywords = dict(example_inputs) if isinstance(example_inputs, dict) else {}
    arguments = () if keywords else example_inputs
    arguments = tuple(arguments) if isinstance(arguments, list | tuple) else (arguments,)
    try:
        with _quiet(), torch.no_grad(), traceable_packing(module):
            given = torch.utils._pytree.tree_map_only(torch.Tensor, torch.Tensor.cpu, (arguments, keywords))
            return torch.export.export(copy.deepcopy(module).cpu().eval(), *given, strict=False)
    except ModelError as error:
        raise ModelError(f"{type(module).__name__}: {error}") from error
    except Exception as error:
        branches = "data-dependent" in str(error)
        hint = "; it branches on values of run time, which a fixed program cannot" if branches else ""
        raise ModelError(f"torch.export cannot trace {type(module).__name__}: {_first_line(error)}{hint}") from error


def _read(program: Any, name: str) -> Graph:
    try:
        with _quiet():
            return Reader(_decomposed(program), name).read()
    except BitwrightError:
        raise
    except Exception as error:
        raise ModelError(f"'{name}' cannot be read: {_first_line(error)}") from error


def _decomposed(program: Any) -> Any:
    """The program in operators that are served or refused by name; the others are taken apart, as far as torch can.

    That also makes operators functional, so that none changes its argument.
    """
    torch = _torch()
    kept = {f"{NAMESPACES.get(name, 'aten')}::{name}" for name in (*LOWERINGS, *REFUSED)}

    def is_kept(target: Any) -> bool:
        schema = getattr(target, "_schema", None)
        return schema is not None and schema.name in kept and not schema.is_mutable

    calls = {node.target for node in program.graph.nodes if node.op == "call_function"} - {operator.getitem}
    if all(is_kept(target) for target in calls):
        return program
    table = torch.export.default_decompositions()
    table = table.materialize() if hasattr(table, "materialize") else dict(table)
    return program.run_decompositions({target: rule for target, rule in table.items() if not is_kept(target)})


def _digest(graph: Graph) -> str:
    """SHA-256 of a network that came from no file: its nodes and its constants."""
    digest = hashlib.sha256(repr((graph.inputs, graph.outputs, graph.nodes)).encode())
    for name, tensor in graph.tensors.items():
        digest.update(repr((name, tensor.shape, tensor.dtype)).encode())
        if tensor.data is not None:
            digest.update(tensor.data.tobytes())
    return digest.hexdigest()


def _root_class(program: Any) -> str:
    """The class of the module that was exported."""
    for node in program.graph.nodes:
        for _, kind in (node.meta.get("nn_module_stack") or {}).values():
            return (kind if isinstance(kind, str) else kind.__qualname__).rsplit(".", 1)[-1]
    return "model"


def _refuse_pickles(data: bytes, name: str) -> None:
    """Raise ModelError for content that only unpickling could read."""
    pickled = f"'{name}' holds pickled Python objects, which could run any code; save the network by {_EXPORT}"
    if data[:1] == b"\x80":
        raise ModelError(pickled)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries, size = archive.namelist(), sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ModelError(f"'{name}' is no .pt2 archive: {error}; write one by {_EXPORT}") from error
    if any(entry.endswith("data.pkl") or entry.rsplit("/", 1)[-1].startswith(_PICKLED) for entry in entries):
        raise ModelError(pickled)
    if size > MOST_CONSTANTS:
        raise ModelError(f"'{name}' unpacks to {size} bytes; up to {MOST_CONSTANTS} are read")


@contextmanager
def _without_unpickling() -> Iterator[None]:
    """torch.load takes tensors only, whatever its caller says."""
    key = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
    before = os.environ.get(key)
    os.environ[key] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[key]
        else:
            os.environ[key] = before


@contextmanager
def _quiet() -> Iterator[None]:
    """torch.export warns of its own deprecations, and prints graphs that it fails on."""
    before = logging.root.manager.disable
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(before)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
