"""The CMSIS-Pack: a description that keeps Open-CMSIS-Pack's rules, and components that compile as they are listed."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from bitwright.codegen.exporters import export_archive
from bitwright.codegen.exporters.cmsis_pack import archive_name
from exported import emulated, needs, pair, run, unpacked

#: PACK.xsd of Open-CMSIS-Pack: elements of <package> that this pack uses, and values of attributes.
PARTS = ("vendor", "name", "description", "url", "licenseSets", "releases", "keywords", "conditions", "components")
CATEGORIES = {"doc", "header", "source", "sourceC", "include", "other"}
CORES = {
    "Cortex-M0", "Cortex-M0+", "Cortex-M1", "Cortex-M23", "Cortex-M3", "Cortex-M33", "Cortex-M35P", "Cortex-M4",
    "Cortex-M52", "Cortex-M55", "Cortex-M7", "Cortex-M85",
}  # fmt: skip
FILTERS = {"Dcore": CORES, "Ddsp": {"DSP", "NO_DSP"}, "Dmve": {"NO_MVE", "MVE", "FP_MVE"}}
CHAINS = [("generic",), ("armv6m", "woven", "generic"), ("armv7em", "generic"), ("mve", "armv7em", "generic")]

#: Stack and entry of an image that newlib starts, which speaks to QEMU by semihosting.
VECTORS = """\
void _start(void);
__attribute__((section(".vectors"), used)) static void (*const vectors[2])(void) = {(void (*)(void))0x20400000, _start};
"""


def description(folder: Path) -> ElementTree.Element:
    (path,) = folder.glob("*.pdsc")
    assert path.name == "AAuthor.pair.pdsc"
    return ElementTree.parse(path).getroot()


@pytest.mark.parametrize("isa", CHAINS, ids=lambda isa: isa[0])
def test_the_description_keeps_the_schema(isa: tuple[str, ...], tmp_path: Path) -> None:
    package = description(unpacked(pair(*isa), "cmsis-pack", tmp_path))
    assert tuple(part.tag for part in package) == PARTS
    for name in ("vendor", "name"):
        assert re.fullmatch(r"[\-_A-Za-z0-9]+", package.findtext(name) or "")
    assert len(package.findtext("description") or "") <= 256
    assert [release.get("version") for release in package.findall("releases/release")] == ["1.2.3"]
    conditions = {condition.get("id") for condition in package.findall("conditions/condition")}
    for accepted in package.findall("conditions/condition/accept"):
        assert accepted.attrib and all(value in FILTERS[key] for key, value in accepted.attrib.items())
    (component,) = package.findall("components/component")
    assert component.get("condition") in conditions and component.get("Cversion") == "1.2.3"
    assert component.get("Cclass") == "Machine Learning" and component.get("Cgroup") == "pair"
    for file in component.findall("files/file"):
        assert file.get("category") in CATEGORIES and file.get("scope", "private") == "private"
        assert (file.get("attr") == "template") == (file.get("select") is not None)


def test_the_core_decides_where_it_is_offered(tmp_path: Path) -> None:
    offered = {}
    for isa in CHAINS:
        package = description(unpacked(pair(*isa), "cmsis-pack", tmp_path / isa[0]))
        offered[isa[0]] = [condition.get("Dcore") for condition in package.findall("conditions/condition/accept")]
    assert set(offered["generic"]) == CORES and "Cortex-M0+" not in offered["armv7em"]
    assert set(offered["mve"]) == {"Cortex-M52", "Cortex-M55", "Cortex-M85"}


def test_the_archive_holds_exactly_what_is_listed(tmp_path: Path) -> None:
    assert archive_name(pair()) == "AAuthor.pair.1.2.3.pack"
    with zipfile.ZipFile(io.BytesIO(export_archive(pair(), "cmsis-pack"))) as archive:
        held = set(archive.namelist())
    package = description(unpacked(pair(), "cmsis-pack", tmp_path))
    listed = {file.get("name") for file in package.findall("components/component/files/file")}
    licences = {licence.get("name") for licence in package.findall("licenseSets/licenseSet/license")}
    assert held == listed | licences | {"AAuthor.pair.pdsc", "bitwright.json"}


def component(folder: Path) -> tuple[list[str], list[str]]:
    """As an IDE takes it: every source of the component, and the folders of its headers as options."""
    files = description(folder).findall("components/component/files/file")
    sources = [str(folder / (file.get("name") or "")) for file in files if file.get("category") == "sourceC"]
    folders = {str((folder / (file.get("name") or "")).parent) for file in files if file.get("category") == "header"}
    return sources, [f"-I{folder}" for folder in sorted(folders)]


@needs("arm-none-eabi-gcc", "qemu-system-arm")
@pytest.mark.parametrize(
    ("isa", "cpu", "machine", "level"),
    [
        (("armv6m", "woven", "generic"), "cortex-m0plus", "mps2-an385", "-Os"),
        (("armv7m", "woven", "generic"), "cortex-m3", "mps2-an385", "-O0"),
        (("armv7em", "generic"), "cortex-m4", "mps2-an386", "-Os"),
        (("generic",), "cortex-m7", "mps2-an500", "-O3"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_what_is_listed_runs_on_a_core(
    isa: tuple[str, ...], cpu: str, machine: str, level: str, tmp_path: Path
) -> None:
    """Every object linked, whatever the user's level of optimization, and the template's own program run in QEMU."""
    sources, folders = component(unpacked(pair(*isa), "cmsis-pack", tmp_path / "pack"))
    (tmp_path / "vectors.c").write_text(VECTORS)
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", level, f"-mcpu={cpu}", "-mthumb", *folders]
    link = ["--specs=rdimon.specs", "-Wl,--section-start=.vectors=0", "-o", "program.elf"]
    run(["arm-none-eabi-gcc", *flags, "vectors.c", *sources, *link], tmp_path)
    said = emulated("qemu-system-arm", machine, tmp_path / "program.elf")
    assert said == "digits: bit-exact on 2 vectors\nstream: bit-exact on 2 vectors\nPASS\n"
