"""The file that keeps which kernel serves which layer, and what was measured of those that could."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...codegen.decisions import Decisions, Fusion
from ...converter.ir import Graph
from ...errors import InputError

FORMAT = "choices 1"
_MOST_BYTES = 1 << 24


@dataclass(frozen=True)
class Choices:
    """What was decided; ``content`` is the whole file, with the measurements that led to it."""

    decisions: Decisions
    content: Mapping[str, Any]

    @property
    def kernels(self) -> Mapping[str, str]:
        """Kernels by layer."""
        return self.decisions.kernels


def decided_json(decisions: Decisions) -> dict[str, Any]:
    """What the file keeps of order and fused layers; nothing where nothing was decided about them."""
    content: dict[str, Any] = {}
    if decisions.order is not None:
        content["order"] = list(decisions.order)
    if decisions.fused:
        content["fused"] = [
            {"layers": list(fusion.layers), "rows": fusion.rows, "matched": fusion.matched}
            for fusion in decisions.fused
        ]
    return content


def _decisions(path: Path, content: Mapping[str, Any]) -> Decisions:
    """Raises InputError."""
    kernels, order, fused = content.get("kernels"), content.get("order"), content.get("fused", [])
    if not isinstance(kernels, dict) or not all(isinstance(kernel, str) for kernel in kernels.values()):
        raise InputError(f"'{path}': 'kernels' must name a kernel for each layer")
    if order is not None and not _are_names(order):
        raise InputError(f"'{path}': 'order' must list names of layers")
    if not isinstance(fused, list) or not all(map(_is_fusion, fused)):
        raise InputError(f"'{path}': 'fused' must list layers, rows and matched of every chain")
    chains = tuple(Fusion(tuple(entry["layers"]), entry["rows"], entry["matched"]) for entry in fused)
    return Decisions(kernels, None if order is None else tuple(order), chains)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_fusion(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"layers", "rows", "matched"}
        and _are_names(value["layers"])
        and type(value["rows"]) is int
        and type(value["matched"]) is bool
    )


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
    decisions = _decisions(path, content)
    made_for = content.get("model_sha256")
    if made_for is not None and graph.digest is not None and made_for != graph.digest:
        raise InputError(f"'{path}' was made for another model than '{graph.name}': run `bitwright tune` on this one")
    return Choices(decisions, content)
