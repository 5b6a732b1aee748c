"""Reads .npy and .npz files whose bytes cannot be trusted: numbers only, refused by their headers when too large."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import InputError
from .ir import Array


def read_arrays(path: Path, most: int) -> dict[str, Array]:
    """The arrays of a .npz file by name, or that of a .npy file under the empty name.

    Args:
        most: bytes that all arrays together may take.

    Raises:
        InputError: the file cannot be read, is damaged, or holds more or no numbers.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _members(archive, path, most)
        with path.open("rb") as file:
            array = _array(file, str(path), most)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror or error}") from error
    except Exception as error:  # zipfile, zlib and numpy raise whatever a damaged file leads them to
        raise InputError(f"'{path}' is no readable .npy or .npz file: {error}") from error
    if array is None:
        raise InputError(f"'{path}' holds no array of numbers")
    return {"": array}


def _members(archive: zipfile.ZipFile, path: Path, most: int) -> dict[str, Array]:
    """The arrays of numbers; others, such as class names, are passed over."""
    arrays: dict[str, Array] = {}
    for member in archive.namelist():
        name = member.removesuffix(".npy")
        with archive.open(member) as file:
            array = _array(file, f"{path}: {name}", most - sum(array.nbytes for array in arrays.values()))
        if array is not None:
            arrays[name] = array
    return arrays


def _array(file: IO[bytes], place: str, most: int) -> Array | None:
    """The array in an open file, or None where it holds no numbers."""
    version = np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
    if version != (1, 0):  # later ones exist for headers that only structured arrays need
        return None
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)  # type: ignore[no-untyped-call]
    if dtype.kind not in "biuf":
        return None
    size = math.prod(shape) * dtype.itemsize
    if not 0 <= size <= most or min(shape, default=0) < 0:
        raise InputError(f"'{place}': an array of shape {list(shape)}, {size} bytes; up to {most} bytes are read")
    data = file.read(size)
    if len(data) != size:
        raise InputError(f"'{place}' ends after {len(data)} of {size} bytes")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran_order else "C")
