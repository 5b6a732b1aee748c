"""Front ends before a network: against float and real recordings, as a stream, pushed into C, and on an emulator."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from background import DATA, ROOT, evaluation, model_path, needs_data
from bitwright import api
from bitwright.cli import main
from bitwright.codegen.project import model_sources
from bitwright.converter.audio.graph import with_front_end
from bitwright.converter.audio.settings import FrontEnd, read_settings
from bitwright.converter.audio.tables import dct_matrix, hann, mel_filters
from bitwright.converter.ir import DType, Graph
from bitwright.converter.load import load
from bitwright.converter.native import read_native, write_native
from bitwright.converter.reference import Session
from bitwright.errors import InputError, ModelError
from cbuild import build, call
from numpy.typing import NDArray
from single import activation, same, single
from tools import needs_target

Array = NDArray[Any]
WAVS = DATA / "samples" / "speech_commands_12class_wav"


def network(frames: int, values: int, scale: float = 0.6, zero_point: int = 80) -> Graph:
    """A network that gives its features back, so that tests see them: RESHAPE."""
    source = activation("features", (1, frames, values, 1), scale, zero_point)
    target = activation("out", (), scale, zero_point)
    return single("RESHAPE", [source], [target], {"new_shape": (1, frames * values)})


def speech(samples: int, seed: int = 0) -> Array:
    """Something between noise and tones whose volume goes up and down, with silence and clipping."""
    rng = np.random.default_rng(seed)
    time = np.arange(samples) / 16000
    places = np.arange(0, time[-1] + 0.2, 0.1)
    volume = np.interp(time, places, 10 ** rng.uniform(0, 4.8, places.size))
    tones = np.sin(2 * np.pi * np.cumsum(200 + 150 * np.sin(7 * time)) / 16000) + 0.3 * rng.normal(size=samples)
    result = (volume * tones).clip(-32768, 32767)
    result[samples // 3 : samples // 2] = 0
    return result.astype(np.int16)


def float_features(samples: Array, settings: FrontEnd) -> Array:
    """The features in float64: numpy's FFT, the tables of tf.signal."""
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), settings.window)[:: settings.stride]
    top = max(1.0, frames.max()) if settings.normalize == "peak" else 32768.0
    magnitudes = np.abs(np.fft.rfft(frames * hann(settings.window) / top, settings.fft_length))
    logs = np.log(magnitudes @ mel_filters(settings) + settings.floor * 32768 / top)
    return logs @ dct_matrix(settings).T if settings.kind == "mfcc" else logs


SETTINGS = [
    FrontEnd(),
    FrontEnd(normalize="none", window=400, stride=160, mel_channels=26, coefficients=13, lower_hz=100, upper_hz=7800),
    FrontEnd(kind="log-mel", normalize="none", window=512, stride=384, mel_channels=32),
    FrontEnd(kind="log-mel", sample_rate=8000, window=200, stride=200, fft=1024, mel_channels=20),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.kind}-{s.window}-{s.normalize}")
def test_features_are_near_float(settings: FrontEnd) -> None:
    """Within a step of the network's input and what a step of the spectrum means where it is almost silent."""
    frames = 20
    graph = with_front_end(network(frames, settings.values, 0.25, 0), settings)
    samples = speech(graph.tensor(graph.inputs[0]).elements)
    got = Session(graph).trace([samples[None]]).outputs[0].reshape(frames, -1)
    exact = float_features(samples, settings)
    wanted = np.clip(np.rint(exact / 0.25), -128, 127)
    off = np.abs(got - wanted)
    assert np.mean(off == 0) > 0.97 and off.max() <= 2, (np.mean(off == 0), off.max())


@pytest.mark.parametrize("hops", [1, 2, 3])
@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.kind}-{s.window}-{s.normalize}")
def test_a_stream_hears_at_every_hop_what_a_recording_would(settings: FrontEnd, hops: int) -> None:
    """From the first hop on, over several times the frames that are kept, silence before the beginning."""
    frames, stride = 11, settings.stride
    whole = Session(with_front_end(network(frames, settings.values), settings))
    stream = Session(with_front_end(network(frames, settings.values), settings, hops))
    count = whole.graph.tensor(whole.graph.inputs[0]).elements
    steps = 4 * frames // hops
    samples = speech(steps * hops * stride)
    heard = np.concatenate([np.zeros(count, np.int16), samples])
    for step in range(steps):
        new = samples[step * hops * stride :][: hops * stride]
        end = count + (step + 1) * hops * stride
        expected = whole.trace([heard[end - count : end][None]]).outputs[0]
        assert np.array_equal(stream.trace([new[None]]).outputs[0], expected), step


