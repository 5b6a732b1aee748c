"""The registry of methods: one explicit table from a recipe's name to a function from graph to graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...ir import Graph
from ..calibration import Calibration
from .adaround import adaround
from .balance_cache import balance_cache
from .bias_correction import bias_correction
from .equalize import equalize
from .norm_tweak import norm_tweak
from .outliers import outliers
from .paper_q7 import paper_q7
from .second_order import second_order
from .smoothquant import feature_wise, smoothquant
from .weight_mse import weight_mse

#: ``method(graph, calibration, **options) -> graph``: on the float graph before grids are chosen, or on the annotated
#: one after, where ``floating`` is the float graph that it came from.
MethodFunction = Callable[..., Graph]


@dataclass(frozen=True)
class Method:
    """One way to keep accuracy.

    Attributes:
        function: what it does.
        annotated: whether it works on the annotated graph (after grids are chosen) or on the float graph (before).
        summary: one line for people; source: the publication that defines it.
    """

    function: MethodFunction
    annotated: bool
    summary: str
    source: str


METHODS: dict[str, Method] = {
    "equalize": Method(
        equalize,
        annotated=False,
        summary="Equal channel ranges in layers that follow each other",
        source="Nagel et al., 2019, Data-Free Quantization, arXiv 1906.04721",
    ),
    "smoothquant": Method(
        smoothquant,
        annotated=False,
        summary="Activation outliers moved into the weights that meet them",
        source="Xiao et al., 2022, SmoothQuant, arXiv 2211.10438",
    ),
    "balance_cache": Method(
        balance_cache,
        annotated=False,
        summary="Channels of cached keys and values in one range, folded into the layers around",
        source="Yue et al., 2024, WKVQuant, arXiv 2402.12065",
    ),
    "feature_wise": Method(
        feature_wise,
        annotated=False,
        summary="A scale per feature, folded into the layers around it",
        source="Yao et al., 2023, ZeroQuant-HERO, arXiv 2310.17723",
    ),
    "outliers": Method(
        outliers,
        annotated=False,
        summary="The few outlying input channels of a layer in int16, the rest in int8 with a scale per row",
        source="Dettmers et al., 2022, LLM.int8(), arXiv 2208.07339",
    ),
    "weight_mse": Method(
        weight_mse,
        annotated=True,
        summary="Weight scales of least squared error, by search",
        source="Banner et al., 2018, Post-training 4-bit quantization, arXiv 1810.05723",
    ),
    "second_order": Method(
        second_order,
        annotated=True,
        summary="Weights rounded so that those still free make up for each loss",
        source="Frantar et al., 2022, Optimal Brain Compression, arXiv 2208.11580, and GPTQ, arXiv 2210.17323",
    ),
    "adaround": Method(
        adaround,
        annotated=True,
        summary="Every weight rounded up or down, learned layer by layer",
        source="Nagel et al., 2020, Up or Down?, arXiv 2004.10568",
    ),
    "bias_correction": Method(
        bias_correction,
        annotated=True,
        summary="Channel means of the float network restored in the biases",
        source="Nagel et al., 2019, Data-Free Quantization, arXiv 1906.04721",
    ),
    "norm_tweak": Method(
        norm_tweak,
        annotated=True,
        summary="Channel means and variances restored in biases and weight scales",
        source="Li et al., 2023, Norm Tweaking, arXiv 2309.02784",
    ),
    "paper_q7": Method(
        paper_q7,
        annotated=True,
        summary="Capsules in power-of-two formats, one for every tensor and routing iteration",
        source="Costa et al., 2021, Shifting Capsule Networks from the Cloud to the Deep Edge, arXiv 2110.02911",
    ),
}

__all__ = ["METHODS", "Calibration", "Method", "MethodFunction"]
