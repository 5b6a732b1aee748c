"""Fashion-MNIST as arrays: (c) 2017 Zalando SE, MIT. Read from IDX files that the project does not ship.

Splits: ``train`` trains, ``calibration`` and ``validation`` are training images that no network was trained on (the
first calibrates every converter, the second lets Bitwright's ``auto`` choose), ``test`` is looked at once, at the end.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "samples" / "fashion_mnist"
CACHE = ROOT / ".cache" / "benchmarks" / "fashion_mnist"
CALIBRATION, VALIDATION = 500, 4500
MEAN, STD = 0.28604, 0.35302  # of the published training set's pixels, scaled to 0..1

_SPLITS = {
    "train": ("train", slice(0, -CALIBRATION - VALIDATION)),
    "validation": ("train", slice(-CALIBRATION - VALIDATION, -CALIBRATION)),
    "calibration": ("train", slice(-CALIBRATION, None)),
    "test": ("t10k", slice(None)),
}


@dataclass(frozen=True, eq=False)
class Split:
    """Normalized images float32 [samples, 1, 28, 28] and labels int64 [samples]."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def load(split: str, folder: Path = FOLDER) -> Split:
    """One of ``train`` (55,000 images), ``validation`` (4,500), ``calibration`` (500), ``test``."""
    stem, part = _SPLITS[split]
    images = read_idx(folder / f"{stem}-images-idx3-ubyte.gz")[part]
    labels = read_idx(folder / f"{stem}-labels-idx1-ubyte.gz")[part]
    scaled = (images[:, None].astype(np.float32) / 255 - MEAN) / STD
    return Split(scaled.astype(np.float32), labels.astype(np.int64))


def read_idx(path: Path) -> NDArray[Any]:
    """A gzipped IDX file of unsigned bytes (the format of the MNIST pages: magic 0, 0, 8, rank; big-endian sizes)."""
    content = gzip.decompress(path.read_bytes())
    kind, rank = struct.unpack_from(">HBB", content)[1:]
    if kind != 8:
        raise ValueError(f"{path} holds no unsigned bytes")
    shape = struct.unpack_from(f">{rank}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
