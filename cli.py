"""The ``bitwright`` command."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

from . import __version__, api, console
from .codegen.kernels.page import kernels_page
from .codegen.project import ModelSources
from .commands import boards as boards_command
from .commands import choices, place, states
from .commands import export as export_command
from .commands import flash as flash_command
from .commands import frontend as frontend_command
from .commands import mlperf_tiny as mlperf_command
from .commands import profile as profile_command
from .commands import quantize as quantize_command
from .commands import report as report_command
from .commands import run as run_command
from .commands import tune as tune_command
from .commands import verify as verify_command
from .commands.output import check_writable
from .converter.ops import OPERATORS
from .converter.ops.page import operators_page
from .errors import BitwrightError, InputError, ToolError
from .targets import image as images
from .targets.doctor import diagnose
from .targets.target import Region, Target, all_targets
from .targets.verify import LayerCost

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction["_Parser"]
    Command = Callable[[argparse.Namespace], int]

_LONGEST_LINE = 1000


class CommandModule(Protocol):
    """A file of ``commands``."""

    def add_arguments(self, command: argparse.ArgumentParser, /) -> None:
        """The command's options."""

    def run(self, options: argparse.Namespace, /) -> int:
        """Run the command; its exit code."""


#: Commands that have a file of their own, in the order of the help, and what each does.
_OWN_FILES: tuple[tuple[str, CommandModule, str], ...] = (
    ("verify", verify_command, "build, run and compare every layer with the reference"),
    ("run", run_command, "run a model on a target or board and save its outputs"),
    ("flash", flash_command, "put a generated project on a board"),
    ("profile", profile_command, "show where an inference spends its instructions"),
    ("tune", tune_command, "choose the best kernel for every layer by measurement"),
    ("quantize", quantize_command, "quantize a float model and judge what it cost"),
    ("report", report_command, "write an HTML page about a quantized model on a target"),
    ("export", export_command, "write a quantized model in another tool's format"),
    ("frontend", frontend_command, "put an audio front end before a quantized model"),
    ("mlperf-tiny", mlperf_command, "write the firmware of the MLPerf Tiny benchmarks"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 on success, 1 where a verification found a difference, 2 on any error."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        options = build_parser().parse_args(given)
        with console.stopped_as_interrupted():
            result = int(options.command(options))
        sys.stdout.flush()
        return result
    except KeyboardInterrupt:
        console.err.print("interrupted", style="red")
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python's own flush at the end must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except BitwrightError as error:
        return _fail(str(error), debug)
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", debug)
    except MemoryError:
        return _fail("not enough memory", debug)
    except Exception as error:
        return _fail(f"internal error, please report it: {type(error).__name__}: {error} (--debug shows where)", debug)


def _fail(message: str, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    words = " ".join(message.split())
    line = "".join(character if character.isprintable() else "?" for character in words)
    shown = line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."
    console.err.print(f"bitwright: error: {shown}", style="red", soft_wrap=True)
    return 2


class _Parser(argparse.ArgumentParser):
    """Wrong arguments are an error like any other: one line."""

    def error(self, message: str) -> NoReturn:
        """Raise InputError."""
        raise InputError(f"{message} (see `{self.prog} --help`)")


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; the documentation is made from it, too."""
    parser = _Parser(
        prog="bitwright",
        description="Trained networks to integer-only microcontroller firmware, proven bit-exact layer by layer.",
    )
    parser.add_argument("--version", action="version", version=f"bitwright {__version__}")
    parser.add_argument("--debug", action="store_true", help="show the trace of an error")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    compile_ = _command(commands, "compile", _compile, "write the C project of a model for a target")
    compile_.add_argument("model", type=Path, metavar="MODEL", help="an int8 or int16x8 .tflite file")
    place.add_target(compile_)
    compile_.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder to write (default: NAME-TARGET)")
    compile_.add_argument("--name", help="prefix of the C names (default: from the file's name)")
    compile_.add_argument("--plan", type=Path, metavar="SVG", help="also draw the memory plan")
    states.add_arguments(compile_)
    choices.add_argument(compile_)

    for name, module, summary in _OWN_FILES:
        _command_of(commands, name, module, summary)
    ops = _command(commands, "ops", _ops, "list the supported operators")
    ops.add_argument("--json", action="store_true", help="as JSON")
    ops.add_argument("--markdown", action="store_true", help="as the page docs/operators.md")
    ops.add_argument("--kernels", action="store_true", help="the kernels of each instruction set, as docs/kernels.md")
    targets = _command(commands, "targets", _targets, "list the targets")
    targets.add_argument("--json", action="store_true", help="as JSON")
    _command_of(commands, "boards", boards_command, "list the boards, or what is plugged in")
    doctor = _command(commands, "doctor", _doctor, "show what is installed, what is missing and how to get it")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    return parser


def _command_of(commands: Commands, name: str, module: CommandModule, summary: str) -> None:
    """A command with a file of its own."""
    module.add_arguments(_command(commands, name, module.run, summary))


def _command(commands: Commands, name: str, function: Command, summary: str) -> _Parser:
    command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    command.set_defaults(command=function)
    command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show the trace of an error")
    return command


def _compile(options: argparse.Namespace) -> int:
    check_writable(options.plan)
    target = place.target_of(options)
    kept = states.kept(options)
    graph = states.in_steps(options, api.load(options.model))
    if kept:
        graph = api.keep_states(graph, None if kept is True else kept)
    name = options.name
    folder = options.output or Path(f"{graph.name}-{target.name}")
    model = images.generate(graph, target, folder, name, choices.decided(options, graph, target))
    layers = [
        LayerCost(x.node.name, x.node.op, x.macs, None, x.arena_bytes, fused=x.fused) for x in model.program.layers
    ]
    console.out.print(f"{model.name} for {target.name}: {len(layers)} layers, {console.number(model.macs)} MACs\n")
    console.show_layers(layers)
    console.out.print()
    _show_built_sizes(model, target)
    if options.plan is not None:
        options.plan.write_text(images.plan_picture(model), encoding="utf-8")
    source, build = (shlex.quote(str(path)) for path in (folder, folder / "build"))
    console.out.print(
        f"Wrote {source}; to build it: cmake -S {source} -B {build} && cmake --build {build}", soft_wrap=True
    )
    return 0


def _show_built_sizes(model: ModelSources, target: Target) -> None:
    arena, bound = model.program.arena_bytes, model.program.arena_lower_bound
    try:
        with images.built_from(model, target) as image:
            console.show_memory(image.sizes.ram, image.sizes.flash, image.sizes.harness)
    except ToolError as error:
        console.out.print(
            f"RAM    arena {console.number(arena)} bytes\nFlash  constants {console.number(model.constant_bytes)} bytes"
        )
        console.err.print(f"code size unknown: {error}", style="yellow")
    console.out.print(f"No plan can have an arena below {console.number(bound)} bytes", style="dim")


def _ops(options: argparse.Namespace) -> int:
    operators = sorted(OPERATORS.values(), key=lambda operator: operator.name)
    if options.json:
        rows = [{"name": op.name, "types": op.types, "limits": op.limits} for op in operators]
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return 0
    if options.markdown or options.kernels:
        sys.stdout.write(kernels_page() if options.kernels else operators_page())
        return 0
    console.out.print(
        console.table(["operator", "activations", "limits"], [[o.name, o.types, o.limits] for o in operators])
    )
    return 0


def _targets(options: argparse.Namespace) -> int:
    targets = all_targets()
    if options.json:
        sys.stdout.write(json.dumps([asdict(target) for target in targets], indent=2) + "\n")
        return 0
    cells = [
        [target.name, target.cpu, target.isa[0], _size(target.flash), _size(target.ram), target.description]
        for target in targets
    ]
    console.out.print(console.table(["target", "cpu", "kernels", "flash", "RAM", "what it is"], cells, right=(3, 4)))
    return 0


def _size(region: Region | None) -> str:
    return console.number(None if region is None else region.size)


def _doctor(options: argparse.Namespace) -> int:
    findings = diagnose()
    if options.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
        return 0
    for finding in findings:
        used = finding.used if finding.found else f"MISSING: {finding.used}; any of these brings it:"
        style = "green" if finding.found else "yellow"
        console.out.print(f"{finding.purpose:<13} {used}", style=style, soft_wrap=True)
        for way in finding.install:
            console.out.print(f"{'':<15} {way}", soft_wrap=True)
        console.out.print(f"{'':<13} for {', '.join(finding.targets)}", style="dim", soft_wrap=True)
    return 0
