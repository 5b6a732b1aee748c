"""Real models, golden vectors and samples that lie beside the checkout; absent on a user's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
MODELS = DATA / "models"

needs_data = pytest.mark.skipif(not MODELS.is_dir(), reason="the background data (../shared/data) is not here")

#: Models of the issue's operators whose golden outputs are BUILTIN_REF's.
INT8_MODELS = (
    "generated/convnet_floatio_int8",
    "generated/convnet_pertensor_int8",
    "generated/convnet_uint8io",
    "generated/multi_io_int8",
    "generated/pool_dilate_int8",
    "generated/reductions_int8",
    "generated/slicing_int8",
    "generated/tcn_int8",
    "generated/unet_int8",
    "generated/convnet_int16x8",
    "micro_wake_word/v1_hey_jarvis",
    "micro_wake_word/v2_okay_nabu",
    "micro_wake_word/v2_vad",
    "mlperf_tiny/ad01_int8",
    "mlperf_tiny/kws_ref_model",
    "mlperf_tiny/model_ToyCar_quant_fullint",
    "mlperf_tiny/pretrainedResnet_quant",
    "mlperf_tiny/str_ww_ref_model",
    "mlperf_tiny/vww_96_int8",
    "mltk/anomaly_detection",
    "mltk/audio_example1",
    "mltk/autoencoder_example",
    "mltk/image_example1",
    "mltk/keyword_spotting_on_off_v3",
    "mltk/rock_paper_scissors",
    "mltk/tflite_micro_speech",
    "st_aed/miniresnet_1stacks_64x50_int8",
    "st_aed/yamnet_256_64x96_fsd50k_int8",
    "tflm/hello_world_int8",
    "tflm/micro_speech_quantized",
    "tflm/person_detect",
    "tflm/simple_add_model",
    "tinyengine/mcunet_vww",
    "tinyengine/mcunet_detection",
    "gap_sdk/visual_wake_quant_uint8",
    "ai_edge_quantizer/insert_dequant_test",
    "tinyengine/mcunetv2_large",
)


def model_path(name: str) -> Path:
    """The file of a model such as ``mlperf_tiny/kws_ref_model``."""
    return MODELS / f"{name}.tflite"


def golden(name: str) -> dict[str, NDArray[Any]]:
    """Golden vectors of a model: ``in0``, ..., ``out0``, ...."""
    with np.load(DATA / "golden" / f"{name.replace('/', '__')}.tflite.npz") as content:
        return dict(content)


def evaluation(name: str) -> dict[str, NDArray[Any]]:
    """Real samples ``x`` of an MLPerf Tiny network and tflite-runtime's outputs ``out``; labels ``y`` where known."""
    (path,) = (DATA / "golden_eval").glob(f"{name}*.npz")
    with np.load(path) as content:
        return dict(content)
