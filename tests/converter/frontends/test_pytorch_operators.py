"""Every ATen operator that is served, over random arguments: the graph computes what the module computes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from torch_peer import few, operators, random, same, same_function, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn, F = torch.nn, torch.nn.functional

seeds = st.integers(0, 2**16)


# -- convolution ---------------------------------------------------------------------------------------------------


@st.composite
def convolutions(draw: Any) -> tuple[Any, Any]:
    """A convolution over one or two dimensions with groups, dilation and every spelling of padding, and its input."""
    spatial = draw(st.sampled_from([1, 2]))
    kernel = [draw(st.integers(1, 4)) for _ in range(spatial)]
    dilation = [draw(st.integers(1, 2)) for _ in range(spatial)]
    groups, per_group = draw(st.sampled_from([(1, 3), (1, 1), (4, 1), (2, 2), (3, 2)]))
    channels, multiplier = groups * per_group, draw(st.integers(1, 2))
    padding: Any = draw(st.sampled_from(["same", "valid", 0, 1, 3, "each"]))
    stride = 1 if padding == "same" else draw(st.integers(1, 3))
    if padding == "each":
        padding = [draw(st.integers(0, 2)) for _ in range(spatial)]
    mode = draw(st.sampled_from(["zeros", "zeros", "zeros", "reflect", "replicate", "circular"]))
    size = [draw(st.integers(8, 11)) for _ in range(spatial)]
    layer = (nn.Conv1d, nn.Conv2d)[spatial - 1](
        channels, groups * multiplier, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups,
        bias=draw(st.booleans()), padding_mode=mode,
    )  # fmt: skip
    seed = draw(seeds)
    batch = draw(st.sampled_from([(1,), (2,), ()]))
    return shaken(layer, seed), random(*batch, channels, *size, seed=seed)


@given(convolutions())
@few
def test_convolution(case: tuple[Any, Any]) -> None:
    same(*case)


def test_groups_of_one_channel_are_depthwise() -> None:
    graph = same(shaken(nn.Conv2d(4, 8, 3, groups=4)), random(1, 4, 6, 6))
    assert operators(graph) == ["DEPTHWISE_CONV_2D"]
    graph = same(shaken(nn.Conv2d(4, 8, 3, groups=2)), random(1, 4, 6, 6))
    assert operators(graph) == ["SPLIT", "CONV_2D", "CONV_2D", "CONCATENATION"]


@st.composite
def transposed_convolutions(draw: Any) -> tuple[Any, Any]:
    """A transposed convolution with output padding, dilation and groups, and its input."""
    spatial = draw(st.sampled_from([1, 2]))
    kernel = [draw(st.integers(1, 4)) for _ in range(spatial)]
    stride = [draw(st.integers(1, 3)) for _ in range(spatial)]
    dilation = [draw(st.integers(1, 2)) for _ in range(spatial)]
    padding = [draw(st.integers(0, k - 1)) for k in kernel]
    extra = [draw(st.integers(0, s - 1)) for s in stride]
    groups = draw(st.sampled_from([1, 1, 2]))
    layer = (nn.ConvTranspose1d, nn.ConvTranspose2d)[spatial - 1](
        2 * groups, 3 * groups, kernel, stride=stride, padding=padding, output_padding=extra, dilation=dilation,
        groups=groups, bias=draw(st.booleans()),
    )  # fmt: skip
    seed = draw(seeds)
    return shaken(layer, seed), random(1, 2 * groups, *[draw(st.integers(3, 6)) for _ in range(spatial)], seed=seed)


@given(transposed_convolutions())
@few
def test_transposed_convolution(case: tuple[Any, Any]) -> None:
    same(*case)


# -- matrices ------------------------------------------------------------------------------------------------------


@given(st.sampled_from([(1, 7), (7,), (3, 7), (1, 4, 7), (1, 2, 3, 7)]), st.booleans(), seeds)
@few
def test_linear(shape: tuple[int, ...], bias: bool, seed: int) -> None:
    assert operators(same(shaken(nn.Linear(7, 5, bias), seed), random(*shape, seed=seed))) == ["FULLY_CONNECTED"]


MATRICES = [
    ((3, 4), (4, 5)), ((2, 3, 4), (2, 4, 5)), ((1, 2, 3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)),
    ((2, 1, 3, 4), (5, 4, 2)),
]  # fmt: skip


@given(st.sampled_from(MATRICES), st.sampled_from(["left", "right", "none"]), seeds)
@few
def test_matmul(shapes: tuple[tuple[int, ...], tuple[int, ...]], constant: str, seed: int) -> None:
    left, right = random(*shapes[0], seed=seed), random(*shapes[1], seed=seed + 1)
    if constant == "right":
        same_function(lambda x: x @ right, left)
    elif constant == "left":
        same_function(lambda x: left @ x, right)
    else:
        same_function(torch.matmul, left, right)


def test_products_with_a_bias() -> None:
    weights, bias = random(4, 5), random(5)
    assert operators(same_function(lambda x: torch.addmm(bias, x, weights), random(3, 4))) == ["FULLY_CONNECTED"]
    same_function(lambda b, x: torch.addmm(b, x, weights), random(3, 5), random(3, 4))
    same_function(lambda x: torch.addmm(random(3, 5), x, weights), random(3, 4))
    same_function(torch.baddbmm, random(2, 3, 5), random(2, 3, 4), random(2, 4, 5))
    same_function(torch.bmm, random(2, 3, 4), random(2, 4, 5))
    same_function(torch.mm, random(3, 4), random(4, 5))
    same_function(F.linear, random(3, 4), random(5, 4))
    same_function(lambda x, y: torch.einsum("bij,bkj->bik", x, y), random(1, 3, 4), random(1, 5, 4))


@given(st.sampled_from([None, 0.3]), st.sampled_from([(2,), (1, 2)]), seeds)
@few
def test_attention(scale: float | None, batch: tuple[int, ...], seed: int) -> None:
    query, key, value = (random(*batch, size, 6, seed=seed + size) for size in (3, 5, 5))
    graph = same_function(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=scale), query, key, value)
    assert [op for op in operators(graph) if op != "RESHAPE"] == ["ATTENTION"]
    bias = random(3, 5, seed=seed)
    graph = same_function(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, bias, scale=scale), query, key, value)
    assert [op for op in operators(graph) if op != "RESHAPE"] == ["ATTENTION"]


# -- normalization -------------------------------------------------------------------------------------------------


@given(st.sampled_from([(1, 6), (1, 6, 5), (1, 6, 5, 4)]), st.booleans(), seeds)
@few
def test_batch_norm(shape: tuple[int, ...], affine: bool, seed: int) -> None:
    kind = (nn.BatchNorm1d, nn.BatchNorm1d, nn.BatchNorm2d)[len(shape) - 2]
    same(shaken(kind(6, affine=affine, eps=1e-3), seed), random(*shape, seed=seed))


@given(st.sampled_from([(1, 6), (1, 6, 5), (2, 6, 5, 4)]), st.sampled_from([1, 2, 3, 6]), st.booleans(), seeds)
@few
def test_group_norm(shape: tuple[int, ...], groups: int, affine: bool, seed: int) -> None:
    assume(groups < 6 or len(shape) > 2)  # one value has no deviation
    same(shaken(nn.GroupNorm(groups, 6, affine=affine), seed), random(*shape, seed=seed))


@given(st.sampled_from([(6,), (5, 6), (4, 5, 6)]), st.booleans(), st.booleans(), seeds)
@few
def test_layer_norm(shape: tuple[int, ...], affine: bool, bias: bool, seed: int) -> None:
    layer = nn.LayerNorm(shape, elementwise_affine=affine, bias=bias)
    inputs = random(1, 3, 4, 5, 6, seed=seed)[(slice(None),) * 2 + (0,) * (3 - len(shape))]
    assert operators(same(shaken(layer, seed), inputs)) == ["LAYER_NORM"]


def test_rows_too_long_for_one_operator_are_normalized_in_parts() -> None:
    for layer in (nn.LayerNorm(17000), nn.RMSNorm(17000)):
        assert "RSQRT" in operators(same(shaken(layer), random(1, 17000)))


def test_other_normalizations() -> None:
    same(shaken(nn.InstanceNorm2d(4, affine=True)), random(1, 4, 6, 5))
    same(shaken(nn.InstanceNorm1d(4)), random(2, 4, 6))
    same(shaken(nn.InstanceNorm2d(4, affine=True, track_running_stats=True)), random(1, 4, 6, 5))
    for layer in (nn.RMSNorm(6), nn.RMSNorm([5, 6], eps=1e-3, elementwise_affine=False)):
        assert operators(same(shaken(layer), random(1, 5, 6))) == ["RMS_NORM"]


# -- functions of one value ----------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": nn.ReLU(),
    "relu in place": nn.ReLU(inplace=True),
    "relu6": nn.ReLU6(),
    "hardtanh": nn.Hardtanh(),
    "hardtanh 0 1": nn.Hardtanh(0.0, 1.0),
    "hardtanh -2 3": nn.Hardtanh(-2.0, 3.0),
    "leaky relu": nn.LeakyReLU(0.2),
    "prelu": nn.PReLU(1),
    "prelu per channel": shaken(nn.PReLU(4)),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "hardsigmoid": nn.Hardsigmoid(),
    "hardswish": nn.Hardswish(inplace=True),
    "silu": nn.SiLU(),
    "gelu": nn.GELU(),
    "gelu tanh": nn.GELU(approximate="tanh"),
    "elu": nn.ELU(0.7),
    "celu": nn.CELU(0.7),
    "selu": nn.SELU(),
    "glu": nn.GLU(1),
    "softmax": nn.Softmax(1),
    "softmax of the last": nn.Softmax(-1),
    "softmax2d": nn.Softmax2d(),
    "softmin": nn.Softmin(1),
    "dropout": nn.Dropout(0.5),
    "dropout2d": nn.Dropout2d(0.5),
    "identity": nn.Identity(),
}


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("identity", "dropout", "dropout2d")])
def test_activation(name: str) -> None:
    same(ACTIVATIONS[name], 3 * random(1, 4, 5, 6))


def test_clamps() -> None:
    x = 3 * random(1, 20)
    assert operators(same_function(lambda v: v.clamp(min=0), x)) == ["RELU"]
    assert operators(same_function(lambda v: v.clamp(0, 6), x)) == ["RELU6"]
    assert operators(same_function(lambda v: v.clamp(-1, 1), x)) == ["RELU_N1_TO_1"]
    assert operators(same_function(lambda v: v.clamp_max(0.5), x)) == ["MINIMUM"]
    assert operators(same_function(lambda v: v.clamp_min(0.5), x)) == ["MAXIMUM"]
    same_function(lambda v: v.clamp(-0.5, 2), x)
    same_function(lambda v: torch.clamp(v, min=torch.tensor(-0.5), max=torch.tensor(1.0)), x)
    same_function(lambda v, low: torch.clamp(v, min=low), x, random(1, 20, seed=1))


def test_unary_arithmetic() -> None:
    positive = random(1, 4, 5).abs() + 0.1
    for function in (torch.neg, torch.abs, torch.exp, torch.square):
        same_function(function, random(1, 4, 5))
    for function in (torch.sqrt, torch.rsqrt, lambda x: x**0.5, lambda x: x**-0.5):
        same_function(function, positive)
    for exponent in (1, 2, 3, 4):
        same_function(lambda x, e=exponent: x**e, random(1, 4, 5))


# -- arithmetic ----------------------------------------------------------------------------------------------------

BINARY = {
    "add": lambda x, y: x + y,
    "add scaled": lambda x, y: torch.add(x, y, alpha=0.5),
    "sub": lambda x, y: x - y,
    "sub scaled": lambda x, y: torch.sub(x, y, alpha=2),
    "mul": lambda x, y: x * y,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}


@given(
    st.sampled_from(sorted(BINARY)),
    st.sampled_from([(1, 4, 5, 6), (4, 5, 6), (1, 4, 1, 1), (4, 1, 1), (6,), ()]),
    st.sampled_from(["two inputs", "constant", "reversed"]),
    seeds,
)
@few
def test_binary(name: str, shape: tuple[int, ...], form: str, seed: int) -> None:
    function, x, y = BINARY[name], random(1, 4, 5, 6, seed=seed), random(*shape, seed=seed + 1)
    if form == "constant":
        same_function(lambda v: function(v, y), x)
    elif form == "reversed":
        same_function(lambda v: function(y, v), x)
    elif shape:
        same_function(function, x, y)


def test_arithmetic_with_numbers() -> None:
    x = random(1, 4, 5)
    for function in (
        lambda v: v + 2, lambda v: 2 - v, lambda v: v - 0.5, lambda v: 3 * v, lambda v: v / 7, lambda v: -v / 0.3,
        lambda v: torch.rsub(v, 2, alpha=3), lambda v: v / torch.arange(1, 6), lambda v: torch.add(v, 2, alpha=3),
    ):  # fmt: skip
        same_function(function, x)


def test_changes_in_place_are_values() -> None:
    def change(x: Any) -> Any:
        y = x * 2
        y += 1
        y.mul_(x).relu_()
        return y

    same_function(change, random(1, 4, 5))

    def filled(x: Any) -> Any:
        out = torch.empty(1, 4, 5)
        torch.add(x, 1, out=out)
        return out * x

    same_function(filled, random(1, 4, 5))


def test_broadcasting_that_waits_for_arithmetic() -> None:
    def gate(x: Any) -> Any:
        return x * x.mean((2, 3), keepdim=True).expand_as(x)

    assert "TILE" not in operators(same_function(gate, random(1, 4, 5, 6)))
    same_function(lambda x: x.mean(1, keepdim=True).expand(-1, 3, -1).contiguous(), random(1, 4, 5))
    same_function(lambda x: x[:, :, None].expand(1, 4, 3, 5) + x[:, :, None].expand(1, 4, 3, 5), random(1, 4, 5))
    same_function(lambda x: x.expand(2, 4, 5), random(1, 4, 5))


# -- reductions ----------------------------------------------------------------------------------------------------

REDUCTIONS = {
    "mean": torch.mean,
    "sum": torch.sum,
    "amax": torch.amax,
    "amin": torch.amin,
    "var": torch.var,
    "std": lambda x, dim, keepdim: torch.std(x, dim, correction=0, keepdim=keepdim),
}


@given(st.sampled_from(sorted(REDUCTIONS)), st.sampled_from([(1,), (-1,), (2, 3), (1, 2, 3), (0, 1)]), st.booleans())
@few
def test_reduction(name: str, axes: tuple[int, ...], keep: bool) -> None:
    same_function(lambda x: REDUCTIONS[name](x, dim=axes, keepdim=keep), random(1, 4, 5, 6))


def test_reductions_with_indices() -> None:
    x = random(1, 4, 5, 6)
    for function in (
        lambda v: v.argmax(1), lambda v: v.argmin(-1), lambda v: v.argmax(1, keepdim=True), lambda v: v.argmax(),
        lambda v: v.max(1), lambda v: v.min(2, keepdim=True), lambda v: v.max(1).values, lambda v: v.max(1).indices,
        lambda v: v.max(), lambda v: v.mean(), lambda v: v.sum(), lambda v: v.std(1), lambda v: v.std(),
    ):  # fmt: skip
        same_function(function, x)


# -- pooling -------------------------------------------------------------------------------------------------------


@st.composite
def pools(draw: Any) -> tuple[Any, Any]:
    """A pooling layer with rounding up, padding that counts or not and divisors of its own, and its input."""
    spatial = draw(st.sampled_from([1, 2]))
    kernel = [draw(st.integers(1, 4)) for _ in range(spatial)]
    stride = draw(st.one_of(st.none(), st.lists(st.integers(1, 4), min_size=spatial, max_size=spatial)))
    options = {
        "stride": stride,
        "padding": [draw(st.integers(0, k // 2)) for k in kernel],
        "ceil_mode": draw(st.booleans()),
    }
    if draw(st.booleans()):
        layer = (nn.MaxPool1d, nn.MaxPool2d)[spatial - 1](kernel, **options)
    else:
        options["count_include_pad"] = draw(st.booleans())
        if spatial == 2:
            options["divisor_override"] = draw(st.sampled_from([None, None, 3]))
        layer = (nn.AvgPool1d, nn.AvgPool2d)[spatial - 1](kernel, **options)
    return layer, random(1, 3, *[draw(st.integers(5, 10)) for _ in range(spatial)], seed=draw(seeds))


@given(pools())
@few
def test_pool(case: tuple[Any, Any]) -> None:
    same(*case)


@pytest.mark.parametrize("sizes", [(12, 6, 4), (12, 1, 1), (12, 12, None), (7, 3, 2), (12, 1, None)])
@pytest.mark.parametrize("kind", ["Avg", "Max"])
def test_adaptive_pool(kind: str, sizes: tuple[int, int, int | None]) -> None:
    x = random(1, 3, sizes[0], 8)
    same(getattr(nn, f"Adaptive{kind}Pool2d")(sizes[1:]), x)
    same(getattr(nn, f"Adaptive{kind}Pool1d")(sizes[1]), x[:, :, :, 0])


# -- resizing ------------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["nearest", "nearest-exact", "bilinear", "bilinear aligned", "linear"]),
    st.sampled_from([2, 3, 0.5, 1.5, (7, 9), (3, 5), (12, 4)]),
    st.booleans(),
    seeds,
)
@few
def test_resize(mode: str, target: Any, one: bool, seed: int) -> None:
    kind, aligned = mode.split()[0], True if mode.endswith("aligned") else None
    one = kind == "linear" or (one and kind.startswith("nearest"))
    size = {"size": target[0] if one else target} if isinstance(target, tuple) else {"scale_factor": target}
    assume(target != 1.5 or kind.startswith("nearest"))  # 6 and 8 pixels times 1.5 are whole numbers; 5 are not
    x = random(1, 3, *([5] if one and target == 1.5 else [6] if one else [5 if target == 1.5 else 6, 8]), seed=seed)
    same_function(lambda v: F.interpolate(v, mode=kind, align_corners=aligned, **size), x)


# -- shapes --------------------------------------------------------------------------------------------------------

SHAPES = {
    "flatten": lambda x: x.flatten(1),
    "view": lambda x: x.view(1, 2, 2, 30),
    "reshape": lambda x: x.reshape(-1, 15),
    "permute": lambda x: x.permute(0, 2, 3, 1),
    "permute from the end": lambda x: x.permute(0, -1, 1, 2),
    "transpose": lambda x: x.transpose(1, -1),
    "t": lambda x: x[0, 0].t(),
    "T": lambda x: x[0, 0].T,
    "mT": lambda x: x.mT,
    "movedim": lambda x: x.movedim(1, -1),
    "squeeze": lambda x: x.mean(2, keepdim=True).squeeze(2).squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(1).unsqueeze(-1),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "cat": lambda x: torch.cat([x, x * 2, torch.zeros(1, 1, 5, 6)], 1),
    "cat with an empty tensor": lambda x: torch.cat([torch.zeros(0), x]),
    "stack": lambda x: torch.stack([x, -x], -2),
    "split": lambda x: x.split(2, 1),
    "split unevenly": lambda x: x.split(4, -1),
    "split by sizes": lambda x: torch.split(x, [1, 3], 1),
    "chunk": lambda x: x.chunk(3, -1)[1],
    "unbind": lambda x: x.unbind(1),
    "slice": lambda x: x[:, 1:-1, ::2, -3:],
    "slice whole": lambda x: x[:, :, 0:9],
    "select": lambda x: x[:, 1] + x[:, -1],
    "select of the last": lambda x: x[..., 2],
    "narrow": lambda x: x.narrow(2, 1, 3),
    "index": lambda x: x[:, [2, 0, 1]],
    "index select": lambda x: x.index_select(-1, torch.tensor([5, 0, 0])),
    "flip": lambda x: x.flip((1, -1)),
    "roll": lambda x: x.roll((1, -2), (2, 3)),
    "repeat": lambda x: x.repeat(1, 2, 1, 3),
    "repeat with more dimensions": lambda x: x.repeat(2, 1, 1, 1, 2),
    "tile": lambda x: x.tile((2, 1)),
    "repeat interleave": lambda x: x.repeat_interleave(2, 1),
    "pad": lambda x: F.pad(x, (1, 2, 0, 3)),
    "pad with a value": lambda x: F.pad(x, (1, 2, 0, 3, 1, 0), value=-2.5),
    "pad negatively": lambda x: F.pad(x, (-1, 2, 1, -2)),
    "pad reflect": lambda x: F.pad(x, (1, 2, 3, 0), mode="reflect"),
    "pad replicate": lambda x: F.pad(x, (1, 2, 3, 0), mode="replicate"),
    "pad circular": lambda x: F.pad(x, (1, 2, 3, 0), mode="circular"),
    "channel shuffle": lambda x: F.channel_shuffle(x, 2),
    "pixel shuffle": lambda x: F.pixel_shuffle(x, 2),
    "pixel unshuffle": lambda x: F.pixel_unshuffle(x[:, :, :4], 2),
    "clone": lambda x: x.clone().detach().contiguous().to(torch.float64).float() * 2,
    "meshgrid of constants": lambda x: x + torch.meshgrid(torch.arange(5), torch.arange(6), indexing="ij")[0],
    "zeros like": lambda x: x + torch.ones_like(x) + x.new_full((5, 6), 3.0) + torch.zeros_like(x[:, 0:1]),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shape(name: str) -> None:
    same_function(SHAPES[name], random(1, 4, 5, 6))
