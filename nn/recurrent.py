"""Normalized recurrent cells for PyTorch, and iRNN's normalization by mean absolute deviation.

    cell = NormLSTMCell(40, 64, norm=MadNorm)     # or nn.LayerNorm
    hidden, cells = cell.zeros(len(batch))
    for step in range(steps):
        hidden, cells = cell(x[:, step], hidden, cells)

A cell takes and gives its state. Exported for one step, it is a network whose states Bitwright keeps inside
(``bitwright quantize --state hidden=...``); its layers are those of any network, each int8 or int16 by the recipe.

Everything runs and trains in eager PyTorch. ``torch.export`` keeps ``bitwright::mad_norm`` as one operator, which
becomes the integer operator MAD_NORM. A program of your own opens a .pt2 file with it after it has imported this
module.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .gradient import differentiable

__all__ = ["MadNorm", "NormGRUCell", "NormLSTMCell", "mad_norm"]


def _mad_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    centred = x - x.mean(dim=-1, keepdim=True)
    deviation = centred.abs().mean(dim=-1, keepdim=True)
    return centred / torch.where(deviation > 0, deviation, torch.ones_like(deviation)) * weight + bias


@torch.library.custom_op("bitwright::mad_norm", mutates_args=())
def mad_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """``weight (x - mu) / mean|x - mu| + bias`` over the last dimension; the bias where all of a row is equal."""
    return _mad_norm(x, weight, bias)


@mad_norm.register_fake
def _(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.empty_like(x)


differentiable(mad_norm, _mad_norm)


class MadNorm(nn.Module):
    """Normalization of iRNN (arXiv 2109.09828) over the last dimension: as layer normalization, with the mean absolute
    deviation in place of the standard deviation."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, x: Tensor) -> Tensor:
        """[..., size] -> the same."""
        result: Tensor = mad_norm(x, self.weight, self.bias)
        return result


#: Makes the normalization of so many values: MadNorm, nn.LayerNorm or nn.RMSNorm.
Norm = Callable[[int], nn.Module]


class NormLSTMCell(nn.Module):
    """An LSTM cell whose two products and new cells are normalized (Ba, Kiros and Hinton, 2016, arXiv 1607.06450).

    i, f, g, o = norm(W x) + norm(R h); c' = s(f) c + s(i) tanh(g); h' = s(o) tanh(norm(c')).
    """

    def __init__(self, inputs: int, cells: int, norm: Norm = nn.LayerNorm) -> None:
        super().__init__()
        self.cells = cells
        self.of_input, self.of_state = nn.Linear(inputs, 4 * cells), nn.Linear(cells, 4 * cells, bias=False)
        self.input_norm, self.state_norm, self.cell_norm = norm(4 * cells), norm(4 * cells), norm(cells)

    def zeros(self, batch: int = 1) -> tuple[Tensor, Tensor]:
        """The first state."""
        return self.of_input.weight.new_zeros(batch, self.cells), self.of_input.weight.new_zeros(batch, self.cells)

    def forward(self, x: Tensor, hidden: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """[N, inputs], [N, cells] twice -> the next hidden values and cells."""
        gates = self.input_norm(self.of_input(x)) + self.state_norm(self.of_state(hidden))
        enter, forget, new, leave = gates.chunk(4, dim=-1)
        cells = torch.sigmoid(forget) * cells + torch.sigmoid(enter) * torch.tanh(new)
        return torch.sigmoid(leave) * torch.tanh(self.cell_norm(cells)), cells


class NormGRUCell(nn.Module):
    """A GRU cell whose two products are normalized.

    r, z, n of norm(W x) and norm(R h) as in nn.GRUCell: n = tanh(norm(W x) + s(r) norm(R h)), h' = (1 - z) n + z h.
    """

    def __init__(self, inputs: int, cells: int, norm: Norm = nn.LayerNorm) -> None:
        super().__init__()
        self.cells = cells
        self.of_input, self.of_state = nn.Linear(inputs, 3 * cells), nn.Linear(cells, 3 * cells, bias=False)
        self.input_norm, self.state_norm = norm(3 * cells), norm(3 * cells)

    def zeros(self, batch: int = 1) -> Tensor:
        """The first state."""
        return self.of_input.weight.new_zeros(batch, self.cells)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        """[N, inputs], [N, cells] -> the next hidden values."""
        parts = (
            self.input_norm(self.of_input(x)).chunk(3, dim=-1),
            self.state_norm(self.of_state(hidden)).chunk(3, dim=-1),
        )
        reset, update = (torch.sigmoid(parts[0][i] + parts[1][i]) for i in range(2))
        new = torch.tanh(parts[0][2] + reset * parts[1][2])
        return new + update * (hidden - new)
