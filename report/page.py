"""Fills the page's template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .. import __version__
from ..codegen.plan.picture import draw as draw_plan
from ..codegen.program import Program
from ..converter.ir import Graph
from ..targets.profile import Profile
from ..targets.verify import Report
from . import charts, network, profile_page


def render(
    program: Program,
    report: Report,
    judgement: Mapping[str, Any] | None = None,
    profile: Profile | None = None,
    tuned: Mapping[str, Any] | None = None,
) -> str:
    """The page.

    Args:
        program: the lowered network, for its memory plan.
        report: a verification on the target, for exactness and cost.
        judgement: what quantization cost, as kept in a ``.bwq`` file.
        profile: of the same network, for its flame view.
        tuned: the content of the file of choices that the network was built with.
    """
    errors = {layer["name"]: layer for layer in (judgement or {}).get("layers", ())}
    graph = program.graph
    context = {
        "version": __version__,
        "report": report,
        "judgement": judgement,
        "graph": graph,
        "network": Markup(network.draw(graph)),
        "plan": Markup(draw_plan(program.plan, program.buffers, f"Memory plan of {report.model}")),
        "layers": _layers(graph, report, errors),
        "count_chart": Markup(_counts(report)),
        "error_chart": Markup(_errors(judgement)),
        "confusion": Markup(charts.confusion(judgement["confusion"]))
        if judgement and judgement.get("confusion")
        else None,
        "number": profile_page.number,
        "percent": lambda value: "-" if value is None else f"{value:.2%}",
    }
    context |= {"profile": None} if profile is None else profile_page.context(profile)
    context["tuned"] = _tuned(tuned)
    return profile_page.environment().get_template("report.html.j2").render(context)


def _tuned(content: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The choices with their layers numbered; None where the file keeps no measurements (a user's own)."""
    if content is None or not content.get("layers"):
        return None
    return {**content, "layers": [{**layer, "index": index} for index, layer in enumerate(content["layers"])]}


def _layers(graph: Graph, report: Report, errors: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for index, (node, cost) in enumerate(zip(graph.nodes, report.layers, strict=True)):
        error = errors.get(node.name)
        target = graph.tensor(node.outputs[0]) if node.outputs else None
        scaled = target is not None and target.quant is not None and len(target.quant.scale) == 1
        rows.append(
            {
                "index": index,
                "name": node.name,
                "op": node.op,
                "shape": "x".join(map(str, target.shape)) if target is not None else "",
                "dtype": target.dtype.value if target is not None else "",
                "scale": f"{target.scale:.6g}" if target is not None and scaled else "",
                "zero_point": str(target.zero_point) if target is not None and scaled else "",
                "cost": cost,
                "per_mac": f"{cost.count / cost.macs:.2f}" if cost.count and cost.macs else "",
                "error": error,
                "histogram": _histogram(error),
            }
        )
    return rows


def _histogram(error: Mapping[str, Any] | None) -> Markup | None:
    if error is None:
        return None
    low, high = error["edges"]
    return Markup(charts.histogram(error["float_histogram"], error["integer_histogram"], (low, high)))


def _counts(report: Report) -> str:
    rows: Sequence[tuple[str, float, str]] = [
        (f"{index} {layer.name}", float(layer.count), f"{layer.count:,}")
        for index, layer in enumerate(report.layers)
        if layer.count
    ]
    return charts.bars(rows) if rows else ""


def _errors(judgement: Mapping[str, Any] | None) -> str:
    """Noise relative to the signal, so that a long bar is a bad layer."""
    rows = [
        (f"{index} {layer['name']}", 10 ** (-layer["own"] / 20), f"{layer['own']:.1f} dB own, {layer['sqnr']:.1f} dB")
        for index, layer in enumerate((judgement or {}).get("layers", ()))
    ]
    return charts.bars(rows, colour="var(--warm)") if rows else ""
