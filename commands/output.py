"""Where commands write."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InputError


def check_writable(*paths: Path | None) -> None:
    """Raise InputError for a file that cannot be written, before the work whose result it should hold.

    Args:
        paths: None and ``-``, standard output, are passed over.
    """
    for path in paths:
        if path is None or str(path) == "-":
            continue
        if path.is_dir():
            raise InputError(f"'{path}' cannot be written: it is a folder")
        if not path.parent.is_dir():
            raise InputError(f"'{path}' cannot be written: there is no folder '{path.parent}'")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise InputError(f"'{path}' cannot be written: permission denied")
