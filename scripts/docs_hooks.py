"""MkDocs hooks: pages that are generated from the code, and those that lie outside docs/."""

from __future__ import annotations

import argparse
import re
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

import bitwright
from bitwright.cli import build_parser
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent


def on_startup(**_: object) -> None:
    """Lay out the package by itself: what reads it for the reference would walk through all that lies beside it."""
    place = ROOT / ".cache" / "docs" / "bitwright"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            (place / path.name).symlink_to(path)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {
        "reference/cli.md": cli_page(),
        "reference/api.md": api_page(),
        "contributing.md": outside_page("CONTRIBUTING.md"),
        "changelog.md": outside_page("CHANGELOG.md"),
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def outside_page(name: str) -> str:
    """A Markdown file of the repository's root as a page: its links into docs/ lose that folder."""
    text = (ROOT / name).read_text(encoding="utf-8")
    renamed = text.replace("](CONTRIBUTING.md)", "](contributing.md)").replace("](CHANGELOG.md)", "](changelog.md)")
    return re.sub(r"\]\(docs/([^)#]+\.md)", r"](\1", renamed)


def cli_page() -> str:
    """Every command with its arguments, from the parser itself."""
    parts = ["# Command line\n", "Errors are one line on standard error and exit code 2; `--debug` shows where.\n"]
    for name, command in _commands(build_parser()):
        parts.append(f"## bitwright {name}\n\n{command.description}\n")
        words = " ".join(command.format_usage().removeprefix("usage: ").split())
        usage = textwrap.fill(words, 88, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
        parts.append(f"```text\n{usage}\n```\n")
        rows = [_row(action) for action in command._actions if not isinstance(action, argparse._HelpAction)]
        parts.append("\n".join(["| argument | meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _row(action: argparse.Action) -> str:
    value = action.metavar or ("" if action.choices is None else "{" + ",".join(map(str, action.choices)) + "}")
    shown = action.option_strings or [str(value or action.dest)]
    names = ", ".join(f"`{option}{f' {value}' if value and action.option_strings else ''}`" for option in shown)
    meaning = (action.help or "").replace("|", "\\|")
    return f"| {names} | {meaning} |"


def api_page() -> str:
    """Everything that ``import bitwright`` offers, from the docstrings."""
    parts = ["# Python\n", "`import bitwright` offers all of it.\n"]
    for name in bitwright.__all__:
        if not name.startswith("_"):
            item = getattr(bitwright, name)
            options = f"    options:\n      heading: bitwright.{name}\n      toc_label: {name}\n"
            parts.append(f"::: {item.__module__}.{item.__qualname__}\n{options}")
    return "\n".join(parts)
