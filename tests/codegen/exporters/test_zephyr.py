"""The Zephyr module: its Kconfig parsed by kconfiglib, its files built as Zephyr's CMake functions take them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from exported import needs, pair, run, written

#: As much of Zephyr's build as a module and an application use.
STUB = """\
if(NOT COMMAND zephyr_library_named)
    set(includes "" CACHE INTERNAL "")
    add_compile_options(-Wall -Wextra -Werror)
    macro(zephyr_include_directories)
        foreach(folder ${ARGN})
            set(includes ${includes} ${CMAKE_CURRENT_SOURCE_DIR}/${folder} CACHE INTERNAL "")
        endforeach()
    endmacro()
    macro(zephyr_library_named name)
        set(current ${name})
        add_library(${name} STATIC "")
        set(libraries ${libraries} ${name} CACHE INTERNAL "")
    endmacro()
    macro(zephyr_library_sources)
        target_sources(${current} PRIVATE ${ARGN})
    endmacro()
    macro(zephyr_library_compile_options)
        target_compile_options(${current} PRIVATE ${ARGN})
    endmacro()
endif()
file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/prj.conf lines REGEX "^CONFIG_.*=y")
foreach(line ${lines})
    string(REGEX REPLACE "=y" "" option ${line})
    set(${option} y)
endforeach()
enable_language(C)
set(libraries "" CACHE INTERNAL "")
foreach(module ${ZEPHYR_EXTRA_MODULES})
    get_filename_component(name ${module} REALPATH)
    add_subdirectory(${module} module)
endforeach()
foreach(library ${libraries})
    target_include_directories(${library} PRIVATE ${includes})
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/empty.c "typedef int empty;")
EXECUTABLE
target_include_directories(app PRIVATE ${includes})
target_link_libraries(app -Wl,--whole-archive ${libraries} -Wl,--no-whole-archive)
"""
HOST = "add_executable(app ${CMAKE_BINARY_DIR}/empty.c)"
OBJECTS = "add_library(app STATIC ${CMAKE_BINARY_DIR}/empty.c)"


def sample(folder: Path, executable: str, *options: str) -> Path:
    """The sample, built against the stub; the build folder."""
    (folder / "stub").mkdir()
    (folder / "stub" / "ZephyrConfig.cmake").write_text(STUB.replace("EXECUTABLE", executable))
    source = folder / "pair" / "samples" / "selfcheck"
    run(["cmake", "-S", source, "-B", folder / "build", f"-DZephyr_DIR={folder / 'stub'}", *options], folder)
    run(["cmake", "--build", folder / "build", "--parallel", "2"], folder)
    return folder / "build"


def test_the_module_file(tmp_path: Path) -> None:
    """docs.zephyrproject.org/latest/develop/modules.html: what is named exists, relative to the module."""
    folder = written(pair(), "zephyr", tmp_path / "pair")
    content = yaml.safe_load((folder / "zephyr" / "module.yml").read_text())
    assert content["name"] == "pair" and content.keys() == {"name", "build", "samples"}
    assert (folder / content["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (folder / content["build"]["kconfig"]).is_file()
    assert all((folder / place).is_dir() for place in content["samples"])


def test_the_kconfig(tmp_path: Path) -> None:
    kconfiglib = pytest.importorskip("kconfiglib", reason="needs the Python package kconfiglib")
    folder = written(pair(), "zephyr", tmp_path / "pair")
    (tmp_path / "Kconfig").write_text(f'config MAIN_STACK_SIZE\n\tint\n\nsource "{folder / "zephyr" / "Kconfig"}"\n')
    kconfig = kconfiglib.Kconfig(str(tmp_path / "Kconfig"), warn_to_stderr=False)
    option = kconfig.syms["BITWRIGHT_PAIR"]
    assert option.str_value == "n" and option.nodes[0].prompt and option.nodes[0].help
    kconfig.load_config(str(folder / "samples" / "selfcheck" / "prj.conf"))
    assert option.str_value == "y" and kconfig.warnings == []


def test_the_sample_file_and_what_it_waits_for(tmp_path: Path) -> None:
    """The sample is built by the stub, which links whole archives as Zephyr does, and prints what twister waits for."""
    folder = written(pair(), "zephyr", tmp_path / "pair")
    said = run([sample(tmp_path, HOST) / "app"], tmp_path)
    content = yaml.safe_load((folder / "samples" / "selfcheck" / "sample.yaml").read_text())
    ((name, test),) = content["tests"].items()
    assert name == "bitwright.pair.selfcheck" and test["harness"] == "console"
    assert any(re.search(test["harness_config"]["regex"][0], line) for line in said.splitlines())
    assert said.splitlines()[-1] == "PASS"


@needs("arm-none-eabi-gcc")
def test_every_file_compiles_for_a_cortex_m(tmp_path: Path) -> None:
    written(pair("armv7em", "generic"), "zephyr", tmp_path / "pair")
    output = sample(
        tmp_path, OBJECTS, "-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_C_COMPILER=arm-none-eabi-gcc",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", "-DCMAKE_C_FLAGS=-mcpu=cortex-m4 -mthumb",
    )  # fmt: skip
    symbols = run(["arm-none-eabi-nm", "-g", "--defined-only", output / "module" / "libbitwright_pair.a"], tmp_path)
    assert " T digits_run_in" in symbols and " T pair_bw_" in symbols


def test_without_the_option_nothing_is_built(tmp_path: Path) -> None:
    folder = written(pair(), "zephyr", tmp_path / "pair")
    text = (folder / "CMakeLists.txt").read_text()
    before, _, _ = text.partition("if(CONFIG_BITWRIGHT_PAIR)")
    assert all(line.startswith("#") or not line for line in before.splitlines())
    assert text.rstrip().endswith("endif()") and text.count("endif()") == 1
