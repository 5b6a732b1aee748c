"""``bitwright export``: quantized networks in another tool's format, or as a package for where firmware is written."""

from __future__ import annotations

import argparse
import os
import shlex
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from .. import api, console
from ..codegen.exporters import EXPORTERS, Exporter, export_archive, export_files
from ..codegen.exporters.package import Package, self_check
from ..codegen.project import ModelSources, model_sources, write_folder
from ..codegen.text import identifier
from ..converter.ir import Array, Graph
from ..converter.writers.tflite import write_tflite
from ..errors import InputError
from ..targets.image import check_fits
from ..targets.target import Target, all_targets, find_target
from ..targets.vectors import load_vectors, random_vectors
from . import choices
from .output import check_writable

#: Formats of one file that hold one network as data, and what writes each.
FORMATS = {"tflite": write_tflite}
_VECTORS = 2
#: Options that mean nothing to these formats, and what they are where they are not given.
_OF_PACKAGES = {
    **dict.fromkeys(("name", "target", "isa", "inputs", "choices", "ram")),
    **{"version": "0.1.0", "author": "Bitwright", "url": "", "objective": "speed"},
}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    command.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="quantized models: .bwq or .tflite")
    formats = sorted([*FORMATS, *EXPORTERS])
    command.add_argument("--format", choices=formats, default="tflite", help="what to write (default: tflite)")
    command.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="folder, archive or file to write (default: by name)"
    )
    package = command.add_argument_group("packages", "for every format but tflite")
    package.add_argument("--name", help="of the package, and prefix of a single model's C names (default: the file's)")
    package.add_argument("--version", default=_OF_PACKAGES["version"], help="of the package (default: 0.1.0)")
    package.add_argument("--author", default=_OF_PACKAGES["author"], help="whom the package's description names")
    package.add_argument(
        "--url", default=_OF_PACKAGES["url"], help="where the package's description says that it comes from"
    )
    kernels = package.add_mutually_exclusive_group()
    kernels.add_argument("--target", metavar="T", help="kernels for this target, whose memory is checked, too")
    kernels.add_argument("--isa", choices=sorted(_chains()), help="kernels for these cores (default: generic, for any)")
    package.add_argument("--inputs", type=Path, metavar="X.npy", help="vectors of the self-check (default: two random)")
    choices.add_argument(command)


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    if options.format in FORMATS:
        return _write_model(options)
    exporter = EXPORTERS[options.format]
    _check_output(options.output, exporter)
    package = _package(options)
    archive = exporter.archived if options.output is None else options.output.suffix == exporter.archive
    output = options.output or Path(_default_name(package, options.format, exporter))
    if archive:
        _check_archive_name(output, package, exporter)
        check_writable(output)
        _write_file(output, export_archive(package, options.format))
    else:
        write_folder(output, export_files(package, options.format))
    names = ", ".join(model.name for model in package.models)
    console.out.print(f"{exporter.title} package {package.name} {package.version}: {names}; kernels for {package.core}")
    console.out.print(f"Wrote {shlex.quote(str(output))}", soft_wrap=True)
    if package.isa == "generic":
        console.out.print("--isa takes faster kernels for a core", style="dim")
    return 0


def _write_model(options: argparse.Namespace) -> int:
    if len(options.models) > 1:
        raise InputError(f"a file of the format {options.format} holds one model, {len(options.models)} are given")
    given = [name for name, default in _OF_PACKAGES.items() if getattr(options, name) != default]
    if given:
        flag = {"objective": "for"}.get(given[0], given[0])
        raise InputError(f"--{flag} is for packages; the format {options.format} holds the model as it is")
    (path,) = options.models
    graph = api.load(path)
    output = options.output or path.with_suffix(f".{options.format}")
    check_writable(output)
    data = FORMATS[options.format](graph)
    output.write_bytes(data)
    console.out.print(f"Wrote {output}, {len(data):,} bytes", soft_wrap=True)
    return 0


def _check_output(output: Path | None, exporter: Exporter) -> None:
    """Raise InputError for a place that is neither a folder's nor an archive's."""
    if output is None or output.suffix == exporter.archive:
        check_writable(output)
    elif output.suffix in (".zip", ".pack", ".gz", ".tgz", ".tar", ".7z", ".tflite", ".c", ".h"):
        raise InputError(f"'{output}': {exporter.title} packages are a folder or a {exporter.archive} file")


def _default_name(package: Package, form: str, exporter: Exporter) -> str:
    if exporter.archive_name is not None:
        return exporter.archive_name(package)
    return f"{package.name}-{package.version}{exporter.archive}" if exporter.archived else f"{package.name}-{form}"


def _check_archive_name(output: Path, package: Package, exporter: Exporter) -> None:
    if exporter.archive_name is not None and output.name != exporter.archive_name(package):
        raise InputError(f"'{output}': the tools take this package only as {exporter.archive_name(package)}")


def _package(options: argparse.Namespace) -> Package:
    """What the options describe. Raises BitwrightError."""
    several = len(options.models) > 1
    if several and options.name is None:
        raise InputError(f"a package of {len(options.models)} models needs a name of its own: give --name")
    if several and (options.choices is not None or options.inputs is not None):
        raise InputError("--choices and --inputs belong to one model; a package of several is exported without them")
    target = _target(options)
    models, checks = [], []
    for path in options.models:
        graph = api.load(path)
        model = _model(options, graph, target, None if several else options.name)
        models.append(model)
        checks.append(self_check(model, _vectors(options, graph)))
    name = models[0].name if options.name is None else options.name
    core = target.name if options.target is None else f"{target.cpu} ({target.name})"
    return Package(name, options.version, tuple(models), tuple(checks), core, options.author, options.url)


def _model(options: argparse.Namespace, graph: Graph, target: Target, name: str | None) -> ModelSources:
    target = target.serving(graph)
    decided = choices.decided(options, graph, target)
    model = model_sources(graph, target.isa, name or identifier(graph.name)[:40], decided, target.cores)
    if options.target is not None:
        check_fits(model, target)
    return model


def _vectors(options: argparse.Namespace, graph: Graph) -> Sequence[Sequence[Array]]:
    return random_vectors(graph, _VECTORS, 0) if options.inputs is None else load_vectors(graph, options.inputs)


def _chains() -> dict[str, Target]:
    """Instruction set -> a target that has it."""
    return {target.isa[0]: target for target in reversed(all_targets()) if target.cores == 1}


def _target(options: argparse.Namespace) -> Target:
    """The kernels' target; where only an instruction set is given, one of that name. Raises InputError, TargetError."""
    if options.target is None:
        isa = options.isa or "generic"
        return replace(_chains()[isa], name=_CORES.get(isa, isa))
    target = find_target(options.target)
    if target.cores > 1:
        raise InputError(f"{target.name} has {target.cores} cores that run a network together; packages are for one")
    return target


#: Which cores an instruction set's kernels are for, in words.
_CORES = {
    "generic": "any 32-bit core",
    "armv6m": "Cortex-M0 and M0+",
    "armv7m": "Cortex-M3",
    "armv7em": "Cortex-M4, M7, and M33 with DSP instructions",
    "mve": "Cortex-M55 and M85 with Helium",
    "rv32": "RISC-V RV32IMC",
    "rvv": "RISC-V with vectors",
    "xcv": "CORE-V and PULP cores",
}


def _write_file(path: Path, data: bytes) -> None:
    """A whole file, or nothing. Raises OSError."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise
