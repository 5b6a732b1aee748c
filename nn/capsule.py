"""Capsules for PyTorch (Sabour, Frosst and Hinton, 2017, arXiv 1710.09829), as operators that an export keeps whole.

    network = nn.Sequential(
        nn.Conv2d(1, 16, 7), nn.ReLU(),                      # [N, 1, 28, 28] -> [N, 16, 22, 22]
        PrimaryCapsules(16, 8, 8, kernel_size=9, stride=2),  # -> [N, 7 * 7 * 8, 8]
        CapsuleLayer(7 * 7 * 8, 8, 10, 16, iterations=3),    # -> [N, 10, 16]
        Length(),                                            # -> [N, 10], in [0, 1)
    )
    loss = margin_loss(network(images), labels)

Everything runs and trains in eager PyTorch, on any device. ``torch.export`` keeps ``bitwright::squash``,
``bitwright::capsule_routing`` and ``bitwright::capsule_length`` as one operator each, which become the integer
operators SQUASH, CAPSULE_ROUTING and CAPSULE_LENGTH. Bitwright opens a .pt2 file with them as any other; a program of
your own opens it after it has imported this module.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .gradient import differentiable

__all__ = ["CapsuleLayer", "Length", "PrimaryCapsules", "capsule_length", "capsule_routing", "margin_loss", "squash"]


def _squash(x: Tensor) -> Tensor:
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    result: Tensor = x * (norm / (1 + norm * norm))
    return result


def _length(x: Tensor) -> Tensor:
    result: Tensor = torch.linalg.vector_norm(x, dim=-1)
    return result


def _routing(x: Tensor, weight: Tensor, iterations: int) -> Tensor:
    capsules, inputs, dim, depth = weight.shape
    matrices = weight.permute(1, 3, 0, 2).reshape(inputs, depth, capsules * dim)
    predictions = torch.bmm(x.transpose(0, 1), matrices).transpose(0, 1).reshape(-1, inputs, capsules, dim)
    logits = x.new_zeros(x.shape[0], inputs, capsules)
    outputs = predictions.new_zeros(x.shape[0], capsules, dim)
    for iteration in range(iterations):
        couplings = torch.softmax(logits, dim=-1)
        outputs = _squash(torch.einsum("nij,nijd->njd", couplings, predictions))
        if iteration < iterations - 1:
            logits = logits + torch.einsum("nijd,njd->nij", predictions, outputs)
    return outputs


@torch.library.custom_op("bitwright::squash", mutates_args=())
def _squash_op(x: Tensor) -> Tensor:
    return _squash(x)


@_squash_op.register_fake
def _(x: Tensor) -> Tensor:
    return torch.empty_like(x)


@torch.library.custom_op("bitwright::capsule_length", mutates_args=())
def _length_op(x: Tensor) -> Tensor:
    return _length(x)


@_length_op.register_fake
def _(x: Tensor) -> Tensor:
    return x.new_empty(x.shape[:-1])


@torch.library.custom_op("bitwright::capsule_routing", mutates_args=())
def _routing_op(x: Tensor, weight: Tensor, iterations: int) -> Tensor:
    return _routing(x, weight, iterations).clone()


@_routing_op.register_fake
def _(x: Tensor, weight: Tensor, iterations: int) -> Tensor:
    return x.new_empty(x.shape[0], weight.shape[0], weight.shape[2])


differentiable(_squash_op, _squash)
differentiable(_length_op, _length)
differentiable(_routing_op, _routing)


def squash(x: Tensor) -> Tensor:
    """``x |x| / (1 + |x|^2)`` along the last dimension: the direction stays, the length becomes less than 1.

    Args:
        x: capsules [..., elements]; of vectors that are zero the result and the gradient are zero.
    """
    result: Tensor = _squash_op(x)
    return result


def capsule_length(x: Tensor) -> Tensor:
    """The length of capsules [..., elements] -> [...]."""
    result: Tensor = _length_op(x)
    return result


def capsule_routing(x: Tensor, weight: Tensor, iterations: int = 3) -> Tensor:
    """Dynamic routing (procedure 1 of the paper), between two layers of capsules.

    Args:
        x: capsules of the layer before, [N, inputs, depth].
        weight: matrices W_ji, [capsules, inputs, dimension, depth].
        iterations: how often couplings are computed, at least 1.

    Returns:
        The last iteration's squashed outputs, [N, capsules, dimension].
    """
    if iterations < 1:
        raise ValueError(f"routing takes at least one iteration, not {iterations}")
    if x.dim() != 3 or weight.dim() != 4 or x.shape[1:] != weight.shape[1::2]:
        raise ValueError(
            f"weights of shape {list(weight.shape)} do not fit capsules of {list(x.shape)}; they must be "
            "[capsules, inputs, dimension, depth] for [N, inputs, depth]"
        )
    result: Tensor = _routing_op(x, weight, iterations)
    return result


class PrimaryCapsules(nn.Module):
    """The first layer of capsules: a convolution whose channels are cut into capsules, squashed.

    [N, in_channels, H, W] -> [N, H' * W' * capsules, dimension], row by row of pixels, the capsules of a pixel side by
    side (which is channels-last, so that the firmware moves nothing).

    Args:
        in_channels: of the input.
        capsules: kinds of capsules, each of which every output pixel has one of.
        dimension: elements of a capsule.
        kernel_size, stride, padding, bias: of the convolution, as in ``torch.nn.Conv2d``.
    """

    def __init__(
        self,
        in_channels: int,
        capsules: int,
        dimension: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.dimension = dimension
        self.conv = nn.Conv2d(in_channels, capsules * dimension, kernel_size, stride, padding, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """The capsules."""
        features = self.conv(x).permute(0, 2, 3, 1)
        return squash(features.reshape(features.shape[0], -1, self.dimension))


class CapsuleLayer(nn.Module):
    """A layer of capsules that those of the layer before route to: [N, inputs, depth] -> [N, capsules, dimension].

    Args:
        inputs, depth: capsules of the layer before, and elements of each.
        capsules, dimension: of this layer.
        iterations: of dynamic routing, at least 1.

    Attributes:
        weight: a parameter [capsules, inputs, dimension, depth]; there is no bias.
    """

    def __init__(self, inputs: int, depth: int, capsules: int, dimension: int, iterations: int = 3) -> None:
        super().__init__()
        if iterations < 1:
            raise ValueError(f"routing takes at least one iteration, not {iterations}")
        self.iterations = iterations
        self.weight = nn.Parameter(torch.empty(capsules, inputs, dimension, depth))
        nn.init.normal_(self.weight, std=(2.0 / (depth + dimension)) ** 0.5)  # Glorot, of each matrix

    def forward(self, x: Tensor) -> Tensor:
        """The last iteration's outputs."""
        return capsule_routing(x, self.weight, self.iterations)


class Length(nn.Module):
    """The length of capsules, which says how sure the network is that their entity is there: [..., d] -> [...]."""

    def forward(self, x: Tensor) -> Tensor:
        """The lengths."""
        return capsule_length(x)


def margin_loss(
    lengths: Tensor, labels: Tensor, present: float = 0.9, absent: float = 0.1, down: float = 0.5
) -> Tensor:
    """The paper's loss (equation 4): squared margins of lengths [N, capsules] for class labels [N], averaged over N."""
    wanted = nn.functional.one_hot(labels, lengths.shape[-1]).to(lengths.dtype)
    missed = wanted * torch.relu(present - lengths) ** 2
    imagined = down * (1 - wanted) * torch.relu(lengths - absent) ** 2
    return (missed + imagined).sum(dim=-1).mean()
