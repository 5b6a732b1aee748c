"""``bitwright mlperf-tiny``: firmware of the MLPerf Tiny benchmarks, in the layout of a submission."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from .. import api, console
from ..codegen.project import write_folder
from ..errors import InputError
from ..targets.mlperf.benchmarks import BENCHMARKS, Benchmark
from ..targets.mlperf.submission import HEADINGS, make, read_sessions, rows, submission_files
from . import place

SOURCE = "https://github.com/mlcommons/tiny/tree/master/benchmark/training"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The command's options."""
    place.add_target(command)
    command.add_argument(
        "--models", type=Path, default=Path(), metavar="DIR", help=f"folder of the .tflite files, from {SOURCE}"
    )
    names = ",".join(BENCHMARKS)
    command.add_argument("--only", default=names, metavar="LIST", help=f"benchmarks (default: {names})")
    command.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder to write (default: mlperf-tiny-T)")
    command.add_argument("--submitter", default="Bitwright", metavar="NAME", help="whose folder it is")
    command.add_argument("--division", choices=("closed", "open"), default="closed", help="default: closed")
    command.add_argument(
        "--sessions", type=Path, metavar="DIR", help="the runner's recorded runs, to be filed among the results"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command."""
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,60}", options.submitter):
        raise InputError(f"'{options.submitter}' cannot name a folder: use letters, digits, '.', '-' and '_'")
    target = place.target_of(options)
    output = options.output or Path(f"mlperf-tiny-{target.name}")
    chosen = _chosen(options.only)
    paths = [_model(options.models, benchmark) for benchmark in chosen]
    sessions = read_sessions(options.sessions) if options.sessions is not None else []
    firmware = []
    with console.progress() as progress:
        for index, (benchmark, path) in enumerate(zip(chosen, paths, strict=True)):
            firmware.append(make(benchmark, api.load(path), target))
            progress("build", index + 1, len(chosen))
    write_folder(output, submission_files(firmware, target, options.submitter, options.division, sessions))
    console.out.print(console.table(list(HEADINGS), rows(firmware), right=tuple(range(1, len(HEADINGS)))))
    for session in sessions:
        console.out.print(f"{session.benchmark.id} {session.mode}: {session.summary}", soft_wrap=True)
    console.out.print(f"Wrote {output}; its README.md says what is where", soft_wrap=True)
    return 0


def _chosen(only: str) -> list[Benchmark]:
    unknown = [name for name in only.split(",") if name not in BENCHMARKS]
    if unknown:
        raise InputError(f"there is no benchmark '{unknown[0]}'; there are {', '.join(BENCHMARKS)}")
    return [BENCHMARKS[name] for name in dict.fromkeys(only.split(","))]


def _model(folder: Path, benchmark: Benchmark) -> Path:
    """The file of a benchmark's network: under the reference's name, or under the benchmark's."""
    names = [f"{name}.tflite" for name in (*benchmark.models, benchmark.id, benchmark.short)]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise InputError(
        f"'{folder}' has no {names[0]} (nor {names[-1]}): get it from {SOURCE}, or name its folder: --models"
    )
