"""Small charts as SVG text. Every mark carries a <title>, so that a pointer resting on it says the number."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_BAR = 15  # height of a row, pixels
_LABEL = 260  # width of the names
_VALUE = 110  # width of the numbers


def bars(rows: Sequence[tuple[str, float, str]], width: int = 860, colour: str = "var(--accent)") -> str:
    """Horizontal bars: (name, value from 0 up, what the number says)."""
    largest = max((value for _, value, _ in rows), default=0.0) or 1.0
    room = width - _LABEL - _VALUE
    parts = [_open(width, len(rows) * (_BAR + 3) + 4)]
    for index, (name, value, text) in enumerate(rows):
        y, length = index * (_BAR + 3) + 2, max(0.0, value) / largest * room
        parts.append(
            f"<g><title>{escape(name)}: {escape(text)}</title>"
            f'<text x="{_LABEL - 8}" y="{y + 12}" text-anchor="end">{escape(shortened(name, 40))}</text>'
            f'<rect x="{_LABEL}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'
            f'<text x="{_LABEL + length + 6:.1f}" y="{y + 12}" class="number">{escape(text)}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def histogram(first: Sequence[int], second: Sequence[int], edges: tuple[float, float], width: int = 190) -> str:
    """Two distributions over one axis: float as a line, integers as bars; heights are square roots of counts."""
    height, base = 48, 36
    top = max(1, *first, *second) ** 0.5
    step = width / max(len(first), 1)
    parts = [_open(width, height)]
    for index, count in enumerate(second):
        size = count**0.5 / top * (base - 4)
        parts.append(
            f'<rect x="{index * step:.1f}" y="{base - size:.1f}" width="{step - 0.6:.1f}" height="{size:.1f}" '
            f'fill="var(--accent)" opacity="0.65"><title>{count} integers</title></rect>'
        )
    points = " ".join(
        f"{(index + 0.5) * step:.1f},{base - count**0.5 / top * (base - 4):.1f}" for index, count in enumerate(first)
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="var(--warm)" stroke-width="1.4"/>')
    parts.append(f'<line x1="0" x2="{width}" y1="{base}" y2="{base}" stroke="var(--line)"/>')
    parts.append(f'<text x="0" y="{height - 1}" class="tick">{edges[0]:.3g}</text>')
    parts.append(f'<text x="{width}" y="{height - 1}" class="tick" text-anchor="end">{edges[1]:.3g}</text></svg>')
    return "".join(parts)


def confusion(counts: Sequence[Sequence[int]]) -> str:
    """Counts [label][answer] as a heat map, each row in shares of its label."""
    size = len(counts)
    cell = max(16, min(38, 400 // max(size, 1)))
    edge = 46
    parts = [_open(edge + size * cell + 4, edge + size * cell + 4)]
    parts.append(f'<text x="{edge + size * cell / 2}" y="12" text-anchor="middle">answer</text>')
    middle = edge + size * cell / 2
    parts.append(f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">label</text>')
    for i, row in enumerate(counts):
        total = max(sum(row), 1)
        parts.append(f'<text x="{edge - 6}" y="{edge + i * cell + cell / 2 + 4}" text-anchor="end">{i}</text>')
        parts.append(f'<text x="{edge + i * cell + cell / 2}" y="{edge - 6}" text-anchor="middle">{i}</text>')
        for j, count in enumerate(row):
            share = count / total
            fill = "var(--accent)" if i == j else "var(--bad)"
            parts.append(
                f"<g><title>label {i}, answer {j}: {count} ({share:.1%})</title>"
                f'<rect x="{edge + j * cell}" y="{edge + i * cell}" width="{cell - 1}" height="{cell - 1}" '
                f'fill="{fill}" fill-opacity="{0.04 + 0.96 * share:.3f}"/>'
            )
            if count and cell >= 24:
                parts.append(
                    f'<text x="{edge + j * cell + cell / 2}" y="{edge + i * cell + cell / 2 + 4}" '
                    f'text-anchor="middle" class="cell">{count}</text>'
                )
            parts.append("</g>")
    return "".join([*parts, "</svg>"])


def shortened(text: str, most: int) -> str:
    """The text with its middle left out where it is too long."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def _open(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img">'
    )
