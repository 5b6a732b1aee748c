"""The profile's part of the page: a flame view of layers and functions, and a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from ..targets.instructions import CLASSES, TITLES
from ..targets.profile import LayerProfile, Profile

#: Colours of the classes of instructions: work in one family, memory and control in others.
COLOURS: Mapping[str, str] = dict(
    zip(
        CLASSES,
        ("#2b7a3f", "#67a877", "#a5cfae", "#2f6f9f", "#8fb8d8", "#c8742a", "#b9a6d9", "#aab3bc"),
        strict=True,
    )
)


def environment() -> Environment:
    """The templates of this folder."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )


def number(value: int | None) -> str:
    """A count with thousands separators, or a dash."""
    return "-" if value is None else f"{value:,}"


def render(profile: Profile) -> str:
    """A page of the profile alone."""
    return environment().get_template("profile.html.j2").render(context(profile), number=number, version=__version__)


def context(profile: Profile) -> dict[str, Any]:
    """What ``profile_section.html.j2`` needs."""
    whole = max(1, profile.instructions)
    return {
        "profile": profile,
        "flame": _script(_flame(profile)),
        "mix": [
            {"title": TITLES[kind], "colour": COLOURS[kind], "share": f"{count / whole:.1%}"}
            for kind, count in profile.mix.items()
            if count
        ],
        "profiled": [_row(index, layer) for index, layer in enumerate(profile.layers)],
    }


def _row(index: int, layer: LayerProfile) -> dict[str, Any]:
    cycles = None if layer.cycles is None else round(layer.cycles)
    whole = max(1, sum(max(0, count) for count in layer.mix.values()))
    return {
        "index": index,
        "name": layer.name,
        "served": layer.served,
        "instructions": layer.instructions,
        "per_mac": f"{layer.instructions / layer.macs:.2f}" if layer.macs else "",
        "cycles": cycles,
        "cycles_per_mac": f"{cycles / layer.macs:.2f}" if layer.macs and cycles is not None else "",
        "mix": [
            {"title": TITLES[kind], "count": count, "colour": COLOURS[kind], "width": f"{100 * count / whole:.2f}"}
            for kind, count in layer.mix.items()
            if count > 0
        ],
        "loaded": layer.loaded,
        "stored": layer.stored,
    }


def _flame(profile: Profile) -> dict[str, Any]:
    """The inference, its layers and their functions, each with what it weighs."""
    return {
        "name": profile.model,
        **_weights(profile.instructions, profile.cycles),
        "parts": [
            {
                "name": f"{index} {layer.name}",
                "kind": layer.op,
                "note": f"kernel {layer.kernel}",
                **_weights(layer.instructions, layer.cycles),
                "parts": [
                    {"name": function.name, **_weights(function.instructions, function.cycles)}
                    for function in layer.functions
                    if function.instructions > 0
                ],
            }
            for index, layer in enumerate(profile.layers)
        ],
    }


def _weights(instructions: int, cycles: float | None) -> dict[str, int]:
    return {"instructions": instructions} | ({} if cycles is None else {"cycles": max(0, round(cycles))})


def _script(value: Any) -> Markup:
    """JSON that can stand in a script element, whatever the names in it."""
    return Markup(json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026"))
