"""What the pages of docs/benchmarks share: tables, and that a page comes out of its command alone."""

from __future__ import annotations

import argparse
import resource
from collections.abc import Iterable, Sequence
from pathlib import Path


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> list[str]:
    """A Markdown table, all columns but the first ``left`` to the right, and an empty line."""
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * left + "--:|" * (len(headings) - left)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def deliver(text: str, page: Path, parser: argparse.ArgumentParser) -> None:
    """Write a page, or print it where the command line asked for less than all of it."""
    if all(value == parser.get_default(name) for name, value in vars(parser.parse_args()).items()):
        page.write_text(text.rstrip() + "\n", encoding="utf-8")
        print(f"Wrote {page}")
    else:
        print(text)
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{(own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime) / 60:.1f} minutes of one core")
