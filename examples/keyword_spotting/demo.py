"""Keywords from 16 kHz samples on a Cortex-M4: a stream of recordings, front end and network bit-exact at every step.

    python examples/keyword_spotting/demo.py [WAV ...] [--target T] [--hops K]

Recordings (16 kHz, mono, 16 bits) are heard one after the other with a pause between them.
"""

from __future__ import annotations

import argparse
import sys
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bitwright
import numpy as np
from bitwright import FrontEnd, console
from numpy.typing import NDArray

HERE = Path(__file__).parent
LABELS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "silence", "unknown")
CLIPS = tuple(HERE / name for name in ("yes.wav", "stop.wav", "left.wav"))
RATE, PAUSE = 16000, 8000

Array = NDArray[Any]


def samples_of(path: Path) -> Array:
    """A recording's int16 samples. Raises SystemExit where it is of another kind."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise SystemExit(f"{path}: 16 kHz, mono, 16 bits are needed")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def keywords(outputs: Array, seconds: float, scale: float, zero_point: int) -> list[tuple[float, str, float]]:
    """When which keyword was heard, and how surely: the mean over the last half second is above 0.6.

    Args:
        outputs: int8 [inferences, 12]; seconds: between two of them.
    """
    sure = (outputs.astype(np.float64) - zero_point) * scale
    width, found, deaf_until = max(1, round(0.5 / seconds)), [], 0.0
    for step in range(width, len(sure) + 1):
        mean, now = sure[step - width : step].mean(axis=0), step * seconds
        best = int(mean[:10].argmax())
        if mean[best] > 0.6 and now >= deaf_until:
            found.append((now, LABELS[best], float(mean[best])))
            deaf_until = now + 1.0  # the network still hears the word for so long
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 when every layer of every step is bit-exact."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("recordings", type=Path, nargs="*", default=list(CLIPS), metavar="WAV")
    parser.add_argument("--target", default="mps2-an386")
    parser.add_argument("--hops", type=int, default=5, help="an inference every so many frames of 20 ms (default: 5)")
    options = parser.parse_args(arguments)

    network = bitwright.load(HERE / "kws_ref_model.tflite")
    settings = FrontEnd()  # the features that this network was trained on
    graph = bitwright.with_front_end(network, settings, options.hops)
    step = options.hops * settings.stride

    pause = np.zeros(PAUSE, np.int16)
    heard = np.concatenate([part for path in options.recordings for part in (pause, samples_of(path))] + [pause])
    vectors = [[part[None]] for part in heard[: len(heard) // step * step].reshape(-1, step)]
    with console.progress() as progress:
        report = bitwright.verify(graph, options.target, inputs=vectors, progress=progress)
    console.show_report(report)

    outputs = np.array([np.frombuffer(answer[0], np.int8) for answer in report.outputs])
    tensor = graph.tensor(graph.outputs[0])
    for when, word, sure in keywords(outputs, step / RATE, tensor.scale, tensor.zero_point):
        console.out.print(f"{when:6.2f} s  {word:8}{sure:.2f}")
    return 0 if report.bit_exact else 1


if __name__ == "__main__":
    sys.exit(main())
