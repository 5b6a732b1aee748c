"""Reads samples: .npy and .npz files, folders of images or wav files, data loaders and generators."""

from __future__ import annotations

import wave
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError, ToolError
from ..arrays import read_arrays
from ..ir import Array, Graph

_MOST_BYTES = 2**31  # of a file of samples
_IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm"})
_LABELS = ("labels", "label", "y")
_FIRST_INPUT = ("in0", "x", "inputs", "images", "samples")


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs in the layout of the model's interface, [samples, ...] each, and integer labels where there are any."""

    inputs: tuple[Array, ...]
    labels: Array | None = None


@dataclass(frozen=True)
class ImageScale:
    """How pixels become the network's values: ``(pixel / 255 - mean) / std``, per channel or one for all."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)


def load_samples(graph: Graph, source: Any, scale: ImageScale | None = None, most: int | None = None) -> Samples:
    """Samples from whatever holds them.

    Args:
        source: a path to an .npy or .npz file (``in0``, ``in1``, … or ``x``, and ``labels``) or to a folder of images
            or wav files (classes are its subfolders in alphabetical order); an array; or an iterable of batches, each
            an array, a tensor, or (inputs, labels), as a PyTorch DataLoader gives.
        scale: of images.
        most: samples to read at most.

    Raises:
        InputError: unreadable, empty, or not what the network takes; the message names the place.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        samples = _folder(graph, path, scale or ImageScale(), most) if path.is_dir() else _file(graph, path)
    elif isinstance(source, np.ndarray):
        samples = Samples((source,))
    elif isinstance(source, Iterable):
        samples = _batches(graph, source, most)
    else:
        raise InputError(f"samples cannot be read from {type(source).__name__}")
    return _checked(samples, most)


def _checked(samples: Samples, most: int | None) -> Samples:
    inputs = tuple(array[:most] for array in samples.inputs)
    if not inputs or any(array.ndim == 0 or len(array) == 0 for array in inputs):
        raise InputError("the data is empty: give at least one sample")
    labels = None if samples.labels is None else samples.labels[:most]
    if labels is not None and (labels.shape != (len(inputs[0]),) or labels.dtype.kind not in "iu" or labels.min() < 0):
        raise InputError(f"labels must be {len(inputs[0])} class numbers from 0 up, found {labels.dtype}{labels.shape}")
    return Samples(inputs, None if labels is None else labels.astype(np.int64))


def _file(graph: Graph, path: Path) -> Samples:
    arrays = read_arrays(path, _MOST_BYTES)
    if "" in arrays:
        return Samples((arrays[""],))
    labels = next((arrays[name].reshape(-1) for name in _LABELS if name in arrays), None)
    inputs = [arrays[f"in{i}"] for i in range(len(graph.inputs)) if f"in{i}" in arrays]
    if not inputs and len(graph.inputs) == 1:
        inputs = [arrays[name] for name in _FIRST_INPUT if name in arrays][:1]
    if len(inputs) != len(graph.inputs):
        wanted = ", ".join(f"in{i}" for i in range(len(graph.inputs)))
        raise InputError(f"'{path}' holds {', '.join(arrays) or 'nothing'}; the model's inputs are read from {wanted}")
    return Samples(tuple(inputs), labels)


# -- folders --------------------------------------------------------------------------------------------------------


def _folder(graph: Graph, path: Path, scale: ImageScale, most: int | None) -> Samples:
    if len(graph.inputs) != 1:
        raise InputError(f"'{path}': a folder holds one input, the model has {len(graph.inputs)}")
    classes = sorted(child for child in path.iterdir() if child.is_dir())
    groups = [sorted(child for child in folder.iterdir() if child.is_file()) for folder in classes or [path]]
    shape = model_shape(graph, graph.inputs[0])
    values: list[Array] = []
    labels: list[int] = []
    for label, file in _interleaved(groups):
        reader = _image if file.suffix.lower() in _IMAGES else _wav if file.suffix.lower() == ".wav" else None
        if reader is None:
            continue
        values.append(reader(file, shape, scale))
        labels.append(label)
        if len(values) == most:
            break
    if not values:
        raise InputError(f"'{path}' holds no images ({', '.join(sorted(_IMAGES))}) and no .wav files")
    return Samples((np.stack(values),), np.asarray(labels) if classes else None)


