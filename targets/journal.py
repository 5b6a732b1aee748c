"""The progress of a long verification in a file, so that it goes on where it stopped. docs/link.md describes it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..codegen.project import ModelSources
from ..converter.ir import Array
from ..errors import InputError
from .cache import keep

FORMAT = "bitwright-journal"
VERSION = 1
_MISMATCH = {"layer", "vector", "first_index", "expected", "got"}


@dataclass(frozen=True)
class Entry:
    """What one vector gave: all that a report needs of it.

    Attributes:
        outputs: bytes of every output.
        counts: count and that of all cores per trace point, of the first vector alone.
        stack: bytes of stack used, None where it is not measured.
        mismatch: fields of the first difference, None where there is none.
        faults: what was repaired on the link since the vector before.
    """

    outputs: list[bytes]
    counts: list[tuple[int | None, int | None]]
    stack: int | None
    mismatch: dict[str, Any] | None
    faults: list[str]


class Journal:
    """A file of JSON lines: what is verified, then one line per vector, in order.

    A line is written whole before the next vector begins; one that was cut off by a power failure is dropped.

    Args:
        path: the file, begun where it is absent.

    Raises:
        InputError: it is no journal, one of another verification, or cannot be read or written.
    """

    def __init__(self, path: Path, model: ModelSources, target: str, vectors: Sequence[Sequence[Array]]) -> None:
        self.path = path
        self.entries: list[Entry] = []
        subject = _subject(model, target, vectors)
        try:
            if path.exists():
                self._read(subject, len(vectors))
            else:
                keep(path, _line(subject))
        except OSError as error:
            raise InputError(f"the journal '{path}' cannot be used: {error.strerror}") from error

    def add(self, entry: Entry) -> None:
        """Keep one vector's result."""
        values = {**vars(entry), "outputs": [base64.b64encode(data).decode() for data in entry.outputs]}
        try:
            with self.path.open("ab") as file:
                file.write(_line(values))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"the journal '{self.path}' cannot be written: {error.strerror}") from error
        self.entries.append(entry)

    def _read(self, subject: dict[str, Any], most: int) -> None:
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        lines = whole.splitlines()
        found = self._parse(lines[0]) if lines else {}
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise InputError(f"'{self.path}' is no journal of a verification; name a file that does not exist yet")
        if found.get("version") != VERSION:
            raise InputError(f"the journal '{self.path}' is of version {found.get('version')}, not {VERSION}")
        other = [key for key in subject if found.get(key) != subject[key]]
        if other:
            raise InputError(
                f"the journal '{self.path}' is of another verification ({', '.join(other)} differ); "
                "name a file that does not exist yet"
            )
        if len(lines) - 1 > most:
            raise InputError(f"the journal '{self.path}' holds more vectors than the {most} that are verified")
        self.entries = [self._entry(number, line) for number, line in enumerate(lines[1:], 2)]
        if whole != data:
            os.truncate(self.path, len(whole))

    def _parse(self, line: bytes) -> Any:
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            return None

    def _entry(self, number: int, line: bytes) -> Entry:
        values = self._parse(line)
        try:
            outputs = [base64.b64decode(text, validate=True) for text in values["outputs"]]
            counts = [(count, every) for count, every in values["counts"]]
            mismatch, stack = values["mismatch"], values["stack"]
            if mismatch is not None and mismatch.keys() != _MISMATCH:
                raise ValueError(mismatch)
            return Entry(outputs, counts, stack, mismatch, [str(fault) for fault in values["faults"]])
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise InputError(
                f"line {number} of the journal '{self.path}' is damaged; begin with another file"
            ) from error


def _subject(model: ModelSources, target: str, vectors: Sequence[Sequence[Array]]) -> dict[str, Any]:
    """What a journal is of."""
    inputs = hashlib.sha256()
    for vector in vectors:
        for array in vector:
            inputs.update(f"{array.dtype}{array.shape}".encode())
            inputs.update(array.tobytes())
    return {
        "format": FORMAT,
        "version": VERSION,
        "model": model.program.graph.digest,
        "build": model.context["build_id_hex"],
        "target": target,
        "vectors": len(vectors),
        "inputs": inputs.hexdigest(),
    }


def _line(values: dict[str, Any]) -> bytes:
    return json.dumps(values).encode() + b"\n"
