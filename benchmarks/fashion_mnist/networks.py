"""Four small networks for 28x28x1 images in ten classes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

CLASSES = 10


class LeNet(nn.Module):
    """After LeNet-5 (LeCun et al. 1998), with ReLU and max-pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(16 * 5 * 5, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, CLASSES)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


def convolution(inputs: int, outputs: int, size: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution without bias and its batch normalization."""
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(outputs)]


class Residual(nn.Module):
    """Two 3x3 convolutions around a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolution(inputs, outputs, 3, stride), nn.ReLU(), *convolution(outputs, outputs, 3)
        )
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else nn.Sequential(*convolution(inputs, outputs, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.shortcut(x))


class ResNet8(nn.Module):
    """Three residual blocks of 16, 32 and 64 channels, as in MLPerf Tiny's image classification."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*convolution(1, 16, 3), nn.ReLU())
        self.blocks = nn.Sequential(Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))


class InvertedResidual(nn.Module):
    """Expansion, depthwise 3x3, linear projection (Sandler et al. 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.body = nn.Sequential(
            *convolution(inputs, hidden, 1),
            nn.ReLU6(),
            *convolution(hidden, hidden, 3, stride, hidden),
            nn.ReLU6(),
            *convolution(hidden, outputs, 1),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x) if self.residual else self.body(x)


class MobileNetV2(nn.Module):
    """Five inverted residuals on 14x14 and 7x7."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(*convolution(1, 16, 3, 2), nn.ReLU6())
        self.blocks = nn.Sequential(
            InvertedResidual(16, 16, 1, 3),
            InvertedResidual(16, 24, 1, 3),
            InvertedResidual(24, 32, 2, 4),
            InvertedResidual(32, 32, 1, 4),
            InvertedResidual(32, 48, 1, 4),
        )
        self.head = nn.Sequential(*convolution(48, 128, 1), nn.ReLU6())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(128, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.pool(self.head(self.blocks(self.stem(x)))), 1))


class MobileNetV1(nn.Module):
    """Depthwise separable convolutions (Howard et al. 2017) with ReLU, which is positively homogeneous."""

    def __init__(self) -> None:
        super().__init__()
        layers = [*convolution(1, 24, 3, 2), nn.ReLU()]
        for inputs, outputs, stride in ((24, 32, 1), (32, 64, 2), (64, 64, 1), (64, 96, 1), (96, 128, 1)):
            layers += [*convolution(inputs, inputs, 3, stride, inputs), nn.ReLU()]
            layers += [*convolution(inputs, outputs, 1), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(128, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.pool(self.features(x)), 1))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "lenet": LeNet,
    "resnet8": ResNet8,
    "mobilenetv2": MobileNetV2,
    "mobilenetv1_unequal": MobileNetV1,
}
#: Networks whose channel ranges :func:`rescale` makes unequal after training, and by how many orders of magnitude.
RESCALED = {"mobilenetv1_unequal": 2.0}


@torch.no_grad()
def rescale(network: MobileNetV1, decades: float, seed: int) -> None:
    """Make channel ranges unequal without changing the function.

    Each channel between two convolutions is multiplied by a factor ``s``, drawn log-uniformly from a range of
    ``decades`` orders of magnitude, and the next layer's weights for it are divided by ``s``. This is exact through
    ReLU, as ``relu(s x) = s relu(x)`` for s > 0, and it is the reverse of cross-layer equalization (Nagel et al. 2019,
    "Data-Free Quantization Through Weight Equalization and Bias Correction"). The factor sits in the batch
    normalization, so that what is unequal are the ranges of the folded weights and of the activations.
    """
    random = np.random.default_rng(seed)
    layers = list(network.features)
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    normalizations = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    for normalization, following in zip(normalizations, convolutions[1:], strict=False):
        exponents = random.uniform(-decades / 2, decades / 2, normalization.num_features)
        factor = torch.from_numpy(10.0**exponents).float()
        normalization.weight *= factor
        normalization.bias *= factor
        depthwise = following.groups > 1
        following.weight /= factor.view(-1, 1, 1, 1) if depthwise else factor.view(1, -1, 1, 1)
