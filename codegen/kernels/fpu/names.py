"""How the kernels of a type are called."""

from __future__ import annotations

from ....converter.ir import DType

#: The ends of kernels' names.
SUFFIX = {DType.INT8: "s8", DType.INT16: "s16", DType.FLOAT32: "f32", DType.FLOAT16: "f16"}