def _interleaved(groups: Sequence[Sequence[Path]]) -> Iterator[tuple[int, Path]]:
    """Files of all classes in turn, so that the first few hold every class."""
    for index in range(max((len(group) for group in groups), default=0)):
        for label, group in enumerate(groups):
            if index < len(group):
                yield label, group[index]


def model_shape(graph: Graph, name: str) -> tuple[int, ...]:
    """The shape of an input as the model itself lays it out."""
    shape, edge = graph.tensor(name).shape, graph.edges.get(name)
    if edge is None or edge.permutation is None:
        return shape
    return tuple(shape[i] for i in np.argsort(edge.permutation))


def _image(path: Path, shape: tuple[int, ...], scale: ImageScale) -> Array:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ToolError("images are read with Pillow: pip install 'bitwright[images]'") from error
    if len(shape) != 4 or not {shape[1], shape[3]} & {1, 3}:
        raise InputError(f"'{path}': the model takes {list(shape)}, which is no image of one or three channels")
    last = shape[3] in (1, 3)
    height, width, channels = shape[1:] if last else (*shape[2:], shape[1])
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"), np.float32)
    except (OSError, UnidentifiedImageError) as error:
        raise InputError(f"'{path}' is no readable image: {error}") from error
    if pixels.shape[:2] != (height, width):
        raise InputError(
            f"'{path}' is {pixels.shape[1]}x{pixels.shape[0]}, the model takes {width}x{height}: resize it"
        )
    values = (pixels.reshape(height, width, channels) / 255 - np.asarray(scale.mean)) / np.asarray(scale.std)
    return np.asarray(values if last else values.transpose(2, 0, 1), np.float32)


def _wav(path: Path, shape: tuple[int, ...], _scale: ImageScale) -> Array:
    """16-bit mono samples as values in [-1, 1), in the input's shape."""
    try:
        with wave.open(str(path)) as file:
            if file.getsampwidth() != 2 or file.getnchannels() != 1:
                raise InputError(f"'{path}' must be 16-bit mono")
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise InputError(f"'{path}' is no readable wav file: {error}") from error
    values = np.frombuffer(data, "<i2").astype(np.float32) / 32768
    if values.size != int(np.prod(shape[1:])):
        raise InputError(f"'{path}' holds {values.size} samples, the model takes {list(shape[1:])}")
    return values.reshape(shape[1:])


# -- loaders and generators -----------------------------------------------------------------------------------------


def _batches(graph: Graph, source: Iterable[Any], most: int | None) -> Samples:
    columns: list[list[Array]] = [[] for _ in graph.inputs]
    labels: list[Array] = []
    count = 0
    for number, batch in enumerate(source):
        parts, answer = _split(batch, len(graph.inputs))
        if len(parts) != len(graph.inputs):
            raise InputError(f"batch {number} holds {len(parts)} inputs, the model has {len(graph.inputs)}")
        arrays = [_array(part) for part in parts]
        shape = model_shape(graph, graph.inputs[0])
        if arrays[0].shape == shape[1:]:
            arrays = [array[None] for array in arrays]
        for column, array in zip(columns, arrays, strict=True):
            column.append(array)
        if answer is not None:
            labels.append(np.atleast_1d(_array(answer)))
        count += len(arrays[0])
        if most is not None and count >= most:
            break
    if not count:
        raise InputError("the data is empty: give at least one sample")
    try:
        inputs = tuple(np.concatenate(column) for column in columns)
    except ValueError as error:
        raise InputError(f"the batches do not fit together: {error}") from error
    return Samples(inputs, np.concatenate(labels).reshape(-1) if labels else None)


def _split(batch: Any, inputs: int) -> tuple[list[Any], Any]:
    """Inputs and labels of one batch."""
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    if isinstance(batch, tuple | list):
        if len(batch) == 2 and inputs > 1 and isinstance(batch[0], tuple | list):
            return list(batch[0]), batch[1]
        return list(batch[:inputs]), batch[inputs] if len(batch) > inputs else None
    return [batch], None


def _array(value: Any) -> Array:
    """Arrays and tensors of any library that numpy understands."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.asarray(value)