@pytest.mark.parametrize("hops", [1, 3])
def test_pushed_samples_give_the_decisions_of_the_reference(hops: int) -> None:
    """NAME_push in C over more hops than frames are kept; a reset in the middle of a hop starts anew."""
    settings = FrontEnd()
    graph = with_front_end(network(9, settings.values), settings, hops)
    model = model_sources(graph, ["generic"], "model")
    library = build(model)
    samples = speech(60 * settings.stride).reshape(-1, settings.stride)
    for part in (samples[:31], samples[31:]):
        session, out = Session(graph), np.zeros(90, np.int8)
        for number, new in enumerate(part):
            before = out.copy()
            ready = library.model_push(_pointer(np.ascontiguousarray(new)), _pointer(out))
            assert ready == (number % hops == hops - 1)
            if ready:
                heard = part[number + 1 - hops : number + 1].reshape(1, -1)
                before = session.trace([heard]).outputs[0].reshape(-1)
            assert np.array_equal(out, before), number
        library.model_reset()


def _pointer(array: Array) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


def test_a_file_keeps_all_of_it() -> None:
    graph = with_front_end(network(9, 10), FrontEnd(), 3)
    again = read_native(write_native(graph), "model")
    assert (again.stride, again.inputs, again.nodes) == (320, graph.inputs, graph.nodes)
    assert write_native(again) == write_native(graph)


@pytest.mark.parametrize("stride", [-1, 7, 2**40])
def test_a_stride_that_does_not_fit_is_refused(stride: int) -> None:
    graph = with_front_end(network(9, 10), FrontEnd(), 3)
    with pytest.raises(ModelError, match=f"a stride of {stride} samples does not fit"):
        read_native(write_native(replace(graph, stride=stride)), "model")
    with pytest.raises(InputError, match="takes int16"):
        with_front_end(graph)


def recording(path: Path) -> Array:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        samples = np.frombuffer(file.readframes(16000), "<i2")
    return np.pad(samples, (0, 16000 - samples.size))


@needs_data
def test_keyword_spotting_from_recordings() -> None:
    """A sample of the benchmark: features as those of TensorFlow in float, and as many keywords recognized."""
    content = np.load(DATA / "samples" / "kws01" / "kws01_features.npz")
    net = load(model_path("mlperf_tiny/kws_ref_model"))
    joined, alone = Session(with_front_end(net, samples=16000)), Session(net)
    tensor = net.tensor(net.inputs[0])
    right, right_float, equal = 0, 0, []
    chosen = range(0, len(content["y"]), 7)
    for i in chosen:
        trace = joined.trace([recording(WAVS / content["names"][i])[None]])
        features = np.clip(np.rint(content["x_float"][i] / tensor.scale) + tensor.zero_point, -128, 127)
        expected = alone.trace([features.astype(np.int8)[None]]).outputs[0]
        right += int(trace.outputs[0].argmax() == content["y"][i])
        right_float += int(expected.argmax() == content["y"][i])
        equal.append(np.mean(trace.tensors[tensor.name][0] == features))
    assert right >= right_float - 0.005 * len(chosen)
    assert np.mean(equal) > 0.99


MICRO = {"v2_okay_nabu": 3, "v1_hey_jarvis": 1, "v2_vad": 3}


