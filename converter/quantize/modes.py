"""Modes: the arithmetic of each module of a transformer, from ZeroQuant-HERO's M1, M2 and M3 and from patterns.

    int8     int8 activations with one static scale
    int16    int16 activations with one static scale (16x8 where there are weights)
    tokens   of FULLY_CONNECTED: int8 rows, each with a scale that is computed from it
    f32, f16 in float, on a core that has it

A layer in mode int8 or tokens writes int16 where what reads its output computes in int16.

Source of M1, M2 and M3: Yao et al., 2023, ZeroQuant-HERO, arXiv 2310.17723, table 1; int16 stands where they keep
FP16 or BF16.
"""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import InputError
from ..ir import FLOAT_PREFIX, Graph, Node
from ..ops import OPERATORS
from .roles import ROLES, origin, roles

if TYPE_CHECKING:
    from .annotate import Scheme

_FLOATS = {"float32": "f32", "float16": "f16"}
MODES = ("int8", "int16", "tokens", *_FLOATS.values())
_M1 = {"embedding": "int8", "qkv": "tokens", "fc1": "tokens"}
_M2 = {**_M1, "attention": "int8", "output": "int8"}
_M3 = {**_M2, "activation": "int8", "fc2": "int8"}
#: The mode of each role; roles that are not listed compute in int16.
HERO: Mapping[str, Mapping[str, str]] = {"M1": _M1, "M2": _M2, "M3": _M3}


@dataclass(frozen=True)
class Module:
    """The mode of the nodes whose names match a pattern (as in ``fnmatch``) and, if one is given, of that role."""

    pattern: str = "*"
    mode: str = "int8"
    role: str = ""


def resolved(graph: Graph, scheme: Scheme) -> Scheme:
    """The scheme with the names of nodes in place of its modes.

    Raises:
        InputError: an unknown mode or role, or a module that matches no node that can have its mode.
    """
    asked = scheme.hero or scheme.modules or scheme.tokens
    if not asked and not any(node.attrs.get("tokens") for node in graph.nodes):
        return scheme
    if scheme.hero and scheme.hero not in HERO:
        raise InputError(f"there is no mode '{scheme.hero}'; there are {', '.join(HERO)}")
    found = roles(graph)
    modes: dict[str, str] = {}
    for node in graph.nodes:
        usual = HERO[scheme.hero].get(found[node.name], "int16") if scheme.hero else "int8"
        asked_for = scheme.type_of(node).value
        modes[node.name] = _FLOATS.get(asked_for) or _possible(graph, node, "int16" if asked_for == "int16" else usual)
    chosen = _chosen(graph, scheme, found)
    modes |= chosen
    writers = graph.producers()
    for node in graph.nodes:
        if modes[node.name] == "tokens" or node.attrs.get("tokens"):
            modes[node.name] = "tokens"
            _widen(graph, writers, node, modes, chosen)
    wide, tokens, f32, f16 = (
        tuple(glob.escape(name) for name, mode in modes.items() if mode == wanted)
        for wanted in ("int16", "tokens", *_FLOATS.values())
    )
    return replace(scheme, hero="", modules=(), wide=wide, tokens=tokens, f32=f32, f16=f16, joint=True)


def _chosen(graph: Graph, scheme: Scheme, found: Mapping[str, str]) -> dict[str, str]:
    """The modes that the user gave to nodes; later ones win."""
    chosen: dict[str, str] = {}
    for module in (*(Module(pattern, "tokens") for pattern in scheme.tokens), *scheme.modules):
        if module.mode not in MODES or module.role not in ("", *ROLES):
            raise InputError(
                f"a module of mode '{module.mode}' and role '{module.role}': modes are {', '.join(MODES)}, roles are "
                f"{', '.join(ROLES)}"
            )
        matches = [
            node
            for node in graph.nodes
            if fnmatch.fnmatchcase(node.name, module.pattern) and module.role in ("", found[node.name])
        ]
        able = [node for node in matches if _possible(graph, node, module.mode) == module.mode]
        if not able:
            role = f" and role '{module.role}'" if module.role else ""
            raise InputError(
                f"module '{module.pattern}'{role}: no node of that name can compute in mode {module.mode} "
                f"(matched: {len(matches)})"
            )
        chosen |= {node.name: module.mode for node in able}
    return chosen


def _possible(graph: Graph, node: Node, mode: str) -> str:
    """The mode, or the nearest that the node can have."""
    if mode == "tokens" and not is_joint(graph, node):
        mode = "int16"
    if mode in _FLOATS.values():
        return mode if FLOAT_PREFIX + node.op in OPERATORS else "int8"
    return "int8" if mode == "int16" and "int16" not in OPERATORS[node.op].types else mode


def is_joint(graph: Graph, node: Node) -> bool:
    """Whether a node can read rows with scales of their own, and write another type than it reads."""
    if node.op == "FULLY_CONNECTED_SPLIT":
        return True
    weights = graph.input(node, 1) if node.op == "FULLY_CONNECTED" else None
    return weights is not None and weights.is_constant and graph.input(node, 0).shape[-1:] == weights.shape[1:]


def _widen(
    graph: Graph, writers: Mapping[str, Node], node: Node, modes: dict[str, str], chosen: Mapping[str, str]
) -> None:
    """int16 for what writes the rows of a node in mode tokens, unless the user chose otherwise."""
    source = origin(writers, node.inputs[0])
    if source is None or modes[source.name] in _FLOATS.values():
        return
    if source.name not in chosen and not is_joint(graph, source):
        modes[source.name] = _possible(graph, source, "int16")
