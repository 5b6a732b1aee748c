"""The benchmarks are found as when they are run from the repository root, or as scripts from their own folder."""

from __future__ import annotations

import background
import pytest


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """``benchmarks.NAME`` and ``NAME`` can be imported."""
    monkeypatch.syspath_prepend(str(background.ROOT / "benchmarks"))
    monkeypatch.syspath_prepend(str(background.ROOT))
