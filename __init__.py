"""Bitwright: trained networks to integer-only microcontroller firmware, proven bit-exact layer by layer.

graph = bitwright.load("model.tflite")
outputs = bitwright.run(graph, inputs)
bitwright.generate(graph, "mps2-an386", "firmware")
report = bitwright.verify(graph, "mps2-an386")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "BitwrightError",
    "Connection",
    "FrontEnd",
    "Graph",
    "Profile",
    "Quantization",
    "Report",
    "Target",
    "Tuned",
    "generate",
    "in_steps",
    "keep_states",
    "load",
    "profile",
    "quantize",
    "run",
    "save",
    "tune",
    "verify",
    "with_front_end",
]

if TYPE_CHECKING:
    from .api import (
        Connection,
        FrontEnd,
        Graph,
        Profile,
        Quantization,
        Report,
        Target,
        Tuned,
        generate,
        in_steps,
        keep_states,
        load,
        profile,
        quantize,
        run,
        save,
        tune,
        verify,
        with_front_end,
    )
    from .errors import BitwrightError


def __getattr__(name: str) -> Any:
    """Load the API on first use, so that importing one module does not import all."""
    if name == "BitwrightError":
        from .errors import BitwrightError

        return BitwrightError
    if name in __all__:
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module 'bitwright' has no attribute '{name}'")
