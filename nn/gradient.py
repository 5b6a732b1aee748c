"""Gradients of Bitwright's own PyTorch operators."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def differentiable(op: Any, function: Any) -> None:
    """The operator's gradient is that of the function, which backward computes again: only its inputs are kept."""

    def setup(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        ctx.save_for_backward(*(value for value in inputs if isinstance(value, Tensor)))
        ctx.numbers = tuple(value for value in inputs if not isinstance(value, Tensor))

    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        with torch.enable_grad():
            inputs = [tensor.detach().requires_grad_() for tensor in ctx.saved_tensors]
            output = function(*inputs, *ctx.numbers)
        return (*torch.autograd.grad(output, inputs, gradient), *(None for _ in ctx.numbers))

    op.register_autograd(backward, setup_context=setup)
