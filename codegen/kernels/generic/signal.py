"""Lowering of the audio front ends."""

from __future__ import annotations

import numpy as np

from ....converter.ir import Graph, Node
from ....converter.ops.signal.dct import Dct
from ....converter.ops.signal.features import Features
from ....converter.ops.signal.log2 import log2_table
from ....converter.ops.signal.log_mel import LogMel
from ....converter.ops.signal.peak import Peak
from ....converter.ops.signal.spectrum import Spectrum
from ..call import Field, KernelCall, as_c


def lower_spectrum(graph: Graph, node: Node, params: Spectrum) -> KernelCall:
    """``bw_audio_spectrum``, in place where a frame's magnitudes take no more bytes than its stride of samples."""
    frames = params.frames
    fields: dict[str, Field] = {
        "frames": frames.count,
        "stride": frames.stride,
        "size": params.window.size,
        "fft": params.fft,
        "bins": params.bins,
        "window": as_c(params.window, np.int16),
        "twiddles": as_c(params.twiddles, np.int32),
    }
    # Frame i is written to [i * out, (i + 1) * out) while what comes later starts at (i + 1) * stride.
    excess = (params.bins * 4 - frames.stride * 2) * frames.count
    return KernelCall("bw_audio_spectrum", fields, scratch=4 * params.fft, distance={0: max(0, excess)})


def lower_peak(graph: Graph, node: Node, params: Peak) -> KernelCall:
    """``bw_audio_peak_s16``."""
    frames = params.frames
    fields: dict[str, Field] = {
        "frames": frames.count,
        "stride": frames.stride,
        "window": frames.window,
        "log2": as_c(log2_table(), np.uint16),
    }
    return KernelCall("bw_audio_peak_s16", fields)


def lower_log_mel(graph: Graph, node: Node, params: LogMel) -> KernelCall:
    """``bw_audio_log_mel``."""
    fields: dict[str, Field] = {
        "frames": params.frames,
        "bins": params.bins,
        "channels": len(params.bands),
        "offset": params.offset,
        "floor": params.floor,
        "weights": as_c(params.weights, np.int16),
        "bands": as_c(params.bands, np.int16),
        "log2": as_c(log2_table(), np.uint16),
    }
    return KernelCall("bw_audio_log_mel", fields)


def lower_dct(graph: Graph, node: Node, params: Dct) -> KernelCall:
    """``bw_audio_dct_s16``."""
    coefficients, channels = params.matrix.shape
    fields: dict[str, Field] = {
        "frames": params.frames,
        "channels": channels,
        "coefficients": coefficients,
        "shift": params.shift,
        "matrix": as_c(params.matrix, np.int16),
    }
    return KernelCall("bw_audio_dct_s16", fields)


def lower_features(graph: Graph, node: Node, params: Features) -> KernelCall:
    """``bw_audio_features_s8``."""
    fields: dict[str, Field] = {
        "frames": params.frames,
        "values": params.values,
        "level_count": graph.input(node, 3).elements if params.leveled else 0,
        "multiplier": params.multiplier,
        "shift": params.shift,
        "zero_point": params.zero_point,
        "gain": as_c(params.gain, np.int32),
        "bias": as_c(params.bias, np.int64),
    }
    operands = (0, 3) if params.leveled else (0,)
    return KernelCall("bw_audio_features_s8", fields, operands, gather_operands=True)
