"""A picture of the memory plan: arena offsets over the operators' order, as a self-contained SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .model import Buffer, Plan

_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#76b7b2", "#edc948", "#e15759", "#9c755f")
_SCRATCH = "#bab0ac"
_LEFT, _TOP, _BOTTOM, _RIGHT = 80, 50, 60, 24
_HEIGHT = 420


def draw(plan: Plan, buffers: Sequence[Buffer], title: str) -> str:
    """One block per buffer, as wide as its lifetime and as high as its bytes; the peak and the lower bound are marked.

    Args:
        buffers: as planned; names starting with ``#`` are kernel scratch.
    """
    steps = max((buffer.last for buffer in buffers), default=0) + 1
    column = max(14.0, min(60.0, 1000.0 / steps))
    width, total = steps * column, max(plan.bytes, 1)
    parts = [_frame(plan, title, steps, column, width)]
    for index, buffer in enumerate(sorted(buffers, key=lambda b: (b.first, b.name))):
        parts.append(_block(buffer, plan.offsets[buffer.name], index, column, total))
    parts.append("</svg>\n")
    return "".join(parts)


def _y(offset: float, total: int) -> float:
    return _TOP + _HEIGHT * (1 - offset / total)


def _frame(plan: Plan, title: str, steps: int, column: float, width: float) -> str:
    full_width, full_height = _LEFT + width + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    total = max(plan.bytes, 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full_width:.0f} {full_height}" '
        f'width="{full_width:.0f}" height="{full_height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{full_width:.0f}" height="{full_height}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="41" fill="#555">peak {plan.bytes:,} bytes, lower bound {plan.lower_bound:,} bytes; '
        "kernel scratch in grey</text>",
    ]
    for tick in range(5):
        value = round(total * tick / 4)
        y = _y(value, total)
        lines.append(f'<line x1="{_LEFT}" x2="{_LEFT + width:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>')
    bound = _y(plan.lower_bound, total)
    lines.append(
        f'<line x1="{_LEFT}" x2="{_LEFT + width:.1f}" y1="{bound:.1f}" y2="{bound:.1f}" '
        'stroke="#c00" stroke-dasharray="6 4"/>'
    )
    every = max(1, round(28 / column))
    for step in range(0, steps, every):
        x = _LEFT + (step + 0.5) * column
        lines.append(f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle">{step}</text>')
    middle = _LEFT + width / 2
    lines.append(f'<text x="{middle:.1f}" y="{_TOP + _HEIGHT + 38}" text-anchor="middle">operator</text>')
    axis = _TOP + _HEIGHT / 2
    turn = f'text-anchor="middle" transform="rotate(-90 16 {axis})"'
    lines.append(f'<text x="16" y="{axis}" {turn}>arena offset, bytes</text>')
    return "\n".join(lines) + "\n"


def _block(buffer: Buffer, offset: int, index: int, column: float, total: int) -> str:
    scratch = buffer.name.startswith("#")
    x, width = _LEFT + buffer.first * column + 1, (buffer.last - buffer.first + 1) * column - 2
    y = _y(offset + buffer.bytes, total)
    height = max(_HEIGHT * buffer.bytes / total, 1.0)
    colour = _SCRATCH if scratch else _COLOURS[index % len(_COLOURS)]
    span = f"operators {buffer.first} to {buffer.last}"
    tooltip = f"{buffer.name.lstrip('#')}: {buffer.bytes:,} bytes at {offset:,}, {span}"
    block = (
        f'<g><title>{escape(tooltip)}</title><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}" fill-opacity="0.75" stroke="#333" stroke-width="0.5"/>'
    )
    label = f"{buffer.bytes:,}"
    if height >= 13 and width >= 6.5 * len(label):
        block += f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 4:.1f}" text-anchor="middle">{label}</text>'
    return block + "</g>\n"
