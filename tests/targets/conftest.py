"""What several tests of the link share."""

from __future__ import annotations

from collections.abc import Iterator

import bitwright
import pytest
from background import ROOT
from boards import streaming
from faults import Case, cases


@pytest.fixture(scope="session")
def all_cases() -> Iterator[list[Case]]:
    """Two networks, one of them with state, each with its firmware, with one changed weight and with another's."""
    digits = ROOT / "examples" / "digits" / "digits_int8.tflite"
    with cases({"digits": bitwright.load(digits), "streaming": streaming()}) as built:
        yield built
