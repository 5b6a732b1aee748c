"""Small networks in the manner of torchvision and timm: one per architecture that users bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch_peer import random, shaken

torch = pytest.importorskip("torch", reason="needs torch: pip install 'bitwright[torch]'")
nn, F = torch.nn, torch.nn.functional


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1, act: Any = nn.ReLU) -> Any:
    """Convolution, batch normalization, activation."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([act()] if act else []))


class BasicBlock(nn.Module):  # type: ignore[misc]
    """He et al., 2016: two convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = conv(inputs, outputs, 1, stride, act=None) if stride > 1 else None

    def forward(self, x: Any) -> Any:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(nn.Module):  # type: ignore[misc]
    """A stem with max pooling and two stages."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = nn.Sequential(BasicBlock(8, 16, 2), BasicBlock(16, 16))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(16, 10)

    def forward(self, x: Any) -> Any:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.avgpool(self.layer2(self.layer1(x)))
        return self.fc(torch.flatten(x, 1))


class InvertedResidual(nn.Module):  # type: ignore[misc]
    """Sandler et al., 2018: expand, depthwise, project."""

    def __init__(self, inputs: int, outputs: int, stride: int, expand: int) -> None:
        super().__init__()
        hidden = inputs * expand
        self.use_res_connect = stride == 1 and inputs == outputs
        self.conv = nn.Sequential(
            conv(inputs, hidden, 1, act=nn.ReLU6),
            conv(hidden, hidden, 3, stride, hidden, act=nn.ReLU6),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Any) -> Any:
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):  # type: ignore[misc]
    """Three inverted residuals and a classifier with dropout."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [InvertedResidual(8, 8, 1, 2), InvertedResidual(8, 12, 2, 3), InvertedResidual(12, 12, 1, 3)]
        self.features = nn.Sequential(conv(3, 8, 3, 2, act=nn.ReLU6), *blocks, conv(12, 32, 1, act=nn.ReLU6))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(32, 10))

    def forward(self, x: Any) -> Any:
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))


class SqueezeExcite(nn.Module):  # type: ignore[misc]
    """Hu et al., 2018: every channel times a gate of the channels' means."""

    def __init__(self, channels: int, act: Any, gate: Any) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(channels, channels // 2, 1), nn.Conv2d(channels // 2, channels, 1)
        self.activation, self.scale_activation = act(), gate()

    def forward(self, x: Any) -> Any:
        return self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x))))) * x


class GatedResidual(nn.Module):  # type: ignore[misc]
    """An inverted residual with squeeze and excitation: MobileNetV3 (Howard et al., 2019), EfficientNet's MBConv."""

    def __init__(self, channels: int, kernel: int, act: Any, gate: Any) -> None:
        super().__init__()
        hidden = 2 * channels
        self.expand = conv(channels, hidden, 1, act=act)
        self.depthwise = conv(hidden, hidden, kernel, 1, hidden, act=act)
        self.se = SqueezeExcite(hidden, act if act is nn.SiLU else nn.ReLU, gate)
        self.project = conv(hidden, channels, 1, act=None)

    def forward(self, x: Any) -> Any:
        return x + self.project(self.se(self.depthwise(self.expand(x))))


def mobilenet_v3() -> Any:
    """Hardswish and hardsigmoid gates."""
    return nn.Sequential(
        conv(3, 8, 3, 2, act=nn.Hardswish), GatedResidual(8, 5, nn.Hardswish, nn.Hardsigmoid),
        GatedResidual(8, 3, nn.ReLU, nn.Hardsigmoid), nn.AdaptiveAvgPool2d(1), nn.Flatten(1),
        nn.Linear(8, 16), nn.Hardswish(), nn.Dropout(0.2), nn.Linear(16, 10),
    )  # fmt: skip


def efficientnet() -> Any:
    """SiLU and sigmoid gates."""
    return nn.Sequential(
        conv(3, 8, 3, 2, act=nn.SiLU), GatedResidual(8, 3, nn.SiLU, nn.Sigmoid),
        GatedResidual(8, 5, nn.SiLU, nn.Sigmoid), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10),
    )  # fmt: skip


