"""Reads an ONNX network into a float graph.

``model.py`` opens the file, ``reader.py`` walks its nodes, ``folding.py`` computes what is constant, and one file per
family says how each operator becomes operators of Bitwright's graph (``table.py`` lists them all). Quantized networks,
in QDQ form as in QOperator form, become float graphs whose tensors carry the grids that the file gives them.
"""

from __future__ import annotations

from .model import is_onnx
from .reader import read_onnx

__all__ = ["is_onnx", "read_onnx"]
