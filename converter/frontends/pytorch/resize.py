"""Resizing by the nearest pixel and by bilinear interpolation, as PyTorch places the pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ir import Array
from .call import Activation, Call
from .planar import channels_first, channels_last
from .shape import gather


def _scales(call: Call, size: tuple[int, ...], target: tuple[int, ...]) -> list[float]:
    """Input pixels per output pixel: the reciprocal of a given factor, else the ratio of the sizes."""
    given = call.get("scale_factors")
    if given is None:
        keys = ("scales",) if len(size) == 1 else ("scales_h", "scales_w")
        given = [call.get(key) for key in keys]
    return [s / t if not f else 1 / float(f) for f, s, t in zip(given, size, target, strict=True)]


def nearest(call: Call) -> Activation:
    """nearest takes the pixel at ``floor(i * scale)``, nearest-exact that at ``floor((i + 0.5) * scale)``."""
    spatial = 1 if "1d" in call.op else 2
    source, exact = call.get("input", call.get("self")), "exact" in call.op
    name = call.tensor(source, "input")
    size, target = call.shape_of(name)[-spatial:], call.shape[-spatial:]
    scales = _scales(call, size, target)
    wanted = [_positions(s, t, scale, exact) for s, t, scale in zip(size, target, scales, strict=True)]
    plain = [_positions(s, t, s / t, exact) for s, t in zip(size, target, strict=True)]
    if all(np.array_equal(w, p) for w, p in zip(wanted, plain, strict=True)):
        last = channels_last(call, name, spatial)
        extent = call.indices("size", [1] * (2 - spatial) + list(target))
        attrs: dict[str, Any] = {"align_corners": False, "half_pixel_centers": exact}
        return channels_first(call, call.emit("RESIZE_NEAREST_NEIGHBOR", [last, extent], **attrs), spatial)
    for axis, positions in enumerate(wanted, len(call.shape_of(name)) - spatial):
        name = gather(call, name, axis, positions, "" if axis == len(call.shape_of(name)) - 1 else "rows")
    return Activation(name)


def _positions(size: int, target: int, scale: float, exact: bool) -> Array:
    offset = np.float32(0.5 if exact else 0.0)
    position = (np.arange(target, dtype=np.float32) + offset) * np.float32(scale)
    clipped: Array = np.minimum(np.floor(position).astype(np.int64), size - 1)
    return clipped


def bilinear(call: Call) -> Activation:
    """bilinear (2-D) and linear (1-D) without antialiasing."""
    spatial = 1 if "linear1d" in call.op else 2
    name = call.tensor(call.get("input", call.get("self")), "input")
    size, target = call.shape_of(name)[-spatial:], call.shape[-spatial:]
    align = bool(call.get("align_corners"))
    for scale, s, t in zip(_scales(call, size, target), size, target, strict=True):
        call.require(
            align or np.float32(scale) == np.float32(s / t),
            f"a factor that takes {s} to {t} unevenly is not served; give the size, or recompute_scale_factor=True",
        )
    last = channels_last(call, name, spatial)
    extent = call.indices("size", [1] * (2 - spatial) + list(target))
    attrs: dict[str, Any] = {"align_corners": align, "half_pixel_centers": not align}
    return channels_first(call, call.emit("RESIZE_BILINEAR", [last, extent], **attrs), spatial)
