"""ONNX Runtime's static quantization as in ``onnxruntime_qdq``, calibrated by entropy."""

from __future__ import annotations

from torch import nn

from ..measure import Converted, Images
from . import onnxruntime_qdq

PACKAGES = onnxruntime_qdq.PACKAGES


def convert(network: nn.Module, calibration: Images, name: str) -> Converted:
    return onnxruntime_qdq.convert(network, calibration, name, "Entropy")
