"""torchao's PT2E static quantization with the XNNPACK quantizer: int8 per-channel weights, int8 activations.

Defaults: activations by the histogram observer. The converted program computes in float between quantize and
dequantize operators, as PyTorch's reference form of it does.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config
from torch import nn
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

from ..measure import Converted, Images, Scores, in_batches

PACKAGES = ("torchao", "executorch", "torch")


def convert(network: nn.Module, calibration: Images, _name: str) -> Converted:
    warnings.simplefilter("ignore")
    example = torch.from_numpy(calibration[:2])
    shapes = ({0: torch.export.Dim("batch")},)
    exported = torch.export.export(network, (example,), dynamic_shapes=shapes).module()
    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(exported, quantizer)
    with torch.no_grad():
        for batch in in_batches(calibration):
            prepared(torch.from_numpy(batch))
    converted = convert_pt2e(prepared)

    @torch.no_grad()
    def predict(images: Images) -> Scores:
        return np.concatenate([converted(torch.from_numpy(batch)).numpy() for batch in in_batches(images)])

    return Converted(predict)
