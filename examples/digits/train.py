"""Trains the digit network, quantizes it to int8 and writes digits_int8.tflite and heldout.npz beside this file.

Data: scikit-learn's load_digits (1,797 images of 8x8, UCI optdigits' test part), 360 of them held out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from bitwright.converter.ir import DType, Graph, Node, Quantization, Tensor, check
from bitwright.converter.load import from_bytes
from bitwright.converter.reference import Session
from bitwright.converter.writers.tflite import write_tflite
from network import Array, adam, forward, initial_weights
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
EPOCHS = 40


def affine(values: Array) -> Quantization:
    """int8 scale and zero point of an activation, from its smallest and largest value (zero included)."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    scale = np.float32((high - low) / 255.0)
    return Quantization((float(scale),), (int(np.clip(round(-128 - low / float(scale)), -128, 127)),))


def quantized_weights(name: str, values: Array, axis: int) -> Tensor:
    """Symmetric int8 weights with one scale per output channel."""
    others = tuple(i for i in range(values.ndim) if i != axis)
    scale = (np.abs(values).max(axis=others) / 127.0).astype(np.float32)
    shape = [1] * values.ndim
    shape[axis] = -1
    data = np.clip(np.round(values / scale.reshape(shape)), -127, 127).astype(np.int8)
    return Tensor(name, data.shape, DType.INT8, Quantization(tuple(map(float, scale)), (0,) * scale.size, axis), data)


def quantized_graph(w: dict[str, Array], activations: dict[str, Array]) -> Graph:
    """The trained network as an integer graph."""
    tensors: dict[str, Tensor] = {}
    scales = {name: affine(values) for name, values in activations.items()}
    scales["pool"] = scales["pointwise"]  # pooling keeps its input's scale
    shapes = {"image": (1, 8, 8, 1), "conv": (1, 8, 8, 12), "depthwise": (1, 8, 8, 12)}
    shapes |= {"pointwise": (1, 8, 8, 24), "pool": (1, 4, 4, 24), "logits": (1, 10)}
    for name, shape in shapes.items():
        tensors[f"{name}_out"] = Tensor(f"{name}_out", shape, DType.INT8, scales[name])
    tensors["flat"] = Tensor("flat", (1, 384), DType.INT8, scales["pool"])
    tensors["probabilities"] = Tensor("probabilities", (1, 10), DType.INT8, Quantization((1 / 256,), (-128,)))
    nodes = []
    window = {"padding": "SAME", "stride": (1, 1), "dilation": (1, 1), "activation": "RELU"}

    def mac(op: str, source: str, name: str, axis: int, target: str, **attrs: object) -> None:
        weights = quantized_weights(name, w[name], axis)
        scale = np.asarray(weights.quant.scale) * tensors[source].scale  # type: ignore[union-attr]
        bias = np.round(w[f"{name}_bias"] / scale).astype(np.int32)
        bias_quant = Quantization(tuple(map(float, scale.astype(np.float32))), (0,) * scale.size, 0)
        tensors[name] = weights
        tensors[f"{name}_bias"] = Tensor(f"{name}_bias", bias.shape, DType.INT32, bias_quant, bias)
        nodes.append(Node(name, op, (source, name, f"{name}_bias"), (target,), attrs))

    mac("CONV_2D", "image_out", "conv", 0, "conv_out", **window)
    mac("DEPTHWISE_CONV_2D", "conv_out", "depthwise", 3, "depthwise_out", **window, depth_multiplier=1)
    mac("CONV_2D", "depthwise_out", "pointwise", 0, "pointwise_out", **window)
    pool = {"padding": "VALID", "stride": (2, 2), "filter": (2, 2), "activation": "NONE"}
    nodes.append(Node("pool", "AVERAGE_POOL_2D", ("pointwise_out",), ("pool_out",), pool))
    nodes.append(Node("flatten", "RESHAPE", ("pool_out",), ("flat",), {"new_shape": (1, 384)}))
    mac("FULLY_CONNECTED", "flat", "dense", 0, "logits_out", activation="NONE", keep_num_dims=False)
    nodes.append(Node("softmax", "SOFTMAX", ("logits_out",), ("probabilities",), {"beta": 1.0}))
    return check(Graph("digits", tensors, tuple(nodes), ("image_out",), ("probabilities",)))


def main() -> int:
    """Train, quantize, write, and print both accuracies."""
    digits = load_digits()
    images = (digits.images / 16.0)[..., None]
    train_x, test_x, train_y, test_y = train_test_split(
        images, digits.target, test_size=360, random_state=0, stratify=digits.target
    )
    rng = np.random.default_rng(0)
    weights = initial_weights(rng)
    adam(weights, train_x, train_y, EPOCHS, rng)
    correct = (forward(weights, test_x).values["logits"].argmax(axis=1) == test_y).mean()
    graph = quantized_graph(
        weights, {k: v for k, v in forward(weights, train_x).values.items() if not k.endswith("_windows")}
    )
    data = write_tflite(graph)
    source = graph.tensors["image_out"]
    heldout = np.clip(np.round(test_x / source.scale) + source.zero_point, -128, 127).astype(np.int8)
    session = Session(from_bytes(data, "digits_int8"))
    integer = np.mean([session.trace([x[None]]).outputs[0].argmax() == y for x, y in zip(heldout, test_y, strict=True)])
    (HERE / "digits_int8.tflite").write_bytes(data)
    np.savez_compressed(HERE / "heldout.npz", in0=heldout[:, None], labels=test_y.astype(np.int8))
    print(f"float {correct:.4f}, int8 {integer:.4f} of {test_y.size} held-out images; {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
