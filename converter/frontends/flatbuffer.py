"""Bounded access to a flatbuffer whose bytes cannot be trusted.

Python's flatbuffers has no verifier: an offset that leads astray raises whatever struct, numpy or indexing raise, and a
damaged length makes a loop endless. Lengths are bounded by the file's size here, and the errors become one.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BitwrightError, ModelError

_SHARING = 4  # how often a file's bytes may be read over, by tables that share a vector
_LONGEST_NAME = 120


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Turn any failure of the flatbuffer accessors into a ModelError that names the place."""
    try:
        yield
    except BitwrightError:
        raise
    except (struct.error, ValueError, LookupError, TypeError, OverflowError, AttributeError) as error:
        raise ModelError(f"{place}: the file is damaged ({type(error).__name__}: {error})") from error


class Vectors:
    """Reads the vectors and strings of one file.

    Tables may share a vector, so that a small file could stand for endless data; all that are read together may
    therefore hold no more than a few times the file's bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._left = _SHARING * size

    def tables(self, table: Any, field: str, most: int) -> list[Any]:
        """The elements of a vector of tables. Raises ModelError when there are more than ``most``."""
        count = self._length(table, field)
        if count > most:
            raise ModelError(f"the file holds {count} {field.lower()}; up to {most} are read")
        self._take(4 * count, field)
        get = getattr(table, field)
        return [get(i) for i in range(count)]

    def numbers(self, table: Any, field: str) -> NDArray[Any]:
        """A vector of numbers, empty when absent."""
        if self._length(table, field) == 0:
            return np.zeros(0, np.int64)
        values: NDArray[Any] = np.asarray(getattr(table, f"{field}AsNumpy")())
        self._take(values.nbytes, field)
        return values

    def text(self, table: Any, field: str) -> str:
        """A string made printable; a long one is shortened and keeps a part of its hash, so that it stays distinct."""
        raw: bytes = getattr(table, field)() or b""
        self._take(len(raw), field)
        shown = "".join(map(_printable, raw[: 4 * _LONGEST_NAME].decode("utf-8", "backslashreplace")))
        if len(raw) <= _LONGEST_NAME:
            return shown
        return f"{shown[:_LONGEST_NAME]}...{hashlib.sha256(raw).hexdigest()[:8]}"

    def _length(self, table: Any, field: str) -> int:
        count = int(getattr(table, f"{field}Length")())
        if count > self.size:
            raise ModelError(f"the file is damaged: '{field}' claims {count} elements, more than it has bytes")
        return count

    def _take(self, count: int, field: str) -> None:
        self._left -= count
        if self._left < 0:
            raise ModelError(f"the file is damaged: its vectors, '{field}' the last, overlap more than they may")


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
