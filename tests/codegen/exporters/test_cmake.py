"""The CMake package: built, installed, found and linked on this computer, and built for a board."""

from __future__ import annotations

import subprocess
from pathlib import Path

import bitwright
from bitwright.targets.vectors import random_vectors
from exported import DIGITS, broken, needs, package_of, pair, run, written
from projects import APPLICATION, constants_of, run_application

ARM = ("armv7em", "generic")
VERSION = """\
cmake_minimum_required(VERSION 3.16)
project(version LANGUAGES NONE)
find_package(pair {wanted} CONFIG REQUIRED)
"""
CONSUMER = """\
cmake_minimum_required(VERSION 3.16)
project(consumer LANGUAGES C CXX)
find_package(pair 1.2 CONFIG REQUIRED)
find_package(other CONFIG REQUIRED)
add_compile_options(-Wall -Wextra -Wpedantic -Werror)
add_executable(application_c main.c)
target_link_libraries(application_c PRIVATE pair::pair other::other)
add_executable(application_cxx main.cpp)
target_link_libraries(application_cxx PRIVATE pair::pair other::other)
"""


def build(folder: Path, *options: str) -> Path:
    """Configured and built."""
    run(["cmake", "-S", folder, "-B", folder / "build", "-DCMAKE_BUILD_TYPE=Debug", *options], folder)
    run(["cmake", "--build", folder / "build", "--parallel", "2"], folder)
    return folder / "build"


def test_two_installed_packages_in_one_application(tmp_path: Path) -> None:
    """Three models of two packages with kernels of the same names, through every function of their headers, from C
    and C++; another major version, or a later one, is not found."""
    packages, prefix = [pair(), package_of([(bitwright.load(DIGITS), "second")], "other", ARM)], tmp_path / "a prefix"
    for package in packages:
        output = build(written(package, "cmake", tmp_path / package.name))
        run(["ctest", "--output-on-failure"], output)
        run(["cmake", "--install", output, "--prefix", prefix], tmp_path)
    consumer = tmp_path / "consumer"
    consumer.mkdir()
    models = [model for package in packages for model in package.models]
    text = APPLICATION.render(models=[model.context for model in models])
    (consumer / "main.c").write_text(text)
    (consumer / "main.cpp").write_text(text)
    (consumer / "CMakeLists.txt").write_text(CONSUMER)
    output = build(consumer, f"-DCMAKE_PREFIX_PATH={prefix}")
    vectors = [random_vectors(model.program.graph, 9, 2) for model in models]
    for program in ("application_c", "application_cxx"):
        assert run_application(output / program, models, vectors) == constants_of(models)
    for wanted, found in (("1.2.3", True), ("1.3", False), ("2.0", False)):
        (consumer / "CMakeLists.txt").write_text(VERSION.format(wanted=wanted))
        command = ["cmake", "-S", consumer, "-B", tmp_path / wanted, f"-DCMAKE_PREFIX_PATH={prefix}"]
        result = subprocess.run(command, capture_output=True, check=False)
        assert (result.returncode == 0) == found, wanted


def test_the_self_check_sees_a_single_changed_output(tmp_path: Path) -> None:
    folder = written(pair(), "cmake", tmp_path / "p")
    file = folder / "example" / "stream_selfcheck.c"
    file.write_text(broken(file.read_text()))
    program = build(folder) / "pair_selfcheck"
    result = subprocess.run([program], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout == "digits: bit-exact on 2 vectors\nstream: 1 bytes differ from the reference\nFAIL\n"


@needs("arm-none-eabi-gcc")
def test_cross_compiled_it_is_the_library_alone(tmp_path: Path) -> None:
    folder = written(pair(*ARM), "cmake", tmp_path / "p")
    output = build(
        folder, "-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_C_COMPILER=arm-none-eabi-gcc",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
        "-DCMAKE_C_FLAGS=-mcpu=cortex-m4 -mthumb -Wall -Wextra -Werror",
    )  # fmt: skip
    symbols = run(
        ["arm-none-eabi-nm", "--defined-only", "--extern-only", "--format=posix", output / "libpair.a"], folder
    )
    names = {line.split()[0] for line in symbols.splitlines() if " " in line}
    assert "digits_run" in names and "pair_bw_conv_s8_triple" in names
    assert all(name.startswith(("digits_", "stream_", "pair_bw_")) for name in names)
