"""ai-edge-quantizer: PyTorch to float .tflite by litert-torch, then its static int8 recipe (weights per channel).

It runs in LiteRT's interpreter with the reference kernels.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import litert_torch
import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_quantizer import quantizer, recipe
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

    def predict(images: Images) -> Scores:
        return np.concatenate([next(iter(runner(**{inputs: image[None]}).values())) for image in images])

    return Converted(predict)


def _signature(path: Path) -> tuple[str, str]:
    """The names of the only signature and of its only input."""
    ((name, signature),) = Interpreter(model_path=str(path)).get_signature_list().items()
    (inputs,) = signature["inputs"]
    return name, inputs
