"""Resize and Upsample: by the nearest pixel and by bilinear interpolation, as ONNX places the pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ir import Array
from .call import Activation, Call
from .planar import channels_first, channels_last, spatial_of
from .shape import gather_at


def resize(call: Call) -> Activation:
    """The last one or two dimensions, to a constant size or by constant factors."""
    source = call.source()
    spatial_of(call, source)
    shape = call.shape_of(source)
    scales, sizes = _targets(call, len(shape), shape)
    call.require(sizes[:2] == list(shape[:2]), "a change of batch or channels is not served")
    mode = call.get("mode", "nearest")
    call.require(mode in ("nearest", "linear"), f"mode {mode} is not served; use nearest or linear")
    call.require(not call.get("antialias", 0), "antialiasing is not served")
    positions = [_positions(call, n, m, s) for n, m, s in zip(shape[2:], sizes[2:], scales[2:], strict=True)]
    if mode == "nearest":
        return _nearest(call, source, [_rounded(call, p, n) for p, n in zip(positions, shape[2:], strict=True)])
    return _linear(call, source, positions)


def _targets(call: Call, rank: int, shape: Sequence[int]) -> tuple[list[float], list[int]]:
    """Factors and sizes of every dimension, whichever of the two is given."""
    old = call.version < 11 or call.op == "Upsample"
    scales = call.array(1, "scales") if old else call.array(2, "scales")
    if scales is None and call.get("scales") is not None:
        scales = np.asarray(call.get("scales"))
    sizes = None if old else call.array(3, "sizes")
    policy = call.get("keep_aspect_ratio_policy", "stretch")
    call.require(policy == "stretch", f"keep_aspect_ratio_policy {policy} is not served")
    axes = [call.axis(int(a), rank) for a in call.get("axes") or range(rank)]
    given = sizes if sizes is not None and sizes.size else scales
    call.require(given is not None and np.size(given) == len(axes), "its sizes or scales are missing")
    factors, targets = [1.0] * rank, list(shape)
    for axis, value in zip(axes, np.ravel(given).tolist(), strict=True):  # type: ignore[arg-type]
        if given is sizes:
            factors[axis], targets[axis] = value / shape[axis], int(value)
        else:
            factors[axis], targets[axis] = float(value), int(np.floor(shape[axis] * np.float32(value)))
    call.require(min(targets) > 0, f"its output of shape {targets} is empty")
    return factors, targets


def _positions(call: Call, size: int, target: int, scale: float) -> Array:
    """Where every output pixel lies in the input (ONNX operator Resize, coordinate_transformation_mode)."""
    mode = call.get("coordinate_transformation_mode", "half_pixel" if call.version >= 11 else "asymmetric")
    if call.op == "Upsample":
        mode = "asymmetric"
    out = np.arange(target, dtype=np.float64)
    if mode == "half_pixel" or (mode == "pytorch_half_pixel" and target > 1):
        return (out + 0.5) / scale - 0.5
    if mode == "half_pixel_symmetric":
        adjustment = target / (scale * size)
        return size / 2 * (1 - adjustment) + (out + 0.5) / scale - 0.5
    if mode == "asymmetric":
        return out / scale
    if mode == "align_corners":
        return out * ((size - 1) / (target - 1)) if target > 1 else out * 0
    call.require(mode == "pytorch_half_pixel", f"coordinate_transformation_mode {mode} is not served")
    return out * 0


def _rounded(call: Call, positions: Array, size: int) -> list[int]:
    mode = call.get("nearest_mode", "round_prefer_floor" if call.version >= 11 else "floor")
    # The positions are float32 in runtimes: what lies within its precision of a tie is one.
    near = np.round(positions * 2) / 2
    positions = np.where(np.abs(positions - near) < 1e-5, near, positions)
    rules: dict[str, Callable[[Array], Array]] = {
        "round_prefer_floor": lambda x: np.ceil(x - 0.5),
        "round_prefer_ceil": lambda x: np.floor(x + 0.5),
        "floor": np.floor,
        "ceil": np.ceil,
    }
    call.require(mode in rules, f"nearest_mode {mode} is not served")
    indices: list[int] = np.clip(rules[mode](positions), 0, size - 1).astype(int).tolist()
    return indices


#: How TFLite's operators place pixels, by (align_corners, half_pixel_centers).
_STYLES = ((False, False), (False, True), (True, False))


def _styled(size: int, target: int, align: bool, half: bool) -> Array:
    """Positions of output pixels in the input, before the shift by half a pixel that bilinear interpolation makes."""
    scale = (size - 1) / (target - 1) if align and target > 1 else size / target
    return (np.arange(target) + (0.5 if half else 0.0)) * scale


def _nearest(call: Call, source: str, wanted: Sequence[list[int]]) -> Activation:
    """RESIZE_NEAREST_NEIGHBOR where it takes the same pixels; else a GATHER along each dimension that changes."""
    size = call.shape_of(source)[2:]
    for align, half in _STYLES:
        offset = 0.5 if align else 0.0
        taken = [
            np.clip(np.floor(_styled(n, len(w), align, half) + offset + 1e-9), 0, n - 1).astype(int).tolist()
            for n, w in zip(size, wanted, strict=True)
        ]
        if taken == list(wanted):
            return _resized(call, source, "RESIZE_NEAREST_NEIGHBOR", [len(w) for w in wanted], align, half)
    changed = [axis for axis, (n, w) in enumerate(zip(size, wanted, strict=True), 2) if w != list(range(n))]
    for axis in changed:
        source = gather_at(call, source, axis, wanted[axis - 2], "" if axis == changed[-1] else "rows")
    return Activation(source)


def _linear(call: Call, source: str, positions: Sequence[Array]) -> Activation:
    """RESIZE_BILINEAR; one per dimension where each places its pixels in another way."""
    size = call.shape_of(source)[2:]
    styles = [[s for s in _STYLES if _is_placed(n, p, *s)] for n, p in zip(size, positions, strict=True)]
    call.require(
        all(styles),
        "these positions are not those of half_pixel, align_corners or asymmetric over the whole image; "
        "export with sizes instead of scales",
    )
    shared = [style for style in styles[0] if all(style in others for others in styles)]
    if shared:
        return _resized(call, source, "RESIZE_BILINEAR", [len(p) for p in positions], *shared[0])
    rows = _resized(call, source, "RESIZE_BILINEAR", [len(positions[0]), size[1]], *styles[0][0], what="rows")
    return _resized(call, rows.tensor, "RESIZE_BILINEAR", [len(p) for p in positions], *styles[1][0])


def _is_placed(size: int, positions: Array, align: bool, half: bool) -> bool:
    """Whether a style places pixels so; positions outside of the image are those of its edge."""
    styled = _styled(size, len(positions), align, half) - (0.5 if half else 0.0)
    return np.allclose(np.clip(styled, 0, size - 1), np.clip(positions, 0, size - 1), rtol=0, atol=1e-5)


def _resized(
    call: Call, source: str, op: str, target: list[int], align: bool, half: bool, what: str = ""
) -> Activation:
    spatial = len(target)
    extent = call.indices("size", [1] * (2 - spatial) + target)
    attrs: dict[str, Any] = {"align_corners": align, "half_pixel_centers": half}
    return channels_first(call, call.emit(op, [channels_last(call, source), extent], what, **attrs), spatial)
