"""Three keyword networks of at most 150,000 parameters: frames [batch, 49, 40] to scores [batch, 12]."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from .data import CLASSES, SETTINGS

FRAMES, VALUES = 49, SETTINGS.values


class Hidden(nn.Module):
    """A recurrent layer's hidden values alone."""

    def __init__(self, layer: nn.LSTM | nn.GRU) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0]


class Recurrent(nn.Module):
    """One recurrent layer, the mean of its hidden values over time, and a dense layer."""

    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU], cells: int) -> None:
        super().__init__()
        self.layer = kind(VALUES, cells, batch_first=True)
        if kind is nn.LSTM:  # remember, to begin with (Jozefowicz et al., 2015)
            nn.init.constant_(self.layer.bias_ih_l0[cells : 2 * cells], 1.0)
        self.dropout = nn.Dropout(0.3)
        self.classifier = nn.Linear(cells, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        hidden, _ = self.layer(x)
        return self.classifier(self.dropout(hidden.mean(dim=1)))


class Transformer(nn.Module):
    """After the Keyword Transformer (Berg et al., 2021): tokens of two frames, learned positions, encoder layers with
    the normalization first, the mean over time in the place of a class token."""

    def __init__(self, width: int = 64, heads: int = 2, inner: int = 128, layers: int = 3) -> None:
        super().__init__()
        self.tokens = (FRAMES - 1) // 2
        self.embedding = nn.Linear(2 * VALUES, width)
        self.positions = nn.Parameter(torch.randn(1, self.tokens, width) * 0.02)
        layer = nn.TransformerEncoderLayer(width, heads, inner, 0.2, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.classifier = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        pairs = x[:, : 2 * self.tokens].reshape(-1, self.tokens, 2 * VALUES)
        encoded = self.encoder(self.embedding(pairs) + self.positions)
        return self.classifier(encoded.mean(dim=1))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "lstm": lambda: Recurrent(nn.LSTM, 96),
    "gru": lambda: Recurrent(nn.GRU, 96),
    "transformer": Transformer,
}
