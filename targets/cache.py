"""Where results and built helpers are kept between runs: the user's cache folder."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def cache_folder() -> Path:
    """``BITWRIGHT_CACHE``, or ``bitwright`` in the desktop's cache folder."""
    if own := os.environ.get("BITWRIGHT_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bitwright"


def digest(parts: Iterable[str]) -> str:
    """A name for content: equal for equal texts in equal order."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part.encode())
        state.update(b"\0")
    return state.hexdigest()[:32]


def keep(path: Path, data: bytes, executable: bool = False) -> None:
    """Write a whole file or nothing, also where several processes write the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    if executable:
        os.chmod(draft, 0o700)
    os.replace(draft, path)
