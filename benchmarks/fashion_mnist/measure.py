"""Measures one converter on one network, in a process of its own:

    PYTHON -m benchmarks.fashion_mnist.measure CONVERTER NETWORK

CONVERTER is a file in converters/, PYTHON an interpreter that has what it imports. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from . import data
from .train import trained

Images = NDArray[np.float32]
Scores = NDArray[Any]
BATCH = 50


@dataclass(frozen=True)
class Spent:
    """Seconds of the clock, and seconds of all threads of this process."""

    clock: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.cpu + other.cpu)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.clock - other.clock, self.cpu - other.cpu)


def now() -> Spent:
    """What has been spent by now."""
    return Spent(time.perf_counter(), time.process_time())


@dataclass(frozen=True)
class Converted:
    """A quantized network.

    Attributes:
        predict: scores [images, 10] of images [images, 1, 28, 28].
        note: what the converter chose.
        judging: what the converter spent evaluating candidates, which the others do not do.
    """

    predict: Callable[[Images], Scores]
    note: str = ""
    judging: Spent = Spent()


@dataclass(frozen=True)
class Measurement:
    """One row of the comparison.

    Attributes:
        accuracy_float, accuracy: shares of right answers on the test images.
        seconds, cpu_seconds: from the module in memory to the quantized network, ``judging`` left out; of the clock,
            and of all threads (which other work on the machine hardly changes).
        judging: seconds spent evaluating candidates.
        peak: most bytes that the process has held by then, libraries and calibration data included.
    """

    converter: str
    network: str
    versions: dict[str, str]
    accuracy_float: float
    accuracy: float
    seconds: float
    cpu_seconds: float
    judging: float
    peak: int
    note: str


def in_batches(images: Images, size: int = BATCH) -> Iterator[Images]:
    """Up to ``size`` images at a time."""
    return (images[start : start + size] for start in range(0, len(images), size))


def measure(converter: str, name: str) -> Measurement:
    """Convert, then evaluate on every test image."""
    module = importlib.import_module(f"{__package__}.converters.{converter}")
    network = trained(name)
    calibration = data.load("calibration").images
    begin = now()
    converted = module.convert(network, calibration, name)
    spent = now() - begin - converted.judging
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    test = data.load("test")
    with torch.no_grad():
        expected = np.concatenate([network(torch.from_numpy(batch)).numpy() for batch in in_batches(test.images)])
    found = converted.predict(test.images).reshape(len(test), -1)
    return Measurement(
        converter=converter,
        network=name,
        versions={package: version(package) for package in module.PACKAGES},
        accuracy_float=float(np.mean(expected.argmax(1) == test.labels)),
        accuracy=float(np.mean(found.argmax(1) == test.labels)),
        seconds=spent.clock,
        cpu_seconds=spent.cpu,
        judging=converted.judging.clock,
        peak=peak,
        note=converted.note,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("converter")
    parser.add_argument("network")
    options = parser.parse_args()
    print(json.dumps(asdict(measure(options.converter, options.network))))


if __name__ == "__main__":
    main()
