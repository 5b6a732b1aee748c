"""Windows of samples from an accelerometer, a gyroscope or a current sensor, as features."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ..ir import DType, Graph
from ..ops.window_statistics import FEATURES
from .builder import Builder, joined, network_input


@dataclass(frozen=True)
class WindowFrontEnd:
    """A window of int16 samples.

    Attributes:
        samples: per axis and window.
        axes: of the sensor; samples of all axes stand side by side, as sensors deliver them.
        scale: real value of one step of a sample, in the unit that the network was trained on.
        features: names of :data:`~bitwright.converter.ops.window_statistics.FEATURES`, for each axis in turn.
    """

    samples: int
    axes: int
    scale: float
    features: tuple[str, ...] = FEATURES


def with_window(network: Graph, front: WindowFrontEnd) -> Graph:
    """The network behind WINDOW_STATISTICS: its input becomes int16 [1, samples, axes].

    Raises:
        InputError: the network does not take that many features, or a setting is out of range.
    """
    target = network_input(network)
    wanted = (1, front.axes * len(front.features))
    if target.shape != wanted or target.dtype not in (DType.INT8, DType.INT16):
        raise InputError(
            f"'{network.name}' takes {target.dtype.value}{list(target.shape)}; {len(front.features)} features of "
            f"{front.axes} axes are {list(wanted)}"
        )
    if not 0 < front.scale < float("inf") or min(front.samples, front.axes) < 1:
        raise InputError("a window needs samples, axes and a scale above 0")
    builder = Builder()
    source = builder.tensor("samples", (1, front.samples, front.axes), DType.INT16, front.scale)
    builder.last("statistics", "WINDOW_STATISTICS", (source,), target, features=front.features)
    return joined(network, builder, source)
