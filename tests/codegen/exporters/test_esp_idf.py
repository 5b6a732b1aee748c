"""The ESP-IDF component: its manifest by the component manager's rules, its sources built as registered."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from exported import emulated, needs, pair, run, unpacked, written

#: ESP-IDF's function, as far as a component without dependencies goes: a library of exactly what is registered.
REGISTER = """\
function(idf_component_register)
    cmake_parse_arguments(PARSE_ARGV 0 given "" "" "SRCS;INCLUDE_DIRS;PRIV_INCLUDE_DIRS;REQUIRES;PRIV_REQUIRES")
    if(given_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "not understood: ${given_UNPARSED_ARGUMENTS}")
    endif()
    get_filename_component(name ${CMAKE_CURRENT_SOURCE_DIR} NAME)
    add_library(${name} STATIC ${given_SRCS})
    target_include_directories(${name} PUBLIC ${given_INCLUDE_DIRS} PRIVATE ${given_PRIV_INCLUDE_DIRS})
    target_compile_options(${name} PRIVATE -Wall -Wextra -Werror -std=gnu17)
    if(NOT name STREQUAL pair)
        target_link_libraries(${name} PUBLIC pair)
    endif()
    set(COMPONENT_LIB ${name} PARENT_SCOPE)
endfunction()
"""
PROJECT = """\
cmake_minimum_required(VERSION 3.16)
project(shim C)
include(register.cmake)
add_subdirectory({place} pair)
add_subdirectory({place}/examples/selfcheck/main main)
"""
HOST = """\
file(WRITE ${CMAKE_BINARY_DIR}/start.c "void app_main(void); int main(void) { app_main(); return 0; }")
add_executable(start ${CMAKE_BINARY_DIR}/start.c)
target_link_libraries(start main)
"""


def shim(folder: Path, *options: str, further: str = "") -> Path:
    """Both components, built; the build folder."""
    (folder / "register.cmake").write_text(REGISTER)
    (folder / "CMakeLists.txt").write_text(PROJECT.format(place=folder / "pair") + further)
    run(["cmake", "-S", folder, "-B", folder / "build", *options], folder)
    run(["cmake", "--build", folder / "build", "--parallel", "2"], folder)
    return folder / "build"


def manifest(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    assert isinstance(content, dict)
    return content


def test_the_manifests(tmp_path: Path) -> None:
    """docs.espressif.com/projects/idf-component-manager/en/latest/reference/manifest_file.html"""
    folder = written(pair(), "esp-idf", tmp_path / "pair")
    content = manifest(folder / "idf_component.yml")
    assert content["version"] == "1.2.3" and content["maintainers"] == ["A. Author <author@example.org>"]
    assert content["dependencies"] == {"idf": ">=5.0"}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{3,32}", tag) for tag in content["tags"])
    assert content.keys() <= {"version", "description", "url", "maintainers", "tags", "dependencies", "examples"}
    example = folder / content["examples"][0]["path"]
    ((name, dependency),) = manifest(example / "main" / "idf_component.yml")["dependencies"].items()
    assert name == "pair" and (example / "main" / dependency["override_path"]).resolve() == folder.resolve()
    assert "tools/cmake/project.cmake" in (example / "CMakeLists.txt").read_text()


def test_the_component_manager_takes_it(tmp_path: Path) -> None:
    pytest.importorskip("idf_component_tools", reason="needs the Python package idf-component-manager")
    folder = written(pair(), "esp-idf", tmp_path / "pair")
    compote = [sys.executable, "-c", "from idf_component_manager.cli.core import safe_cli; safe_cli()"]
    run([*compote, "component", "pack", "--name", "pair", "--dest-dir", tmp_path / "dist"], folder, HOME=str(tmp_path))
    (archive,) = (tmp_path / "dist").glob("pair_1.2.3.tgz")
    listed = {name.removeprefix("./") for name in run(["tar", "-tzf", archive], tmp_path).split()}
    assert {f"src/{name}" for name in pair().private} <= listed


@needs("riscv64-unknown-elf-gcc", "qemu-system-riscv32")
def test_what_is_registered_runs_on_rv32imc(tmp_path: Path) -> None:
    """The instruction set of the ESP32-C3, in QEMU's virt machine; picolibc's semihosting prints."""
    unpacked(pair("rv32", "generic"), "esp-idf", tmp_path)
    memory = {"__flash": 0x80000000, "__flash_size": 0x200000, "__ram": 0x80200000, "__ram_size": 0x200000}
    link = ["--crt0=semihost", "--oslib=semihost", *(f"-Wl,--defsym={name}={value}" for name, value in memory.items())]
    output = shim(
        tmp_path, "-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_C_COMPILER=riscv64-unknown-elf-gcc",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", f"-DCMAKE_EXE_LINKER_FLAGS={' '.join(link)}",
        "-DCMAKE_C_FLAGS=-march=rv32imc -mabi=ilp32 --specs=picolibc.specs", further=HOST,
    )  # fmt: skip
    said = emulated("qemu-system-riscv32", "virt", output / "start")
    assert said == "digits: bit-exact on 2 vectors\nstream: bit-exact on 2 vectors\nPASS\n"
