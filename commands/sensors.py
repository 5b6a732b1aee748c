"""The options of ``bitwright frontend`` for images and windows of samples."""

from __future__ import annotations

import argparse

from ..converter.ir import Graph
from ..converter.ops.window_statistics import FEATURES
from ..converter.sensors.image import ImageFrontEnd, with_image
from ..converter.sensors.window import WindowFrontEnd, with_window
from ..errors import InputError


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The options."""
    image = command.add_argument_group("images")
    image.add_argument(
        "--image", metavar="HxW", help="the camera's rows and columns; resized to what the network takes"
    )
    image.add_argument("--crop", action="store_true", help="cut the middle part of the network's proportions first")
    image.add_argument("--mean", metavar="M[,M,M]", default="0", help="of the training pixels in 0..1 (default: 0)")
    image.add_argument("--std", metavar="S[,S,S]", default="1", help="of the training pixels in 0..1 (default: 1)")
    window = command.add_argument_group("windows of samples")
    window.add_argument("--motion", metavar="NxA", help="samples of a window and axes, of an accelerometer for example")
    window.add_argument("--scale", type=float, metavar="S", help="what one step of a sample is, in the training's unit")
    window.add_argument(
        "--features", metavar="F,F", default=",".join(FEATURES), help=f"of each axis (default: {','.join(FEATURES)})"
    )


def joined(options: argparse.Namespace, network: Graph) -> Graph | None:
    """The network behind the front end that the options ask for; None where they ask for neither. Raises InputError."""
    if options.image is not None and options.motion is not None:
        raise InputError("--image and --motion are two front ends: give one of them")
    if options.image is not None:
        height, width = _pair(options.image, "--image")
        mean, std = _numbers(options.mean, "--mean"), _numbers(options.std, "--std")
        return with_image(network, ImageFrontEnd(height, width, options.crop, mean, std))
    if options.motion is not None:
        samples, axes = _pair(options.motion, "--motion")
        if options.scale is None:
            raise InputError("--motion needs --scale: what one step of a sample is, in the unit of the training data")
        features = tuple(options.features.split(","))
        if unknown := [name for name in features if name not in FEATURES]:
            raise InputError(f"there is no feature '{unknown[0]}'; there are {', '.join(FEATURES)}")
        return with_window(network, WindowFrontEnd(samples, axes, options.scale, features))
    return None


def _pair(text: str, option: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise InputError(f"{option} takes two numbers, as in 120x160, not '{text}'")
    return int(parts[0]), int(parts[1])


def _numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{option} takes numbers, as in 0.485,0.456,0.406, not '{text}'") from error