class ShuffleUnit(nn.Module):  # type: ignore[misc]
    """Ma et al., 2018: half of the channels pass, and the halves are shuffled by view, transpose and view."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride, half = stride, channels // 2
        inputs = channels if stride > 1 else half
        if stride > 1:
            self.branch1 = nn.Sequential(conv(channels, channels, 3, 2, channels, act=None), conv(channels, half, 1))
        self.branch2 = nn.Sequential(
            conv(inputs, half, 1), conv(half, half, 3, stride, half, act=None), conv(half, half, 1)
        )

    def forward(self, x: Any) -> Any:
        if self.stride == 1:
            passed, worked = x.chunk(2, dim=1)
            out = torch.cat((passed, self.branch2(worked)), dim=1)
        else:
            out = torch.cat((self.branch1(x), self.branch2(x)), dim=1)
        batch, channels, height, width = out.size()
        out = out.view(batch, 2, channels // 2, height, width)
        return torch.transpose(out, 1, 2).contiguous().view(batch, channels, height, width)


class ShuffleNet(nn.Module):  # type: ignore[misc]
    """Two units; the mean over rows and columns."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.stage = conv(3, 8, 3, 2), nn.Sequential(ShuffleUnit(8, 2), ShuffleUnit(8, 1))
        self.fc = nn.Linear(8, 10)

    def forward(self, x: Any) -> Any:
        return self.fc(self.stage(self.stem(x)).mean([2, 3]))


class GhostModule(nn.Module):  # type: ignore[misc]
    """Han et al., 2020: half of the channels are cheap functions of the others."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.outputs, half = outputs, -(-outputs // 2)
        self.primary_conv, self.cheap_operation = conv(inputs, half, 1), conv(half, half, 3, 1, half)

    def forward(self, x: Any) -> Any:
        first = self.primary_conv(x)
        return torch.cat([first, self.cheap_operation(first)], dim=1)[:, : self.outputs, :, :]


class ConvNeXtBlock(nn.Module):  # type: ignore[misc]
    """Liu et al., 2022: depthwise 7x7, LayerNorm and MLP over the channels last, layer scale."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1, self.act, self.pwconv2 = (
            nn.Linear(channels, 2 * channels),
            nn.GELU(),
            nn.Linear(2 * channels, channels),
        )
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x: Any) -> Any:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(self.act(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class UNet(nn.Module):  # type: ignore[misc]
    """Ronneberger et al., 2015: down, up by a transposed convolution, and the skipped features beside; class maps."""

    def __init__(self) -> None:
        super().__init__()
        self.inc, self.down = conv(3, 8), nn.Sequential(nn.MaxPool2d(2), conv(8, 16))
        self.bottom = nn.Sequential(nn.MaxPool2d(2), conv(16, 16))
        self.up = nn.ConvTranspose2d(16, 16, 2, stride=2)
        self.merge, self.outc = conv(32, 8), nn.Conv2d(16, 3, 1)

    def forward(self, x: Any) -> Any:
        first = self.inc(x)
        second = self.down(first)
        y = self.merge(torch.cat([second, self.up(self.bottom(second))], dim=1))
        y = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.softmax(self.outc(torch.cat([first, y], dim=1)), dim=1)


class TemporalBlock(nn.Module):  # type: ignore[misc]
    """Bai et al., 2018: dilated causal convolutions over time, normalized weights, the future cut off."""

    def __init__(self, inputs: int, outputs: int, dilation: int) -> None:
        super().__init__()
        self.cut = 2 * dilation
        self.conv = nn.utils.parametrizations.weight_norm(
            nn.Conv1d(inputs, outputs, 3, padding=self.cut, dilation=dilation)
        )
        self.relu = nn.ReLU()
        self.shortcut = nn.Conv1d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Any) -> Any:
        y = self.relu(self.conv(x)[:, :, : -self.cut].contiguous())
        return self.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class TCN(nn.Module):  # type: ignore[misc]
    """Three blocks; the last moment is classified."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(TemporalBlock(4, 8, 1), TemporalBlock(8, 8, 2), TemporalBlock(8, 8, 4))
        self.linear = nn.Linear(8, 5)

    def forward(self, x: Any) -> Any:
        return self.linear(self.network(x)[:, :, -1])


def ds_cnn() -> Any:
    """Zhang et al., 2017: the keyword spotter."""
    blocks = [nn.Sequential(conv(8, 8, 3, 1, 8), conv(8, 8, 1)) for _ in range(2)]
    stem = nn.Sequential(nn.Conv2d(1, 8, (10, 4), (2, 2), (5, 1)), nn.BatchNorm2d(8), nn.ReLU())
    return nn.Sequential(stem, *blocks, nn.AvgPool2d((25, 5)), nn.Flatten(), nn.Linear(8, 12), nn.Softmax(-1))


class MixerBlock(nn.Module):  # type: ignore[misc]
    """Tolstikhin et al., 2021: an MLP over the patches and one over the channels."""

    def __init__(self, patches: int, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.tokens = nn.Sequential(nn.Linear(patches, 2 * patches), nn.GELU(), nn.Linear(2 * patches, patches))
        self.channels = nn.Sequential(nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels))

    def forward(self, x: Any) -> Any:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Mixer(nn.Module):  # type: ignore[misc]
    """Patches by a strided convolution, one block, the mean of the patches."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.block = nn.Conv2d(3, 8, 4, 4), MixerBlock(16, 8)
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 10)

    def forward(self, x: Any) -> Any:
        x = self.stem(x).flatten(2).transpose(1, 2)
        return self.head(self.norm(self.block(x)).mean(dim=1))


