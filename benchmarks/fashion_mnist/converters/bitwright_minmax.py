"""Bitwright's plain min-max recipe."""

from __future__ import annotations

from torch import nn

from ..measure import Converted, Images
from . import bitwright_auto

PACKAGES = bitwright_auto.PACKAGES


def convert(network: nn.Module, calibration: Images, name: str) -> Converted:
    return bitwright_auto.convert(network, calibration, name, "minmax")
