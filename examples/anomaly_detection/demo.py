"""From an accelerometer's samples to an anomaly score on a Cortex-M4, every layer compared with the reference.

Learns from healthy windows alone, in closed form: an autoencoder that keeps the main directions of their features. The
score, the mean square of what it cannot reproduce, is part of the network.
"""

from __future__ import annotations

import sys

import bitwright
import numpy as np
from bitwright import console
from bitwright.converter.float_reference import run_float
from bitwright.converter.frontends.builder import GraphBuilder
from bitwright.converter.ir import Graph
from bitwright.converter.ops.window_statistics import FEATURES
from bitwright.converter.reference import Session, real
from bitwright.converter.sensors.window import WindowFrontEnd, with_window
from vibration import AXES, FAULTS, SAMPLES, SCALE, Array, windows

CODE = 8  # of 18 features


def features(samples: Array) -> Array:
    """The front end's features in float: [windows, AXES * features]."""
    x = samples * SCALE
    kinds = [
        x.mean(axis=1),
        x.std(axis=1),
        np.sqrt((x * x).mean(axis=1)),
        x.min(axis=1),
        x.max(axis=1),
        np.ptp(x, axis=1),
    ]
    return np.stack(kinds, axis=2).reshape(len(x), -1).astype(np.float32)


def autoencoder(healthy: Array) -> Graph:
    """The float network: features [1, 18] to a score [1, 1]."""
    mean, deviation = healthy.mean(axis=0), healthy.std(axis=0)
    directions = np.linalg.svd((healthy - mean) / deviation, full_matrices=False)[2][:CODE]
    network = GraphBuilder("vibration")
    source = network.input("features", (1, len(mean)))
    dense = {"activation": "NONE", "keep_num_dims": False}

    def layer(name: str, before: str, weights: Array, bias: Array) -> str:
        operands = [before, network.constant(f"{name}/weights", weights), network.constant(f"{name}/bias", bias)]
        return network.node(name, "FULLY_CONNECTED", operands, dense)

    scaled = layer("standardise", source, np.diag(1 / deviation), -mean / deviation)
    code = layer("encode", scaled, directions, np.zeros(CODE))
    decoded = layer("decode", code, directions.T, np.zeros(len(mean)))
    error = network.node("error", "SUB", [scaled, decoded], {"activation": "NONE"})
    square = network.node("square", "MUL", [error, error], {"activation": "NONE"})
    axis = network.constant("axis", np.array([1], np.int32))
    return network.finish([network.node("score", "MEAN", [square, axis], {"keep_dims": True})])


def scores(graph: Graph, samples: Array) -> Array:
    """The joined network's score of every window, as real numbers."""
    session, output = Session(graph), graph.tensor(graph.outputs[0])
    return np.array([real(output, session.trace([x[None]]).outputs[0]).item() for x in samples])


def float_scores(network: Graph, samples: Array) -> Array:
    """The float network's."""
    return run_float(network, [features(samples)])[0].ravel()


def auc(healthy: Array, faulty: Array) -> float:
    """The probability that a faulty window scores above a healthy one; ties count half."""
    difference = faulty[:, None] - healthy[None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def main() -> int:
    """Train, quantize, join, judge and verify; 0 when bit-exact."""
    training, healthy = features(windows(0, 2000)), windows(1, 300)
    network = autoencoder(training)
    # Faults exceed what healthy windows show: their ranges must not saturate, or every fault scores the same.
    exaggerated = training.mean(axis=0) + 3 * (training - training.mean(axis=0))
    integer = bitwright.quantize(network, calibration=exaggerated[:, None], recipe="wide").graph
    joined = with_window(integer, WindowFrontEnd(SAMPLES, AXES, SCALE, FEATURES))
    fine, float_fine = scores(joined, healthy), float_scores(network, healthy)
    for seed, fault in enumerate(FAULTS, 2):
        faulty = windows(seed, 300, fault)
        floats = auc(float_fine, float_scores(network, faulty))
        print(f"{fault:10}  AUC float {floats:.4f}  integers {auc(fine, scores(joined, faulty)):.4f}")
    vectors = [[window[None]] for window in (*healthy[:20], *windows(9, 20, "bearing"))]
    report = bitwright.verify(joined, sys.argv[1] if len(sys.argv) > 1 else "mps2-an386", inputs=vectors)
    console.show_report(report)
    return 0 if report.bit_exact else 1


if __name__ == "__main__":
    sys.exit(main())