class Attention(nn.Module):  # type: ignore[misc]
    """timm's attention: one product for queries, keys and values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x: Any) -> Any:
        batch, length, channels = x.shape
        qkv = self.qkv(x).reshape(batch, length, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        x = F.scaled_dot_product_attention(query, key, value)
        return self.proj(x.transpose(1, 2).reshape(batch, length, channels))


class ViT(nn.Module):  # type: ignore[misc]
    """Dosovitskiy et al., 2021: a class token, positions, one block."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(3, 8, 4, 4)
        self.cls_token, self.pos_embed = nn.Parameter(torch.zeros(1, 1, 8)), nn.Parameter(torch.zeros(1, 17, 8))
        self.norm1, self.attn = nn.LayerNorm(8), Attention(8, 2)
        self.norm2, self.mlp = nn.LayerNorm(8), nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 10)

    def forward(self, x: Any) -> Any:
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
        x = x + self.attn(self.norm1(x))
        x = x + self.mlp(self.norm2(x))
        return self.head(x[:, 0])


class Transformer(nn.Module):  # type: ignore[misc]
    """torch's own encoder layer with torch.nn.MultiheadAttention over a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True, norm_first=True)
        self.head = nn.Linear(8, 4)

    def forward(self, x: Any) -> Any:
        return self.head(self.layer(x).mean(1))


def lenet() -> Any:
    """LeCun et al., 1998, as PyTorch's tutorials write it: the flattened features are channels-first."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(16 * 4 * 4, 20), nn.ReLU(), nn.Linear(20, 10),
    )  # fmt: skip


def group_normalized() -> Any:
    """Convolutions with GroupNorm, as small batches are trained."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU(), nn.Conv2d(8, 8, 3, 2, 1), nn.GroupNorm(8, 8),
        nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(8, 12, 3, padding=1), nn.PixelShuffle(2), nn.Tanh(),
    )  # fmt: skip


#: Every network by name, with the shape of its input.
NETWORKS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "lenet": (lenet, (1, 1, 28, 28)),
    "resnet": (ResNet, (1, 3, 32, 32)),
    "mobilenet_v2": (MobileNetV2, (1, 3, 16, 16)),
    "mobilenet_v3": (mobilenet_v3, (1, 3, 16, 16)),
    "efficientnet": (efficientnet, (1, 3, 16, 16)),
    "shufflenet": (ShuffleNet, (1, 3, 16, 16)),
    "ghostnet": (lambda: nn.Sequential(conv(3, 8), GhostModule(8, 10), GhostModule(10, 7)), (1, 3, 8, 8)),
    "convnext": (lambda: nn.Sequential(nn.Conv2d(3, 8, 2, 2), ConvNeXtBlock(8), ConvNeXtBlock(8)), (1, 3, 16, 16)),
    "unet": (UNet, (1, 3, 16, 16)),
    "tcn": (TCN, (1, 4, 20)),
    "ds_cnn": (ds_cnn, (1, 1, 49, 10)),
    "group_normalized": (group_normalized, (1, 3, 8, 8)),
    "mixer": (Mixer, (1, 3, 16, 16)),
    "vit": (ViT, (1, 3, 16, 16)),
    "transformer": (Transformer, (1, 6, 8)),
}


def network(name: str) -> tuple[Any, Any]:
    """The network with random parameters, in train mode, and an input."""
    build, shape = NETWORKS[name]
    return shaken(build()).train(), random(*shape)
