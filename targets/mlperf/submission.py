"""Firmware of several benchmarks for one system, in the layout of a submission to MLPerf Tiny.

The layout is that of the published rounds (github.com/mlcommons/tiny_results_v1.3): ``DIVISION/SUBMITTER`` with
``code``, ``results/SYSTEM/BENCHMARK/MODE`` and ``systems/SYSTEM.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ... import __version__
from ...codegen.project import MARKER, ModelSources, model_sources, to_json
from ...codegen.sources import FIRMWARE
from ...converter.ir import Graph
from ...errors import InputError, ResourceError, TargetError
from ..image import built_from, check_fits, project_files
from ..sizes import Sizes
from ..target import Target
from ..toolchain import version
from .benchmarks import BENCHMARKS, Benchmark
from .firmware import application

#: Mode of a run in the runner's results.json -> folder of a submission.
MODES: Mapping[str, str] = {"p": "performance", "a": "accuracy", "e": "energy"}
_SESSION_FILES = ("log.txt", "results.txt", "results.json")
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Firmware:
    """One benchmark's firmware: its sources, the linked image and the sizes."""

    benchmark: Benchmark
    model: ModelSources
    files: Mapping[str, str]
    elf: bytes
    sizes: Sizes


@dataclass(frozen=True)
class Session:
    """One recorded run of MLCommons' runner: files by name, and what its results.txt says of the whole."""

    benchmark: Benchmark
    mode: str
    files: Mapping[str, bytes]
    summary: str


def make(benchmark: Benchmark, graph: Graph, target: Target) -> Firmware:
    """Generate and build the firmware of one benchmark.

    Raises:
        ModelError: the network is not one of this benchmark. ResourceError: it does not fit; names the benchmark.
        TargetError: the target's platform code cannot tell the time.
    """
    if not any("bw_platform_hz(void) {" in (FIRMWARE / "platform" / name).read_text() for name in target.sources):
        raise TargetError(
            f"{target.name}: its platform code does not say how fast its counter runs (bw_platform_hz), which the "
            "benchmarks' timestamps need; choose another board"
        )
    around = application(benchmark, graph)
    model = model_sources(graph, target.isa, benchmark.short, None, target.cores)
    try:
        check_fits(model, target)
        with built_from(model, target, around) as image:
            return Firmware(benchmark, model, project_files(model, target, around), image.elf.read_bytes(), image.sizes)
    except ResourceError as error:
        raise ResourceError(f"{benchmark.id}: {error}; --only chooses other benchmarks") from error


def read_sessions(folder: Path) -> list[Session]:
    """The latest complete run of each benchmark and mode below a folder of the runner's. Raises InputError."""
    found: dict[tuple[str, str], Session] = {}
    if not folder.is_dir():
        raise InputError(f"'{folder}' is no folder: give the runner's 'sessions'")
    for results in sorted(folder.rglob("results.json"), key=lambda path: path.parent.name):
        session = _read_session(results)
        found[session.benchmark.short, session.mode] = session
    if not found:
        raise InputError(
            f"'{folder}' holds no run with a results.json: give the folder 'sessions' of MLCommons' runner"
        )
    return list(found.values())


