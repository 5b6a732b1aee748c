"""Smallest safe distances between an input and an output that is written while the input is still read."""

from __future__ import annotations

import numpy as np

from ...converter.fixedpoint import Int64
from ...converter.ops.window import Window


def window_distance(window: Window, batch: int, input_pixel: int, output_pixel: int, buffered: bool) -> int:
    """:func:`raster_distance` for kernels that slide a window."""
    rows, columns = _starts(window)
    return raster_distance(rows, columns, (batch, *window.input), input_pixel, output_pixel, buffered)


def first_reads(window: Window, batch: int, input_pixel: int) -> Int64:
    """The lowest address in the input that any output pixel from each on, in raster order, is made from."""
    return _first_reads(*_starts(window), (batch, *window.input), input_pixel)


def _starts(window: Window) -> tuple[Int64, Int64]:
    """Where the windows of every output row and column start in the input."""
    rows = np.clip(np.arange(window.output[0]) * window.stride[0] - window.before[0], 0, window.input[0])
    columns = np.clip(np.arange(window.output[1]) * window.stride[1] - window.before[1], 0, window.input[1])
    return rows, columns


def raster_distance(
    rows: Int64, columns: Int64, shape: tuple[int, int, int], input_pixel: int, output_pixel: int, buffered: bool
) -> int:
    """For kernels that write whole output pixels in raster order, each from a patch of the input.

    Output pixel ``p`` ends at ``(p + 1) * output_pixel``; every pixel from ``q`` on reads at or above
    ``first_read(q)``, the lowest address of their patches. With the patch buffered before the pixel is written
    the safe distance is ``max_p(end(p) - first_read(p + 1))``; otherwise the pixel's own patch must survive too:
    ``max_p(end(p) - first_read(p))``.

    Args:
        rows, columns: where the patch of each output row and column starts in the input.
        shape: (batch, height, width) of the input.
        input_pixel, output_pixel: bytes of one pixel.
        buffered: whether the kernel copies a pixel's patch before it writes the pixel.
    """
    batch, height, width = shape
    first = _first_reads(rows, columns, shape, input_pixel)
    ends = np.arange(1, first.size + 1) * output_pixel
    gaps = ends[:-1] - first[1:] if buffered else ends - first
    # A single buffered pixel is written after everything was read: any distance serves.
    return int(gaps.max()) if gaps.size else -batch * height * width * input_pixel


def _first_reads(rows: Int64, columns: Int64, shape: tuple[int, int, int], input_pixel: int) -> Int64:
    batch, height, width = shape
    one = (rows[:, None] * width + columns[None, :]).reshape(-1)
    reads = (np.arange(batch)[:, None] * (height * width) + one[None, :]).reshape(-1) * input_pixel
    return np.asarray(np.minimum.accumulate(reads[::-1])[::-1])


def row_distance(rows: int, input_row: int, output_row: int, buffered: bool) -> int:
    """The same for kernels that turn row after row of ``input_row`` bytes into ``output_row`` bytes."""
    index = np.arange(rows)
    gaps = (
        (index[1:] * output_row - index[1:] * input_row) if buffered else (index + 1) * output_row - index * input_row
    )
    return int(gaps.max()) if gaps.size else -input_row


def pair_distance(window: Window, batch: int, input_pixel: int, output_pixel: int, buffered: bool) -> int:
    """:func:`window_distance` for kernels that write two pixels at a time, each pair after its windows are buffered.

    Unbuffered windows must be single pixels (1x1, stride 1): rows of two pixels, the last one perhaps incomplete.
    """
    if buffered:
        # A pair's first pixel is written later than alone, after more was read; its second one as alone.
        return window_distance(window, batch, input_pixel, output_pixel, buffered=True)
    pixels = batch * window.output[0] * window.output[1]
    return row_distance(-(-pixels // 2), 2 * input_pixel, 2 * output_pixel, buffered=False)


def line_distance(window: Window, batch: int, input_row: int, output_row: int, kept: int) -> int:
    """For kernels that write whole rows of outputs, each after the first ``kept`` rows of its windows were copied.

    Args:
        kept: the height of the window, or 0 where a row is written while its windows are read.
    """
    height, out_h = window.input[0], window.output[0]
    image = height * input_row
    first = np.clip(np.arange(out_h) * window.stride[0] - window.before[0] + kept, 0, height)
    unread = (np.arange(batch)[:, None] * image + first[None, :] * input_row).reshape(-1)
    gaps = (np.arange(1, batch * out_h + 1) * output_row - unread)[unread < batch * image]
    return int(gaps.max()) if gaps.size else -batch * image
