"""Bounded access to a flatbuffer whose bytes cannot be trusted.

Python's flatbuffers has no verifier: an offset that leads astray raises whatever struct, numpy or indexing raise, and a
damaged length makes a loop endless. Lengths are bounded by the file's size here, and the errors become one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BitwrightError, ModelError


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Turn any failure of the flatbuffer accessors into a ModelError that names the place."""
    try:
        yield
    except BitwrightError:
        raise
    except (
        struct.error,
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        AttributeError,
        MemoryError,
    ) as error:
        raise ModelError(f"{place}: the file is damaged ({type(error).__name__}: {error})") from error


def length(table: Any, field: str, most: int) -> int:
    """Length of a vector field. Raises ModelError when it exceeds what the file can hold."""
    count = int(getattr(table, f"{field}Length")())
    if not 0 <= count <= most:
        raise ModelError(f"the vector '{field}' claims {count} elements, more than the file holds")
    return count


def tables(table: Any, field: str, most: int) -> list[Any]:
    """The elements of a vector of tables."""
    get = getattr(table, field)
    return [get(i) for i in range(length(table, field, most))]


def numbers(table: Any, field: str, most: int) -> NDArray[Any]:
    """A vector of numbers, empty when absent."""
    if length(table, field, most) == 0:
        return np.zeros(0, np.int64)
    values = getattr(table, f"{field}AsNumpy")()
    return np.asarray(values)


def text(raw: bytes | None) -> str:
    """A name; bytes that are not UTF-8 are shown as such."""
    return "" if raw is None else raw.decode("utf-8", "backslashreplace")[:200]
