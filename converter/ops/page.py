"""The page of supported operators, from the registry."""

from __future__ import annotations

from . import OPERATORS

_HEADER = """# Supported operators

Generated from the code by `bitwright ops --markdown > docs/operators.md`; a test keeps it current.

| operator | activations | limits |
|---|---|---|
"""


def operators_page() -> str:
    """The whole page in Markdown."""
    rows = sorted(OPERATORS.values(), key=lambda operator: operator.name)
    return _HEADER + "".join(f"| {op.name} | {op.types} | {op.limits} |\n" for op in rows)
