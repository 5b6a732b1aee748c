"""The Arduino library: its description by the specification's rules, built by Arduino's own builder where that is here,
and compiled as the IDE does for an Arm core."""

from __future__ import annotations

import re
from pathlib import Path

import bitwright
from exported import DIGITS, needs, package_of, pair, run, unpacked

#: arduino.github.io/arduino-cli/latest/library-specification
CATEGORIES = {
    "Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage",
    "Data Processing", "Other",
}  # fmt: skip
REQUIRED = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}

#: As much of an Arduino core as a sketch needs that writes to the serial monitor.
CORE = {
    "Arduino.h": """\
#pragma once
#include <stdint.h>
#include <stdio.h>
struct Port {
    void begin(unsigned long) {}
    void print(const char *text) { fputs(text, stdout); }
    void print(uint32_t value) { printf("%lu", (unsigned long)value); }
    void println(const char *text) { puts(text); }
};
extern Port Serial;
unsigned long micros();
void delay(unsigned long);
void setup();
void loop();
""",
    "main.cpp": """\
#include "Arduino.h"
Port Serial;
unsigned long micros() { return 0; }
void delay(unsigned long) {}
int main() { setup(); loop(); return 0; }
""",
}
FLAGS = "-g -Os -Wall -Wextra -Werror -ffunction-sections -fdata-sections -DARDUINO=10819"
PLATFORM = f"""\
name=Stub
version=1.0.0
recipe.c.o.pattern=gcc -c {FLAGS} -std=gnu11 {{includes}} "{{source_file}}" -o "{{object_file}}"
recipe.cpp.o.pattern=g++ -c {FLAGS} -std=gnu++17 -fno-exceptions {{includes}} "{{source_file}}" -o "{{object_file}}"
recipe.ar.pattern=ar rcs "{{archive_file_path}}" "{{object_file}}"
recipe.c.combine.pattern=g++ -o "{{build.path}}/sketch.elf" {{object_files}} "{{build.path}}/{{archive_file}}"
recipe.size.pattern=size "{{build.path}}/sketch.elf"
recipe.preproc.macros=g++ -E -x c++ -w -std=gnu++17 {{includes}} "{{source_file}}" -o "{{preprocessed_file_path}}"
"""
SKETCH = """\
#include <digits.h>
#include <other.h>
#include <stream.h>
#include "digits_selfcheck.h"
#include "other_selfcheck.h"
void setup() {
    Serial.println(digits_selfcheck() == 0 ? "first exact" : "first wrong");
    Serial.println(other_selfcheck() == 0 ? "second exact" : "second wrong");
}
void loop() {}
"""


def built(sketch: Path, libraries: Path, folder: Path) -> Path:
    """The sketch, built by arduino-builder for a core that is this computer."""
    core = folder / "hardware" / "stub" / "host"
    (core / "cores" / "stub").mkdir(parents=True)
    (core / "boards.txt").write_text("stub.name=Stub\nstub.build.core=stub\nstub.build.board=STUB\n")
    (core / "platform.txt").write_text(PLATFORM)
    for name, text in CORE.items():
        (core / "cores" / "stub" / name).write_text(text)
    for name in ("tools", "build"):
        (folder / name).mkdir()
    places = ["-hardware", folder / "hardware", "-hardware", "/usr/share/arduino-builder", "-tools", folder / "tools"]
    places += ["-libraries", libraries, "-build-path", folder / "build"]
    run(["arduino-builder", "-compile", *places, "-fqbn", "stub:host:stub", "-warnings", "all", sketch], folder)
    return folder / "build" / "sketch.elf"


def test_the_description_keeps_the_specification(tmp_path: Path) -> None:
    folder = unpacked(pair(), "arduino", tmp_path) / "pair"
    lines = (folder / "library.properties").read_text().strip().splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    assert len(fields) == len(lines) and fields.keys() >= REQUIRED and all(fields.values())
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", fields["name"]) and fields["name"] == folder.name
    assert re.fullmatch(r"\d+\.\d+\.\d+", fields["version"]) and fields["category"] in CATEGORIES
    assert fields["maintainer"] == "A. Author <author@example.org>" and fields["url"].startswith("https://")
    assert not fields["sentence"].lower().startswith("arduino")
    assert {folder / "src" / name for name in fields["includes"].split(",")} <= set(folder.glob("src/*.h"))
    assert fields["includes"] == "digits.h,stream.h"
    assert not list(folder.glob("*.[ch]*")), "sources beside src/ are not compiled"
    assert (folder / "examples" / "selfcheck" / "selfcheck.ino").is_file()
    assert all(path.parent == folder / "src" for path in (folder / "src").rglob("*"))


@needs("arduino-builder")
def test_arduino_builder_builds_the_example(tmp_path: Path) -> None:
    library = unpacked(pair("armv7em", "generic"), "arduino", tmp_path / "libraries") / "pair"
    program = built(library / "examples" / "selfcheck" / "selfcheck.ino", tmp_path / "libraries", tmp_path)
    assert run([program], tmp_path) == (
        "digits: bit-exact, 0 us per inference\nstream: bit-exact, 0 us per inference\nPASS\n"
    )


@needs("arduino-builder")
def test_two_libraries_in_one_sketch(tmp_path: Path) -> None:
    """Arduino links the objects of every library, so that two kernels of one name would clash."""
    packages = [pair(), package_of([(bitwright.load(DIGITS), "other")], "second", ("rv32", "generic"))]
    sketch = tmp_path / "sketch"
    sketch.mkdir()
    for package in packages:
        unpacked(package, "arduino", tmp_path / "libraries")
        for name, text in package.example.items():
            (sketch / name).write_text(text)
    (sketch / "sketch.ino").write_text(SKETCH)
    program = built(sketch / "sketch.ino", tmp_path / "libraries", tmp_path)
    assert run([program], tmp_path) == "first exact\nsecond exact\n"


@needs("arm-none-eabi-g++")
def test_every_file_compiles_for_an_arm_core(tmp_path: Path) -> None:
    """Every source of src/ and of the sketch, with the flags of an Arm core; the sketch as the C++ that it becomes."""
    library = unpacked(pair("armv7em", "generic"), "arduino", tmp_path) / "pair"
    for name, text in CORE.items():
        (tmp_path / name).write_text(text)
    sketch = library / "examples" / "selfcheck"
    (sketch / "sketch.cpp").write_text("#include <Arduino.h>\n" + (sketch / "selfcheck.ino").read_text())
    flags = [*FLAGS.split(), "-mcpu=cortex-m4", "-mthumb", "-I", str(tmp_path), "-I", str(library / "src"), "-c"]
    c = [path for path in library.rglob("*.c")]
    run(["arm-none-eabi-gcc", *flags, "-std=gnu11", *c], tmp_path)
    run(["arm-none-eabi-g++", *flags, "-std=gnu++17", "-fno-exceptions", sketch / "sketch.cpp"], tmp_path)
    assert len(list(tmp_path.glob("*.o"))) == len(c) + 1
