"""Causal self-attention for PyTorch that becomes firmware with a key-value cache: one token an inference.

    attention = CausalSelfAttention(96, heads=4, context=64, cache_bits=4)
    y = attention(x)                                # [N, tokens, 96]: a whole sequence, as training sees it
    y, past = attention.step(x[:, :1])              # the same, token by token
    y, past = attention.step(x[:, 1:2], past)

A token sees itself and the ``context`` tokens before it, whatever came earlier, so that firmware keeps a ring of that
many keys and values. ``torch.export`` keeps ``bitwright::cached_attention`` as one operator, which becomes the integer
operator CACHED_ATTENTION; ``cache_bits`` and ``past_only`` say how that keeps the past, and change nothing here.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .gradient import differentiable

__all__ = ["CausalSelfAttention", "Past", "alibi_slopes", "cached_attention"]

#: Keys and values of the last tokens, [N, tokens, heads * depth] each.
Past = tuple[Tensor, Tensor]


def alibi_slopes(heads: int) -> list[float]:
    """What a head's scores lose with a token of distance: 2^(-8 / heads), 2^(-16 / heads), … (Press et al., 2022)."""
    return [2.0 ** (-8.0 * (head + 1) / heads) for head in range(heads)]


def _attend(query: Tensor, key: Tensor, value: Tensor, heads: int, context: int, slopes: list[float]) -> Tensor:
    """The last tokens of keys and values are those of the queries."""
    query, key, value = (x.reshape(*x.shape[:-1], heads, -1).transpose(1, 2) for x in (query, key, value))
    queries, keys = query.shape[2], key.shape[2]
    places = torch.arange(keys, device=query.device)
    age = places[keys - queries :, None] - places[None]
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    if slopes:
        scores = scores - torch.tensor(slopes, dtype=scores.dtype, device=scores.device)[:, None, None] * age
    scores = scores.masked_fill((age < 0) | (age > context), -math.inf)
    return (scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)


def _cached(
    query: Tensor, key: Tensor, value: Tensor, heads: int, context: int, slopes: list[float], bits: int, past_only: bool
) -> Tensor:
    return _attend(query, key, value, heads, context, slopes)


@torch.library.custom_op("bitwright::cached_attention", mutates_args=())
def _cached_op(
    query: Tensor, key: Tensor, value: Tensor, heads: int, context: int, slopes: list[float], bits: int, past_only: bool
) -> Tensor:
    return _cached(query, key, value, heads, context, slopes, bits, past_only).clone()


@_cached_op.register_fake
def _(
    query: Tensor, key: Tensor, value: Tensor, heads: int, context: int, slopes: list[float], bits: int, past_only: bool
) -> Tensor:
    return query.new_empty((*query.shape[:-1], value.shape[-1]))


differentiable(_cached_op, _cached)


def cached_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    heads: int,
    context: int,
    slopes: list[float] | None = None,
    bits: int = 8,
    past_only: bool = True,
) -> Tensor:
    """``softmax(Q K^T / sqrt(depth) - slope * age) V`` of every head over a token and the ``context`` before it.

    Args:
        query, key, value: [N, tokens, heads * depth], of which nothing came before.
        slopes: a number for each head; none where age does not count.
        bits: 4, 8 or 16, of keys and values in the firmware's cache; past_only: the token itself is not rounded to it.

    Raises:
        ValueError: sizes or bits that do not fit.
    """
    slopes = list(slopes or ())
    if query.dim() != 3 or key.shape != query.shape or value.shape[:2] != query.shape[:2]:
        raise ValueError(f"queries, keys and values must be [N, tokens, heads * depth], found {list(query.shape)}")
    if query.shape[2] % heads or value.shape[2] % heads or len(slopes) not in (0, heads) or context < 1:
        raise ValueError(f"{heads} heads, {len(slopes)} slopes and a context of {context} do not fit")
    if bits not in (4, 8, 16):
        raise ValueError(f"a cache of {bits} bits; there are 4, 8 and 16")
    result: Tensor = _cached_op(query, key, value, heads, context, slopes, bits, past_only)
    return result


class CausalSelfAttention(nn.Module):
    """Projections, attention to a token and the ``context`` tokens before it, and a projection back.

    Args:
        dim: of a token; heads: by which it divides.
        context: tokens before the present one that are remembered.
        alibi: scores fall with age (:func:`alibi_slopes`); else order does not matter.
        cache_bits: 4, 8 or 16, of keys and values in the firmware's cache, with a scale for each token and head (16: as
            they are).
        past_only: the present token's keys and values are not rounded to the cache ("Past-Only Quantization" of
            WKVQuant, Yue et al., 2024, arXiv 2402.12065).
    """

    def __init__(
        self, dim: int, heads: int, context: int, alibi: bool = True, cache_bits: int = 8, past_only: bool = True
    ) -> None:
        super().__init__()
        if dim % heads:
            raise ValueError(f"{dim} elements do not make {heads} heads")
        self.heads, self.context, self.cache_bits, self.past_only = heads, context, cache_bits, past_only
        self.slopes = alibi_slopes(heads) if alibi else []
        self.query, self.key, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """[N, tokens, dim] -> the same."""
        mixed = cached_attention(
            self.query(x), self.key(x), self.value(x),
            self.heads, self.context, self.slopes, self.cache_bits, self.past_only,
        )  # fmt: skip
        result: Tensor = self.out(mixed)
        return result

    def step(self, x: Tensor, past: Past | None = None) -> tuple[Tensor, Past]:
        """The next tokens [N, tokens, dim] of a sequence, and the past for those after them."""
        key, value = self.key(x), self.value(x)
        if past is not None:
            key, value = torch.cat((past[0], key), dim=1), torch.cat((past[1], value), dim=1)
        mixed = _attend(self.query(x), key, value, self.heads, self.context, self.slopes)
        return self.out(mixed), (key[:, -self.context :], value[:, -self.context :])
