"""What calibration sees of every activation: one pass over the data serves every observer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..float_reference import run_float
from ..ir import Array, DType, Graph

#: Bins of a histogram over [-radius, radius]: 16 or more per step of an 8-bit grid, 4 on the worst one-sided range.
BINS = 8192
_MOMENTUM = 0.1


@dataclass(eq=False)
class TensorStatistics:
    """Running statistics of one activation.

    Attributes:
        low, high: extremes over everything seen.
        moving_low, moving_high: moving average of each batch's extremes.
        radius, counts: histogram over [-radius, radius]; the radius is a power of two and doubles when it must.
        channel_low, channel_high, channel_sum: per index of the last axis; ``rows`` elements of each were summed.
    """

    low: float = np.inf
    high: float = -np.inf
    moving_low: float = 0.0
    moving_high: float = 0.0
    radius: float = 0.0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    channel_low: Array = field(default_factory=lambda: np.zeros(0))
    channel_high: Array = field(default_factory=lambda: np.zeros(0))
    channel_sum: Array = field(default_factory=lambda: np.zeros(0))
    rows: int = 0

    def update(self, value: Array) -> None:
        """Add a batch. Raises InputError when it holds NaN or infinite values."""
        channels = value.reshape(-1, value.shape[-1] if value.ndim > 1 else 1)
        lows, highs = channels.min(axis=0), channels.max(axis=0)
        low, high = float(lows.min()), float(highs.max())
        if not np.isfinite(low) or not np.isfinite(high):
            raise InputError("NaN or infinite values")
        if self.rows == 0:
            self.channel_low, self.channel_high = lows, highs
            self.channel_sum = np.zeros(lows.size)
            self.moving_low, self.moving_high = low, high
        else:
            self.channel_low = np.minimum(self.channel_low, lows)
            self.channel_high = np.maximum(self.channel_high, highs)
            self.moving_low += _MOMENTUM * (low - self.moving_low)
            self.moving_high += _MOMENTUM * (high - self.moving_high)
        self.channel_sum = self.channel_sum + channels.sum(axis=0, dtype=np.float64)
        self.rows += channels.shape[0]
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._count(channels.reshape(-1), max(-low, high))

    def _count(self, values: Array, reach: float) -> None:
        if reach > self.radius:
            radius = float(2.0 ** np.ceil(np.log2(reach)))
            while 0 < self.radius < radius:
                merged = self.counts.reshape(-1, 2).sum(axis=1)
                self.counts = np.zeros(BINS, np.int64)
                self.counts[BINS // 4 : 3 * BINS // 4] = merged
                self.radius *= 2
            self.radius = radius
        scale = np.float32(BINS / 2 / self.radius) if self.radius else np.float32(0)
        index = (values * scale).astype(np.int32) if self.radius else np.zeros(values.size, np.int32)
        # Truncation puts the two bins around zero together: shift negative values down by one bin.
        index += BINS // 2 - (values < 0)
        self.counts += np.bincount(np.clip(index, 0, BINS - 1), minlength=BINS)

    @property
    def centres(self) -> Array:
        """The middle of every bin; zero for the bin that starts there, since most of its values are exact zeros."""
        width = 2 * self.radius / BINS
        centres = (np.arange(BINS) - BINS / 2 + 0.5) * width
        centres[BINS // 2] = 0.0
        return centres

    @property
    def channel_mean(self) -> Array:
        """Mean of every channel."""
        return self.channel_sum / max(self.rows, 1)

    @property
    def channel_magnitude(self) -> Array:
        """Largest magnitude of every channel."""
        return np.maximum(np.abs(self.channel_low), np.abs(self.channel_high))


Statistics = dict[str, TensorStatistics]


def channel_reach(graph: Graph, names: Container[str], batches: Iterable[Sequence[Array]]) -> dict[str, Array]:
    """Largest magnitude of every index of the last axis, of the named activations of the float graph alone."""
    reach: dict[str, Array] = {}

    def visit(name: str, value: Array) -> None:
        if name in names:
            largest = np.abs(value.reshape(-1, value.shape[-1])).max(axis=0)
            reach[name] = np.maximum(reach.get(name, largest), largest)

    for batch in batches:
        run_float(graph, batch, visit)
    return reach


def observe(graph: Graph, batches: Iterable[Sequence[Array]]) -> Statistics:
    """Run the float graph over calibration batches and collect statistics of every activation.

    Args:
        batches: per batch, one float32 array per graph input in the graph's own layout.

    Raises:
        InputError: there is no data, it does not fit, or NaN or infinite values appear; the message names the tensor.
    """
    statistics: Statistics = {}

    def visit(name: str, value: Array) -> None:
        if graph.tensor(name).dtype is not DType.FLOAT32:
            return
        try:
            statistics.setdefault(name, TensorStatistics()).update(value)
        except InputError as error:
            raise InputError(f"{error} in tensor '{name}' during calibration") from error

    seen = False
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for batch in batches:
            run_float(graph, batch, visit)
            seen = True
    if not seen:
        raise InputError("the calibration data is empty: give at least one sample")
    return statistics
