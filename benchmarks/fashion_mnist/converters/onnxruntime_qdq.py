"""ONNX Runtime's static quantization: QDQ, int8 activations, int8 weights per channel, after its own preprocessing.

It runs without graph optimization, so that every node computes exactly what the model file says; the optimized x86
kernels may saturate on top of that.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from ..measure import Converted, Images, Scores, in_batches

PACKAGES = ("onnxruntime", "onnx", "torch")


class _Reader(CalibrationDataReader):
    def __init__(self, images: Images) -> None:
        self.batches: Iterator[Images] = in_batches(images)

    def get_next(self) -> dict[str, Images] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"images": batch}


def convert(network: nn.Module, calibration: Images, _name: str, method: str = "MinMax") -> Converted:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        exported, prepared, quantized = (Path(folder) / f"{stem}.onnx" for stem in ("float", "prepared", "int8"))
        torch.onnx.export(
            network,
            (torch.from_numpy(calibration[:2]),),
            exported,
            input_names=["images"],
            output_names=["scores"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            verbose=False,
        )
        quant_pre_process(exported, prepared)
        quantize_static(
            prepared,
            quantized,
            _Reader(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod[method],
        )
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(quantized, options, providers=["CPUExecutionProvider"])

    def predict(images: Images) -> Scores:
        return np.concatenate([session.run(None, {"images": batch})[0] for batch in in_batches(images)])

    return Converted(predict)
