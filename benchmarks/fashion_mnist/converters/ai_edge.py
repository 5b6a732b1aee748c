"""ai-edge-quantizer: PyTorch to float .tflite by litert-torch, then its static int8 recipe (weights per channel).

It runs in LiteRT's interpreter with the reference kernels.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import litert_torch
import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_quantizer import quantizer, recipe
from numpy.typing import NDArray
from torch import nn

from ..measure import Converted, Images, Scores

PACKAGES = ("ai-edge-quantizer", "litert-torch", "ai-edge-litert", "torch")


def convert(network: nn.Module, calibration: Images, _name: str) -> Converted:
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "float.tflite"
        litert_torch.convert(network, (torch.from_numpy(calibration[:1]),)).export(str(path))
        signature, inputs = _signature(path)
        tool = quantizer.Quantizer(str(path), recipe.static_wi8_ai8())
        data = {signature: [{inputs: image[None]} for image in calibration]}
        result = tool.quantize(tool.calibrate(data))
        content = bytes(result.quantized_model)
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    runner = interpreter.get_signature_runner(signature)
    (source,), (answer,) = runner.get_input_details().values(), runner.get_output_details().items()

    def predict(images: Images) -> Scores:
        levels = _levels(images, source)
        integers = np.concatenate([runner(**{inputs: level[None]})[answer[0]] for level in levels])
        scale, zero_point = answer[1]["quantization"]
        return (integers.astype(np.float64) - zero_point) * scale if scale else integers

    return Converted(predict)


def _levels(images: Images, details: Mapping[str, Any]) -> NDArray[Any]:
    """Images as the quantized network takes them."""
    if details["dtype"] is np.float32:
        return images
    scale, zero_point = details["quantization"]
    limits = np.iinfo(details["dtype"])
    return np.clip(np.rint(images / scale) + zero_point, limits.min, limits.max).astype(details["dtype"])


def _signature(path: Path) -> tuple[str, str]:
    """The names of the only signature and of its only input."""
    ((name, signature),) = Interpreter(model_path=str(path)).get_signature_list().items()
    (inputs,) = signature["inputs"]
    return name, inputs
