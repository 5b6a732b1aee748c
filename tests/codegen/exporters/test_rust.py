"""The Rust crate: built offline with cargo, its tests, documentation and example run on this computer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import bitwright
import numpy as np
import pytest
from background import ROOT, model_path, needs_data
from bitwright.codegen.exporters.package import Package
from bitwright.converter.reference import Session
from bitwright.targets.vectors import random_vectors
from exported import broken, needs, package_of, pair, run, written

#: Where Debian's librust-cc-dev keeps the sources of crates.
REGISTRY = Path("/usr/share/cargo/registry")
offline = pytest.mark.skipif(not list(REGISTRY.glob("cc-1*")), reason="needs Debian's librust-cc-dev")
KEYWORDS = ROOT / "examples" / "keyword_spotting" / "kws_ref_model.tflite"
STRICT = "-D warnings"

#: A program of the user's: inputs from a file through the safe interface, outputs to another.
USER = """\
use pair::{digits, stream};
fn main() {
    let given = std::fs::read("given.bin").unwrap();
    let mut found = Vec::new();
    let mut first = Box::new(digits::Arena::new());
    let mut second = Box::<stream::Arena>::default();
    let mut digits = digits::Model::new(&mut first);
    let mut stream = stream::Model::take(&mut second).unwrap();
    assert!(stream::Model::take(&mut stream::Arena::new()).is_none());
    for row in given.chunks(digits::INPUT_0_ELEMENTS + stream::INPUT_0_ELEMENTS) {
        let (a, b) = row.split_at(digits::INPUT_0_ELEMENTS);
        for (to, from) in digits.input_0().iter_mut().zip(a) { *to = *from as i8; }
        for (to, from) in stream.input_0().iter_mut().zip(b) { *to = *from as i8; }
        digits.run();
        stream.run();
        found.extend(digits.output_0().iter().map(|value| *value as u8));
        found.extend(stream.output_0().iter().map(|value| *value as u8));
    }
    drop(stream);
    assert!(stream::Model::take(&mut stream::Arena::new()).is_some());
    std::fs::write("found.bin", found).unwrap();
}
"""


def crate(package: Package, folder: Path) -> Path:
    """The exported crate, with the registry's place taken by Debian's folder."""
    written(package, "rust", folder)
    (folder / ".cargo").mkdir()
    (folder / ".cargo" / "config.toml").write_text(
        f'[source.crates-io]\nreplace-with = "here"\n[source.here]\ndirectory = "{REGISTRY}"\n[net]\noffline = true\n'
    )
    return folder


def cargo(folder: Path, *arguments: str) -> str:
    return run(["cargo", *arguments, "--offline"], folder, RUSTFLAGS=STRICT, RUSTDOCFLAGS=STRICT)


@needs("cargo")
@offline
def test_tests_documentation_and_example(tmp_path: Path) -> None:
    folder = crate(pair("armv7em", "generic"), tmp_path / "crate")
    said = cargo(folder, "test")
    assert "digits_is_bit_exact ... ok" in said and "stream_is_bit_exact ... ok" in said
    assert re.search(r"src/lib\.rs - \(line \d+\) \.\.\. ok", said)
    assert cargo(folder, "run", "--quiet", "--example", "selfcheck").endswith(": bit-exact\nPASS\n")
    (library,) = (folder / "target" / "debug" / "deps").glob("libpair-*.rlib")
    symbols = run(["nm", "--undefined-only", library], folder)
    assert "digits_run_in" in symbols and not re.search(r"_ZN\d*(3std|5alloc)|_R\w*(3std|5alloc)", symbols)
    vectors = folder / "tests" / "check" / "stream_vectors.rs"
    vectors.write_text(broken(vectors.read_text(), "EXPECTED_0: ["))
    command = ["cargo", "run", "--quiet", "--offline", "--example", "selfcheck"]
    result = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert result.returncode == 1 and b"stream: 1 elements differ from the reference\nFAIL\n" in result.stdout


@needs("cargo")
@offline
def test_a_program_through_the_safe_interface(tmp_path: Path) -> None:
    """Two models at once, several vectors, streaming state: exactly the reference's outputs."""
    package = pair()
    folder = crate(package, tmp_path / "crate")
    (folder / "examples" / "user.rs").write_text("#![forbid(unsafe_code)]\n" + USER)
    graphs = [model.program.graph for model in package.models]
    columns = [random_vectors(graph, 9, 7) for graph in graphs]
    (folder / "given.bin").write_bytes(b"".join(v[0].tobytes() for row in zip(*columns, strict=True) for v in row))
    cargo(folder, "run", "--quiet", "--example", "user")
    sessions = [Session(graph) for graph in graphs]
    expected = [
        output.tobytes()
        for row in zip(*columns, strict=True)
        for session, vector in zip(sessions, row, strict=True)
        for output in session.trace(vector).outputs
    ]
    assert (folder / "found.bin").read_bytes() == b"".join(expected)


#: A stream, a push at a time; the outputs of every inference.
PUSHES = """\
use kws::kws::{Arena, Model, HOPS, STRIDE};
fn main() {
    let given = std::fs::read("given.bin").unwrap();
    let samples: Vec<i16> = given.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut found = Vec::new();
    let mut arena = Arena::new();
    let mut model = Model::take(&mut arena).unwrap();
    assert!(!model.push(&[1; STRIDE]));
    model.reset();
    for (number, hop) in samples.chunks(STRIDE).enumerate() {
        let new = model.push(hop.try_into().unwrap());
        assert_eq!(new, number % HOPS == HOPS - 1);
        if new {
            found.extend(model.output_0().iter().map(|value| *value as u8));
        }
    }
    std::fs::write("found.bin", found).unwrap();
}
"""


@needs("cargo")
@offline
def test_a_stream_of_samples(tmp_path: Path) -> None:
    """Keywords from pushes of samples, through the integer front end: exactly the reference's outputs."""
    graph = bitwright.with_front_end(bitwright.load(KEYWORDS), bitwright.FrontEnd(), hops=5)
    folder = crate(package_of([(graph, "kws")], "kws"), tmp_path / "crate")
    (folder / "examples" / "user.rs").write_text("#![forbid(unsafe_code)]\n" + PUSHES)
    vectors = random_vectors(graph, 6, 3)
    (folder / "given.bin").write_bytes(b"".join(vector[0].tobytes() for vector in vectors))
    cargo(folder, "run", "--quiet", "--example", "user")
    session = Session(graph)
    expected = b"".join(session.trace(vector).outputs[0].tobytes() for vector in vectors)
    assert (folder / "found.bin").read_bytes() == expected


@needs_data
@needs("cargo")
@offline
def test_real_models_with_several_tensors_and_wide_types(tmp_path: Path) -> None:
    graphs = [(bitwright.load(model_path(f"generated/{name}")), name) for name in ("multi_io_int8", "convnet_int16x8")]
    assert len(graphs[0][0].inputs) > 1 and graphs[1][0].tensor(graphs[1][0].inputs[0]).dtype.numpy == np.int16
    said = cargo(crate(package_of(graphs, "nets"), tmp_path / "crate"), "test", "--test", "selfcheck")
    assert all(f"{name}_is_bit_exact ... ok" in said for _, name in graphs)


@pytest.mark.skipif(shutil.which("rustfmt") is None, reason="needs rustfmt")
def test_the_sources_are_as_rustfmt_leaves_them(tmp_path: Path) -> None:
    folder = written(pair(), "rust", tmp_path / "crate")
    run(["rustfmt", "--check", "--edition", "2021", *folder.glob("src/*.rs"), folder / "build.rs"], folder)
