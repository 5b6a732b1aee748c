"""What the command line shows people: tables, progress and errors."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .targets.verify import LayerCost, Mismatch, Report
from .targets.verify import Progress as ProgressCallback

# Names of files, layers and tensors are shown as they are: what looks like markup in them means nothing.
_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}
# Tables sent to a file or a pipe are not squeezed into a terminal's width.
out = Console(**_PLAIN) if sys.stdout.isatty() else Console(**_PLAIN, width=200)
err = Console(**_PLAIN, stderr=True)


def number(value: int | None) -> str:
    """A count with thousands separators, or a dash."""
    return "-" if value is None else f"{value:,}"


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), title: str | None = None
) -> Table:
    """An aligned table; ``right`` lists the columns of numbers."""
    result = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        result.add_column(heading, justify="right" if index in right else "left", no_wrap=True)
    for row in rows:
        result.add_row(*row)
    return result


@contextmanager
def stopped_as_interrupted() -> Iterator[None]:
    """``kill`` and a closed terminal end the command as Ctrl-C does, so that no emulator or folder is left behind."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        names = []
    # What ignores a signal on purpose, as nohup does, goes on ignoring it.
    stops = [stop for name in names if signal.getsignal(stop := getattr(signal, name)) is signal.SIG_DFL]

    def interrupt(_number: int, frame: Any) -> None:
        # A shell's background jobs ignore SIGINT.
        found = signal.getsignal(signal.SIGINT)
        (found if callable(found) else signal.default_int_handler)(signal.SIGINT, frame)

    for stop in stops:
        signal.signal(stop, interrupt)
    try:
        yield
    finally:
        for stop in stops:
            signal.signal(stop, signal.SIG_DFL)


@contextmanager
def progress() -> Iterator[ProgressCallback]:
    """A progress bar on standard error; silent where that is no terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar, _interruptions() as interrupted:
        tasks = {}

        def update(stage: str, done: int, total: int) -> None:
            if interrupted():
                raise KeyboardInterrupt
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield update


@contextmanager
def _interruptions() -> Iterator[Callable[[], bool]]:
    """Remembers Ctrl-C: a KeyboardInterrupt raised inside a finalizer or inside numpy's C code may be lost there."""
    seen: list[int] = []
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is None:
        yield lambda: False
        return

    def interrupt(number: int, _frame: Any) -> None:
        seen.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield lambda: bool(seen)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """A spinner on standard error that says what is being done; silent where that is no terminal."""
    if not err.is_terminal:
        yield lambda _message: None
        return
    with err.status("starting") as spinner:
        yield lambda message: spinner.update(message)


def show_layers(layers: Sequence[LayerCost], unit: str | None = None) -> None:
    """The layer table; ``unit`` of its counts, None where nothing is counted."""
    shared = any(layer.all_cores != layer.count for layer in layers)
    rows = []
    for index, layer in enumerate(layers):
        per_mac = f"{layer.count / layer.macs:.2f}" if layer.count is not None and layer.macs else ""
        row = [
            str(index),
            layer.name,
            layer.what,
            number(layer.macs or None) if layer.macs else "",
            number(layer.arena_bytes),
        ]
        row += [number(layer.count), per_mac] if unit else []
        rows.append([*row, number(layer.all_cores), _ratio(layer.all_cores, layer.count)] if shared else row)
    headings = ["#", "layer", "operator", "MACs", "arena bytes"]
    headings += [unit, "per MAC"] if unit else []
    headings += ["of all cores", "shared by"] if shared else []
    out.print(table(headings, rows, right=(0, 3, 4, 5, 6, 7, 8)))


def _ratio(value: int | None, by: int | None) -> str:
    return f"{value / by:.2f}" if value is not None and by else ""


def show_memory(ram: dict[str, int | None], flash: dict[str, int], harness: dict[str, int] | None = None) -> None:
    """RAM and flash in bytes."""
    out.print(
        f"RAM    arena {number(ram['arena'])}  static {number(ram['static'])}  stack {number(ram['stack'])}  bytes\n"
        f"Flash  code {number(flash['code'])}  constants {number(flash['constants'])}  "
        f"total {number(flash['total'])}  bytes"
    )
    if harness:
        out.print(
            f"(test harness, not counted: flash {number(harness['code'])}, RAM {number(harness['ram'])} bytes)",
            style="dim",
        )


def show_report(report: Report) -> None:
    """A verification for people."""
    show_layers(report.layers, report.unit)
    out.print()
    show_memory(report.ram, report.flash, report.harness)
    if report.count is not None:
        per_mac = f" ({report.count / report.macs:.3f} per MAC)" if report.macs else ""
        out.print(f"One inference: {number(report.count)} {report.unit}, {number(report.macs)} MACs{per_mac}")
        every = sum(layer.all_cores or 0 for layer in report.layers)
        if every != report.count:
            out.print(f"(of the core with the most in each layer; of all cores: {number(every)} {report.unit})")
    if report.resumed:
        out.print(f"The first {number(report.resumed)} vectors were verified earlier, as the journal says")
    by = f", run by {report.emulator}" if report.emulator else ""
    out.print(f"Compiled by {report.compiler}{by}", style="dim", soft_wrap=True)
    for fault in report.link_faults:
        out.print(f"Link fault caught and repaired: {fault}", style="yellow")
    for mismatch in report.mismatches:
        out.print(_mismatch_line(mismatch), style="red")
    verdict = "bit-exact" if report.bit_exact else f"NOT bit-exact ({len(report.mismatches)} vectors differ)"
    out.print(
        f"{report.model} on {report.target}: {verdict}, {len(report.layers)} layers x {report.vectors} vectors",
        style="bold green" if report.bit_exact else "bold red",
    )


def _mismatch_line(mismatch: Mismatch) -> str:
    place = f"vector {mismatch.vector}, layer {mismatch.layer}"
    if mismatch.first_index < 0:
        return f"{place}: differs"
    return f"{place}: element {mismatch.first_index} is {mismatch.got}, expected {mismatch.expected}"