@needs_data
@pytest.mark.parametrize("name", MICRO)
def test_wake_words_hear_samples_as_they_hear_the_library(name: str) -> None:
    """Every decision over two seconds of speech; in C, too, and bit-exact."""
    library = pytest.importorskip("pymicro_features").MicroFrontend()
    net, hops = load(model_path(f"micro_wake_word/{name}")), MICRO[name]
    joined = with_front_end(net, FrontEnd.micro(), hops)
    tensor = net.tensor(net.inputs[0])
    files = evaluation("kws_ref_model")["names"][:2]
    samples = np.concatenate([recording(WAVS / file) for file in files])
    whole = samples[: len(samples) // (160 * hops) * 160 * hops].reshape(-1, hops, 160)
    for _ in range(2):  # the frames of the library begin when its window is full
        library.process_samples(np.zeros(160, np.int16).tobytes())
    alone, session = Session(net), Session(joined)
    model = model_sources(joined, ["generic"], "model")
    c = build(model)
    for new in whole:
        rows = [library.process_samples(hop.tobytes()).features for hop in new]
        features = np.clip(np.rint(np.array(rows) / tensor.scale) + tensor.zero_point, -128, 127).astype(np.int8)
        expected = alone.trace([features.reshape(tensor.shape)]).outputs
        ours = session.trace([new.reshape(1, -1)])
        assert np.array_equal(ours.tensors[tensor.name].reshape(hops, -1), features)
        same([expected, expected], [ours.outputs, call(model, c, [new.reshape(1, -1)])], "samples")


@needs_data
@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_keyword_spotting_is_bit_exact_on_the_emulator(target: str) -> None:
    net = load(model_path("mlperf_tiny/kws_ref_model"))
    content = evaluation("kws_ref_model")
    samples = recording(WAVS / content["names"][0])
    report = api.verify(with_front_end(net, samples=16000), target, [[samples[None]]])
    assert report.bit_exact and report.vectors == 1
    report = api.verify(with_front_end(net, hops=5), target, [[x[None]] for x in samples.reshape(-1, 1600)])
    assert report.bit_exact and report.vectors == 10


def test_the_example_hears_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """The clips that the project ships, through the program that it ships, built for this computer."""
    specification = importlib.util.spec_from_file_location("demo", ROOT / "examples" / "keyword_spotting" / "demo.py")
    assert specification is not None and specification.loader is not None
    demo = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(demo)
    assert demo.main(["--target", "host", "--hops", "5"]) == 0
    shown = capsys.readouterr().out
    words = [line.split()[2] for line in shown.splitlines() if re.match(r" +\d+\.\d\d s ", line)]
    assert words == ["yes", "stop", "left"] and "bit-exact" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"settings": FrontEnd(coefficients=13)}, "frames of 13 values"),
        ({"hops": 10}, "10 hops per inference; a network of 9 frames takes 1 to 9"),
        ({"samples": 16000}, "16000 samples do not give 9 frames"),
        ({"settings": FrontEnd(mel_channels=200)}, "narrower than the 31.25 Hz of a bin"),
        ({"settings": FrontEnd(window=200), "hops": 1}, "strides beyond the window"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_front_end(network(9, 10), **arguments)


def test_a_network_of_other_inputs_is_refused() -> None:
    tensors = [activation("a", (1, 9, 10)), activation("b", (1, 9, 10))]
    graph = single("ADD", tensors, [activation("y", ())], {"activation": "NONE"})
    with pytest.raises(InputError, match="has 2 inputs"):
        with_front_end(graph)
    wide = single("RELU", [activation("a", (1, 9, 10), dtype=DType.INT16)], [activation("y", (), dtype=DType.INT16)])
    with pytest.raises(InputError, match="takes int16"):
        with_front_end(wide)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[frontend]\nwindow = 2", r"window is 2; it must be in \[4, 4096\]"),
        ("[frontend]\nkind = 'plp'", "kind is 'plp'; it is mfcc or log-mel"),
        ("[frontend]\nwindows = 480", "a front end has no 'windows'"),
        ("[frontend]\nwindow = '480'", "'window' is '480'; it must be of type int"),
        ("[frontend]\nupper_hz = 9000", "end by 8000 Hz"),
        ("[frontend]\nfft = 500", "a power of two from 480 on"),
        ("[frontend]\ncoefficients = 41", "41 coefficients of 40 channels"),
        ("[front]", r"has no table \[frontend\]"),
        ("[frontend", "cannot be read as TOML"),
    ],
)
def test_settings_that_are_none_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "f.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_settings(path)


def test_the_command_joins_and_options_come_before_the_file(tmp_path: Path) -> None:
    net, settings, out = tmp_path / "net.bwq", tmp_path / "f.toml", tmp_path / "joined.bwq"
    net.write_bytes(write_native(network(9, 12)))
    settings.write_text("[frontend]\ncoefficients = 12\nstride = 160\nupper_hz = 4000")
    assert (
        main(["frontend", str(net), "--settings", str(settings), "--stride", "240", "--hops", "2", "-o", str(out)]) == 0
    )
    expected = with_front_end(load(net), FrontEnd(coefficients=12, stride=240), 2)
    assert out.read_bytes() == write_native(expected)
    assert main(["frontend", str(net), "-o", str(tmp_path / "x.tflite")]) == 2
    assert main(["frontend", str(net), "-o", str(tmp_path / "x.bwq")]) == 2  # 10 values a frame do not divide 108
    assert not (tmp_path / "x.bwq").exists()
