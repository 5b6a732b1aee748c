"""Lowering of the micro frontend."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.signal.micro_filters import MicroFilters
from ....converter.ops.signal.micro_gain import MicroGain
from ....converter.ops.signal.micro_log import MicroLog
from ....converter.ops.signal.micro_noise import MicroNoise
from ....converter.ops.signal.micro_spectrum import MicroSpectrum
from ..call import Field, KernelCall, as_c


def lower_spectrum(graph: Graph, node: Node, params: MicroSpectrum) -> KernelCall:
    """``bw_micro_spectrum``."""
    fields: dict[str, Field] = {
        "frames": params.frames.count,
        "stride": params.frames.stride,
        "size": params.window.size,
        "fft": params.fft,
        "first": params.first,
        "bins": params.bins,
        "window": as_c(params.window, np.int16),
        "twiddles": as_c(params.twiddles, np.int16),
        "super_twiddles": as_c(params.super_twiddles, np.int16),
        "order": as_c(params.order, np.uint16),
    }
    return KernelCall("bw_micro_spectrum", fields, scratch=2 * params.fft)


def lower_filters(graph: Graph, node: Node, params: MicroFilters) -> KernelCall:
    """``bw_micro_filters``."""
    fields: dict[str, Field] = {
        "frames": params.frames,
        "groups": params.counts.size,
        "counts": as_c(params.counts, np.int16),
        "weights": as_c(params.weights, np.int16),
        "unweights": as_c(params.unweights, np.int16),
    }
    return KernelCall("bw_micro_filters", fields, (0, 1))


def lower_noise(graph: Graph, node: Node, params: MicroNoise) -> KernelCall:
    """``bw_micro_noise``."""
    fields: dict[str, Field] = {
        "frames": params.frames,
        "channels": params.channels,
        "even": params.even,
        "odd": params.odd,
        "least": params.least,
        "scale": params.scale,
    }
    return KernelCall("bw_micro_noise", fields, (0, 1))


def lower_gain(graph: Graph, node: Node, params: MicroGain) -> KernelCall:
    """``bw_micro_gain``."""
    fields: dict[str, Field] = {
        "elements": params.elements,
        "shift": params.shift,
        "table": as_c(params.table, np.int16),
    }
    return KernelCall("bw_micro_gain", fields, (0, 1), distance={0: 0, 1: 0})


def lower_log(graph: Graph, node: Node, params: MicroLog) -> KernelCall:
    """``bw_micro_log``."""
    fields: dict[str, Field] = {
        "elements": params.elements,
        "correction": params.correction,
        "scale": params.scale,
        "table": as_c(params.table, np.int16),
    }
    return KernelCall("bw_micro_log", fields, distance={0: 0})
