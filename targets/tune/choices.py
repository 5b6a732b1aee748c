"""The file that keeps which kernel serves which layer, and what was measured of those that could."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...converter.ir import Graph
from ...errors import InputError

FORMAT = "choices 1"
_MOST_BYTES = 1 << 24


@dataclass(frozen=True)
class Choices:
    """Kernels by layer; ``content`` is the whole file, with the measurements that led to them."""

    kernels: Mapping[str, str]
    content: Mapping[str, Any]


def to_text(content: Mapping[str, Any]) -> str:
    """The file: equal for equal content."""
    return json.dumps({"bitwright": FORMAT, **content}, indent=2) + "\n"


def read_choices(path: Path, graph: Graph) -> Choices:
    """Read a file of ``bitwright tune`` for a network.

    Raises:
        InputError: it cannot be read, is no such file, or was made for another model.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"'{path}' is too large for a file of choices")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{path}' is no file of choices: {error}") from error
    if not isinstance(content, dict) or content.get("bitwright") != FORMAT:
        raise InputError(f"'{path}' is no file of choices; `bitwright tune` writes them")
    kernels = content.get("kernels")
    if not isinstance(kernels, dict) or not all(isinstance(kernel, str) for kernel in kernels.values()):
        raise InputError(f"'{path}': 'kernels' must name a kernel for each layer")
    made_for = content.get("model_sha256")
    if made_for is not None and graph.digest is not None and made_for != graph.digest:
        raise InputError(f"'{path}' was made for another model than '{graph.name}': run `bitwright tune` on this one")
    return Choices(kernels, content)
