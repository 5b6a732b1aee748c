"""Draws a graph: one box per node, as deep as its longest path, branches side by side."""

from __future__ import annotations

from html import escape

from ..converter.ir import Graph, Node
from .charts import shortened

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 190, 40, 26, 24


def draw(graph: Graph) -> str:
    """The network as SVG; boxes are links to ``#layer-N``, where N counts the nodes in order of execution."""
    places = _places(graph)
    columns = max((column for column, _ in places.values()), default=0) + 1
    rows = max((row for _, row in places.values()), default=0) + 1
    width, height = columns * (_WIDTH + _GAP_X) + _GAP_X, rows * (_HEIGHT + _GAP_Y) + 3 * _GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="var(--line)"/></marker></defs>',
    ]
    producers = {name: node.name for node in graph.nodes for name in node.outputs}
    for node in graph.nodes:
        for source in node.inputs:
            if source is not None and not graph.tensor(source).is_constant:
                parts.append(_edge(graph, source, producers.get(source), node.name, places))
    parts += [_box(graph, node, index, places) for index, node in enumerate(graph.nodes)]
    for name in graph.outputs:
        if name in producers:
            x, y = _corner(places[producers[name]])
            parts.append(
                f'<text x="{x + _WIDTH / 2}" y="{y + _HEIGHT + 16}" text-anchor="middle" class="tick">'
                f"output {escape(shortened(name, 28))}</text>"
            )
    return "".join([*parts, "</svg>"])


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    """Column and row of every node: the row is its depth, the column the first free one at or after its source's."""
    producers = {name: node.name for node in graph.nodes for name in node.outputs}
    places: dict[str, tuple[int, int]] = {}
    taken: dict[int, set[int]] = {}
    for node in graph.nodes:
        sources = [places[producers[name]] for name in node.inputs if name in producers]
        row = max((place[1] for place in sources), default=-1) + 1
        column = min((place[0] for place in sources), default=0)
        while column in taken.setdefault(row, set()):
            column += 1
        taken[row].add(column)
        places[node.name] = (column, row)
    return places


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return _GAP_X + place[0] * (_WIDTH + _GAP_X), 2 * _GAP_Y + place[1] * (_HEIGHT + _GAP_Y)


def _edge(graph: Graph, tensor: str, source: str | None, target: str, places: dict[str, tuple[int, int]]) -> str:
    x, y = _corner(places[target])
    end = (x + _WIDTH / 2, y)
    if source is None:
        label = f"input {shortened(tensor, 24)}"
        return (
            f'<text x="{end[0]}" y="{end[1] - 26}" text-anchor="middle" class="tick">{escape(label)}</text>'
            f'<path d="M{end[0]} {end[1] - 22}L{end[0]} {end[1] - 1}" class="edge" marker-end="url(#tip)"/>'
        )
    sx, sy = _corner(places[source])
    begin = (sx + _WIDTH / 2, sy + _HEIGHT)
    shape = "x".join(map(str, graph.tensor(tensor).shape))
    skipped = places[target][1] - places[source][1] > 1 and places[target][0] == places[source][0]
    side = _WIDTH / 2 + _GAP_X / 2 if skipped else 0
    path = (
        f"M{begin[0]} {begin[1]}C{begin[0] + side * 2} {begin[1] + _GAP_Y} "
        f"{end[0] + side * 2} {end[1] - _GAP_Y} {end[0]} {end[1] - 1}"
    )
    return f'<path d="{path}" class="edge" marker-end="url(#tip)"><title>{escape(tensor)}: {shape}</title></path>'


def _box(graph: Graph, node: Node, index: int, places: dict[str, tuple[int, int]]) -> str:
    x, y = _corner(places[node.name])
    shape = "x".join(map(str, graph.tensor(node.outputs[0]).shape)) if node.outputs else ""
    return (
        f'<a href="#layer-{index}"><title>{escape(node.name)}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="5" class="node"/>'
        f'<text x="{x + 8}" y="{y + 16}" class="op">{escape(node.op)}</text>'
        f'<text x="{x + _WIDTH - 8}" y="{y + 16}" text-anchor="end" class="tick">{escape(shape)}</text>'
        f'<text x="{x + 8}" y="{y + 32}">{escape(shortened(node.name, 29))}</text></a>'
    )