def _read_session(results: Path) -> Session:
    paths = [path for name in _SESSION_FILES if (path := results.with_name(name)).is_file()]
    if any(path.stat().st_size > _MOST_BYTES for path in paths):
        raise InputError(f"'{results.parent}': a file of more than {_MOST_BYTES} bytes is no record of a run")
    files = {path.name: path.read_bytes() for path in paths}
    try:
        entries = json.loads(files["results.json"])
        mode = MODES[entries[0]["mode"]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(f"'{results}' is no record of MLCommons' runner: {error}") from error
    log = files.get("log.txt", b"").decode(errors="replace")
    model = re.search(r"Device model retrieved: (\w+)", log)
    known = {benchmark.id: benchmark for benchmark in BENCHMARKS.values()}
    if model is None or model[1] not in known:
        raise InputError(f"'{results.with_name('log.txt')}' does not name one of {', '.join(known)}")
    printed = files.get("results.txt", b"").decode(errors="replace")
    said = re.findall(
        r"(?:Median throughput is\s+[\d.]+|Top 1% = [\d.]+|AUC = [\d.]+|Median energy.*inf|ERROR.*)", printed
    )
    return Session(known[model[1]], mode, files, "; ".join(" ".join(text.split()) for text in said) or "no summary")


def submission_files(
    firmware: Sequence[Firmware],
    target: Target,
    submitter: str,
    division: str,
    sessions: Sequence[Session] = (),
) -> dict[str, str | bytes]:
    """Every file of the submission's folder by relative path."""
    root = f"{division}/{submitter}"
    files: dict[str, str | bytes] = {}
    for one in firmware:
        code = f"{root}/code/{target.name}/{one.benchmark.short}"
        files |= {f"{code}/{path}": text for path, text in one.files.items()}
        files[f"{code}/firmware.elf"] = one.elf
    for session in sessions:
        place = f"{root}/results/{target.name}/{session.benchmark.short}/{session.mode}"
        files |= {f"{place}/{name}": data for name, data in session.files.items()}
    files[f"{root}/systems/{target.name}.json"] = to_json(_system(target, submitter, division))
    files["README.md"] = _readme(firmware, target, root, sessions)
    builds = {one.benchmark.id: one.model.context["build_id_hex"] for one in firmware}
    files[MARKER] = to_json({"bitwright": __version__, "build_id": builds, "target": target.name})
    return files


def _system(target: Target, submitter: str, division: str) -> dict[str, str]:
    """The description of the system, under the keys of the published rounds; what is not known is left empty."""
    ram, flash = (f"{region.size // 1024} KB" if region else "" for region in (target.ram, target.flash))
    notes = "bare metal, C99, no interpreter"
    if target.emulator is not None:
        notes += f"; run in an emulator: {target.emulator.counter}, no cycles"
    return {
        "Submitter": submitter,
        "Division": division.capitalize(),
        "Status": "",
        "Board Name": target.description,
        "SoC Name": "",
        "SoC Memory capacity (not including processor or accelerator)": ram,
        "SoC Memory type": "RAM" if ram else "",
        "SoC storage capacity": flash,
        "SoC storage type": "Flash" if flash else "",
        "Processor(s) Name": target.cpu,
        "Processor(s) Frequencies": "",
        "Accelerator": "",
        "Hardware Notes": "",
        "Inference Framework": f"Bitwright {__version__}",
        "Software Libraries": "",
        "Operating System": "bare metal",
        "Other Software Stack": "",
        "Software Notes": notes,
        "Quantization Method": "int8, of the reference model" if division == "closed" else "",
        "Training framework (open division)": "",
        "ML Model Compiler(s)": f"Bitwright {__version__}",
        "General Compiler(s)": version(target.toolchain),
        "Other Software": "",
        "Training and Quantization Notes": "",
    }


def rows(firmware: Sequence[Firmware]) -> list[list[str]]:
    """Sizes in bytes, one row per benchmark: see HEADINGS."""
    table = []
    for one in firmware:
        s = one.sizes
        ram = s.arena + s.static + (s.stack or 0)
        numbers = [one.model.macs, s.arena, s.stack, s.code, s.constants, ram + s.harness_ram]
        numbers.append(s.code + s.constants + s.harness_code)
        table.append([one.benchmark.id, *("-" if number is None else f"{number:,}" for number in numbers)])
    return table


HEADINGS = ("benchmark", "MACs", "arena", "stack", "code", "constants", "RAM with protocol", "flash with protocol")


def _readme(firmware: Sequence[Firmware], target: Target, root: str, sessions: Sequence[Session]) -> str:
    where = "in its emulator" if target.emulator is not None else "on the board"
    lines = [
        f"# MLPerf Tiny on {target.name}",
        "",
        f"{target.description}. Firmware made by Bitwright {__version__} to run {where}; every project in",
        f"`{root}/code/{target.name}` builds by itself (`cmake -S . -B build && cmake --build build`);",
        "`firmware.elf` is what was built. Nothing here was submitted to or verified by MLCommons.",
        "",
        "Bytes: arena, stack, code and constants are the model's; the last two columns add the protocol, the room for",
        "a sample as the runner sends it, start-up code and the board's drivers.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        f"|---{'|--:' * (len(HEADINGS) - 1)}|",
        *(f"| {' | '.join(row)} |" for row in rows(firmware)),
        "",
        "## Measured",
        "",
    ]
    if sessions:
        lines += ["What the runner printed:", "", "| benchmark | mode | summary |", "|---|---|---|"]
        lines += [f"| {session.benchmark.id} | {session.mode} | {session.summary} |" for session in sessions]
        if target.emulator is not None:
            lines += ["", "In an emulator these are no speeds: its time is a number of instructions."]
    else:
        lines += [
            "Nothing yet. After the runner's runs, `bitwright mlperf-tiny ... --sessions sessions` files them here."
        ]
    goals = ", ".join(f"{one.benchmark.id} {one.benchmark.quality}" for one in firmware)
    return "\n".join([*lines, "", f"Quality that the closed division asks for: {goals}.", ""])
