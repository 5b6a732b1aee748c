"""3x3 windows that a kernel slides over lines, rows or columns, that it copies before it writes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...converter.fixedpoint import Int64
from ...converter.ops.window import Window
from .call import Field


@dataclass(frozen=True)
class Axis:
    """One axis of the window, and the pixels from one element to the next in input and output."""

    input: int
    output: int
    stride: int
    pad: int
    in_step: int
    out_step: int

    def fields(self, used: int, channels: int) -> dict[str, Field]:
        """The C struct ``bw_depthwise_axis``."""
        return {
            "used": used,
            "outputs": self.output,
            "stride": self.stride,
            "pad": self.pad,
            "in_step": self.in_step * channels,
            "out_step": self.out_step * channels,
        }


def axes(window: Window, columns: bool) -> tuple[Axis, Axis]:
    """(from line to line, along a line); lines are rows, or columns."""
    steps = ((window.input[1], window.output[1]), (1, 1))
    rows, along = (
        Axis(window.input[i], window.output[i], window.stride[i], window.before[i], step[0], step[1])
        for i, step in enumerate(steps)
    )
    return (along, rows) if columns else (rows, along)


def in_place(lines: Axis, along: Axis, batch: int) -> bool:
    """Whether every pixel of the input is copied before, or in the same turn as, the output pixel that is written
    over it."""

    def places(steps: tuple[int, int], sizes: tuple[int, int]) -> Int64:
        return np.arange(sizes[0])[:, None] * steps[0] + np.arange(sizes[1]) * steps[1]

    inputs = places((lines.in_step, along.in_step), (lines.input, along.input))
    outputs = places((lines.out_step, along.out_step), (lines.output, along.output))
    read = np.zeros((batch, inputs.size), np.int64)
    turn = np.maximum(0, -(-(np.arange(lines.input) + lines.pad - 2) // lines.stride))
    turn[turn >= lines.output] = -1  # never read
    for image in range(batch):
        read[image, inputs] = np.where(turn < 0, -1, turn + image * lines.output)[:, None]
    written = np.zeros((batch, outputs.size), np.int64)
    for image in range(batch):
        written[image, outputs] = (np.arange(lines.output) + image * lines.output)[:, None]
    shared = min(read.size, written.size)
    return written.size <= read.size and bool(np.all(read.reshape(-1)[:shared] <= written.reshape(-1)[:shared]))
