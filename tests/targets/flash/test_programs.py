"""Flashing tools that are programs: what they are told, and what becomes of their answers."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bitwright.cli import main
from bitwright.errors import InputError, TargetError, ToolError
from bitwright.targets.flash import esptool, openocd, program
from bitwright.targets.flash.loader import Job
from bitwright.targets.flash.segments import check_image, entry_point, load_segments, merged
from bitwright.targets.flash.table import LOADERS, choose, flash, loaders_of
from bitwright.targets.image import built
from bitwright.targets.target import BOARDS, LOADER_NAMES, Target, all_targets, find_target, read_target
from desk import FakeTool, describe_board, tiny_graph, write_elf
from elftools.elf.elffile import ELFFile
from tools import needs_target

FLASH = 0x08000000
ALL_TOOLS = """
[loaders.probe-rs]
chip = "STM32F446RETx"
[loaders.openocd]
config = ["interface/stlink.cfg", "target/stm32f4x.cfg"]
[loaders.esptool]
chip = "esp32c3"
offset = 0x1000
[loaders.jlink]
device = "STM32F446RE"
"""

# What the tools print when it does not work.
OPENOCD_NO_PROBE = """\
Open On-Chip Debugger 0.12.0
Licensed under GNU GPL v2
Info : The selected transport took over low-level target control. The results might differ compared to plain JTAG/SWD
srst_only separate srst_nogate srst_open_drain connect_deassert_srst
Info : clock speed 2000 kHz
Error: open failed
in procedure 'program'
** OpenOCD init failed **
shutdown command invoked
"""
ESPTOOL_NO_CHIP = """\
esptool v5.6.0
Serial port /dev/ttyUSB0:
Connecting......................................
\x1b[31mERROR:\x1b[0m A fatal error occurred: Failed to connect to ESP32-C3: No serial data received.
For troubleshooting steps visit: https://docs.espressif.com/projects/esptool/en/latest/troubleshooting.html
"""
PROBE_RS_NO_PROBE = " WARN probe_rs::probe: something\nError: No connected probes were found.\n"
JLINK_NO_TARGET = """\
SEGGER J-Link Commander V7.94 (Compiled Dec  6 2023 16:04:42)
Connecting to J-Link via USB...O.K.
Connecting to target via SWD
Cannot connect to target.
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH: nothing else is installed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    return folder


@pytest.fixture
def board(tmp_path: Path) -> Target:
    """A Cortex-M4 with memory where an STM32 has it, for every tool."""
    path = describe_board(tmp_path, "mps2-an386", loaders=ALL_TOOLS)
    text = path.read_text().replace("flash = { origin = 0x00000000", f"flash = {{ origin = {FLASH:#x}")
    assert f"{FLASH:#x}" in text
    path.write_text(text)
    return read_target(path)


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    """Two parts with a gap of eight bytes; the folder's name would need quoting in every language."""
    folder = tmp_path / 'my {project} "v2" [$x]'
    folder.mkdir()
    return write_elf(folder / "image.elf", [(FLASH, b"\x11" * 24), (FLASH + 32, b"\x22" * 7)])


def test_openocd(programs: Path, board: Target, elf: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    tool = FakeTool(programs, "openocd", says="** Verified OK **", keep=kept)
    assert flash(Job(elf, board), "openocd") == "openocd"
    files = ["-f", "interface/stlink.cfg", "-f", "target/stm32f4x.cfg"]
    assert tool.calls == [[*files, "-c", "program firmware.elf verify reset exit"]]
    assert (kept / "firmware.elf").read_bytes() == elf.read_bytes()
    flash(Job(elf, board, probe="066CFF30"), "openocd")
    assert tool.calls[1][:4] == ["-c", "adapter serial 066CFF30", *files[:2]]


def test_openocd_loads_chips_without_flash(programs: Path, tmp_path: Path) -> None:
    loaders = '[loaders.openocd]\nconfig = "a.cfg"\nload = "ram"\n'
    target = read_target(describe_board(tmp_path, "mps2-an386", loaders=loaders))
    tool = FakeTool(programs, "openocd")
    flash(Job(write_elf(tmp_path / "x.elf", [(0x20000000, b"1234")]), target))
    action = "init; halt; load_image firmware.elf; verify_image firmware.elf; resume 0x20000000; shutdown"
    assert tool.calls == [["-f", "a.cfg", "-c", action]]


def test_a_configuration_file_of_the_users_own(
    programs: Path, board: Target, elf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "interface").mkdir()
    (tmp_path / "interface" / "stlink.cfg").write_text("")
    own = str(tmp_path / "interface" / "stlink.cfg")
    assert openocd.configs(Job(elf, board)) == [own, "target/stm32f4x.cfg"]


def test_esptool(programs: Path, board: Target, elf: Path) -> None:
    tool = FakeTool(programs, "esptool", answers={"version": "esptool v5.6.0\n5.6.0"})
    flash(Job(elf, board, port="/dev/ttyUSB0"), "esptool")
    convert = ["--chip", "esp32c3", "elf2image", "-fm", "dio", "-ff", "40m", "-o", "firmware.bin", "firmware.elf"]
    write = ["--chip", "esp32c3", "--port", "/dev/ttyUSB0", "--baud", "460800", "write-flash", "0x1000", "firmware.bin"]
    assert tool.calls == [convert, ["version"], write]


def test_esptool_before_release_5(programs: Path, board: Target, elf: Path) -> None:
    tool = FakeTool(programs, "esptool.py", answers={"version": "esptool.py v4.7.0\n4.7.0"})
    flash(Job(elf, board, port="/dev/ttyUSB0"), "esptool")
    assert tool.calls[2][6:] == ["write_flash", "0x1000", "firmware.bin"]


def test_esptool_needs_a_port(programs: Path, board: Target, elf: Path) -> None:
    FakeTool(programs, "esptool")
    with pytest.raises(ToolError, match="esptool flashes desk through its serial port: give it with --port"):
        flash(Job(elf, board), "esptool")


def test_probe_rs(programs: Path, board: Target, elf: Path) -> None:
    tool = FakeTool(programs, "probe-rs")
    flash(Job(elf, board, probe="066C"), "probe-rs")
    common = ["--non-interactive", "--chip", "STM32F446RETx", "--probe", "0483:374b:066C"]
    download = ["download", *common, "--disable-progressbars", "--verify", "firmware.elf"]
    assert tool.calls == [download, ["reset", *common]]
    flash(Job(elf, board), "probe-rs")
    assert "--probe" not in tool.calls[2]


def test_jlink(programs: Path, board: Target, elf: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    tool = FakeTool(programs, "JLinkExe", keep=kept)
    flash(Job(elf, board, probe="000683123456"), "jlink")
    options = ["-NoGui", "1", "-ExitOnError", "1", "-Device", "STM32F446RE", "-If", "SWD", "-Speed", "4000"]
    options += ["-SelectEmuBySN", "683123456"]
    assert tool.calls == [[*options, "-AutoConnect", "1", "-CommanderScript", "flash.jlink"]]
    assert (kept / "flash.jlink").read_text().splitlines() == [
        *("ExitOnError 1", "r", "h"),
        *("loadbin part0.bin, 0x8000000", "verifybin part0.bin, 0x8000000"),
        *("r", "g", "qc"),
    ]
    assert (kept / "part0.bin").read_bytes() == b"\x11" * 24 + b"\xff" * 8 + b"\x22" * 7


def test_jlink_speaks_jtag_to_risc_v(programs: Path, tmp_path: Path) -> None:
    board = describe_board(tmp_path, "hifive1-revb", name="other").parent / "other.toml"
    board.write_text(board.read_text().split("\n[board]")[0] + '\n[board]\nusb = []\nserial = "UART0"\nbaud = 115200\n')
    board.write_text(board.read_text() + 'counter = "mcycle"\n[loaders.jlink]\ndevice = "FE310"\n')
    target = read_target(board)
    assert target.flash is not None
    tool = FakeTool(programs, "JLinkExe")
    flash(Job(write_elf(tmp_path / "x.elf", [(target.flash.origin, b"1234")], machine=243), target))
    (call,) = tool.calls
    assert call[call.index("-If") :][:6] == ["-If", "JTAG", "-Speed", "4000", "-JTAGConf", "-1,-1"]


@pytest.mark.parametrize(
    ("name", "tool", "output", "message"),
    [
        ("openocd", "openocd", OPENOCD_NO_PROBE, "OpenOCD failed: Error: open failed"),
        (
            *("esptool", "esptool", ESPTOOL_NO_CHIP),
            "esptool failed: ERROR: A fatal error occurred: Failed to connect to ESP32-C3: No serial data received.",
        ),
        ("probe-rs", "probe-rs", PROBE_RS_NO_PROBE, "probe-rs failed: Error: No connected probes were found."),
        ("JLinkExe", "jlink", JLINK_NO_TARGET, "J-Link Commander failed: Cannot connect to target."),
        ("openocd", "openocd", "one\ntwo\n", "OpenOCD failed: two"),
        ("openocd", "openocd", "", "OpenOCD failed: it said nothing"),
    ],
)
def test_a_tool_that_fails(
    name: str, tool: str, output: str, message: str, programs: Path, board: Target, elf: Path
) -> None:
    FakeTool(programs, name, says=output, code=1)
    with pytest.raises(ToolError) as caught:
        flash(Job(elf, board, port="/dev/ttyUSB0"), tool)
    assert str(caught.value) == message
    (note,) = caught.value.__notes__
    assert name in note.splitlines()[0] and output.strip().split("\x1b")[0] in note


@pytest.mark.parametrize("name", ["openocd", "esptool", "probe-rs", "jlink"])
def test_a_tool_that_hangs(
    name: str, programs: Path, board: Target, elf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "TIMEOUT", 0.5)
    FakeTool(programs, "JLinkExe" if name == "jlink" else name, says="Info : connecting", sleep=60)
    begin = time.monotonic()
    with pytest.raises(ToolError, match=r"took longer than 0\.5 s and was stopped: "):
        flash(Job(elf, board, port="/dev/ttyUSB0"), name)
    assert time.monotonic() - begin < 10


def test_a_tool_that_cannot_start(programs: Path, board: Target, elf: Path) -> None:
    (programs / "openocd").write_text("#!/nonexistent/interpreter\n")
    (programs / "openocd").chmod(0o755)
    with pytest.raises(ToolError, match="OpenOCD does not start: No such file or directory"):
        flash(Job(elf, board), "openocd")


# -- the choice --------------------------------------------------------------------------------------------------------


def test_the_first_tool_that_is_installed_is_taken(programs: Path, board: Target, elf: Path) -> None:
    with pytest.raises(ToolError) as caught:
        choose(Job(elf, board))
    assert str(caught.value) == (
        "nothing can flash desk: probe-rs is not installed: cargo install probe-rs-tools --locked; "
        "or OpenOCD is not installed: sudo apt-get install openocd; "
        "or esptool is not installed: pip install esptool; "
        "or J-Link Commander is not installed: SEGGER's package is at https://www.segger.com/downloads/jlink/"
    )
    FakeTool(programs, "JLinkExe")
    assert choose(Job(elf, board)).name == "jlink"
    FakeTool(programs, "esptool")
    assert choose(Job(elf, board)).name == "jlink"  # no port is given
    assert choose(Job(elf, board, port="/dev/ttyUSB0")).name == "esptool"
    FakeTool(programs, "probe-rs")
    assert choose(Job(elf, board)).name == "probe-rs"
    assert choose(Job(elf, board), "jlink").name == "jlink"
    with pytest.raises(ToolError, match="OpenOCD is not installed: sudo apt-get install openocd"):
        choose(Job(elf, board), "openocd")
    with pytest.raises(InputError, match="desk cannot be flashed with 'uf2'; it can with probe-rs, openocd"):
        choose(Job(elf, board), "uf2")


@pytest.mark.parametrize(
    ("loaders", "message"),
    [
        ("", "names no tool that flashes it"),
        ("[loaders.openocd]\n", r"\[loaders.openocd\] lacks config"),
        ('[loaders.uf2]\nlabel = "A"\n', r"\[loaders.uf2\] lacks family"),
        ('[loaders.uf2]\nlabel = "A"\nfamily = "B"\n', "'family' cannot be 'B'"),
        ('[loaders.uf2]\nlabel = "A"\nfamily = true\n', "'family' cannot be True"),
        ('[loaders.pyocd]\ntarget = "rp2040"\nspeed = 1\n', "has unknown speed; there are target"),
    ],
)
def test_wrong_loader_tables(loaders: str, message: str, tmp_path: Path) -> None:
    target = read_target(describe_board(tmp_path, "mps2-an386", loaders=loaders or "\n"))
    with pytest.raises(TargetError, match=message):
        loaders_of(target)


def test_every_board_names_tools_and_options_that_there_are() -> None:
    assert tuple(LOADERS) == LOADER_NAMES
    boards = [target for target in all_targets() if target.board is not None]
    assert boards
    for target in boards:
        assert {loader.name for loader in loaders_of(target)} <= LOADERS.keys()


@pytest.mark.parametrize("probe", ["", "a b", "x; shutdown", "[exec ls]", "1\n2"])
def test_a_serial_number_is_no_script(probe: str, board: Target, elf: Path) -> None:
    with pytest.raises(InputError, match="is no serial number of a probe"):
        Job(elf, board, probe)


# -- images ------------------------------------------------------------------------------------------------------------


def test_an_image_for_another_board_is_not_flashed(programs: Path, board: Target, tmp_path: Path) -> None:
    tool = FakeTool(programs, "openocd")
    wrong = [
        (
            write_elf(tmp_path / "a.elf", [(FLASH, b"1234")], machine=243),
            "is for RISCV processors, desk has one",
        ),
        (
            write_elf(tmp_path / "b.elf", [(0x10000000, b"1234")]),
            "4 bytes for address 0x10000000, where desk has",
        ),
        (write_elf(tmp_path / "c.elf", [(FLASH - 2, b"1234")]), "for address 0x7fffffe, where desk has no memory"),
    ]
    for elf, message in wrong:
        with pytest.raises(TargetError, match=message):
            flash(Job(elf, board), "openocd")
    bad = [
        (write_elf(tmp_path / "d.elf", []), "holds nothing to flash"),
        (
            write_elf(tmp_path / "e.elf", [(FLASH, b"12345678"), (FLASH + 4, b"1234")]),
            "two parts for address 0x800",
        ),
        (tmp_path / "f.elf", "is no ELF image"),
    ]
    (tmp_path / "f.elf").write_bytes(b"nonsense" * 20)
    for elf, message in bad:
        with pytest.raises(ToolError, match=message):
            flash(Job(elf, board), "openocd")
    whole = write_elf(tmp_path / "g.elf", [(FLASH, b"12345678")]).read_bytes()
    for size in range(len(whole)):
        (tmp_path / "h.elf").write_bytes(whole[:size])
        with pytest.raises((ToolError, TargetError)):
            flash(Job(tmp_path / "h.elf", board), "openocd")
    assert tool.calls == []


def test_segments(elf: Path) -> None:
    segments = load_segments(elf)
    assert [(s.address, s.end, s.data) for s in segments] == [
        (FLASH, FLASH + 24, b"\x11" * 24),
        (FLASH + 32, FLASH + 39, b"\x22" * 7),
    ]
    assert merged(segments, 7) == segments
    assert [(s.address, s.data) for s in merged(segments, 8)] == [(FLASH, b"\x11" * 24 + b"\xff" * 8 + b"\x22" * 7)]


# -- the tools themselves ----------------------------------------------------------------------------------------------

needs_openocd = pytest.mark.skipif(shutil.which("openocd") is None, reason="OpenOCD is not installed")
needs_esptool = pytest.mark.skipif(program.find("esptool") is None, reason="esptool is not installed")


WITH_OPENOCD = [t.name for t in all_targets() if t.board is not None and "openocd" in t.board.loaders]


@needs_openocd
@pytest.mark.parametrize("name", WITH_OPENOCD)
def test_openocd_reads_every_boards_configuration(name: str, tmp_path: Path) -> None:
    """A dry run: the files are there, parse, and make a target; it ends before a probe is looked for."""
    (target,) = [target for target in all_targets() if target.name == name]
    files = [part for config in openocd.configs(Job(tmp_path / "x.elf", target)) for part in ("-f", config)]
    # Some boards' files connect by themselves: here that does nothing.
    dry = ["-c", "proc init args {}; proc halt args {}; proc flash args {}"]
    command = ["openocd", *dry, *files, "-c", 'echo "made: [target names]"; shutdown']
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, cwd=tmp_path)
    if "Can't find" in result.stderr and "#" in _table_line(name):
        pytest.skip(f"this OpenOCD is not the one that the board needs: {_table_line(name)}")
    if "must be used after 'init'" in result.stderr:
        assert result.stderr.count("Error: ") == 2, result.stderr  # all before that command was read
        return
    assert "Error" not in result.stderr, result.stderr
    made = next(line for line in result.stderr.splitlines() if line.startswith("made:"))
    assert made.removeprefix("made:").strip(), f"{files} make no target"


def _table_line(name: str) -> str:
    """Where a board's description says which OpenOCD it needs, where that is not a release."""
    lines = (BOARDS / f"{name}.toml").read_text().splitlines()
    return next(line for line in lines if line.startswith("[loaders.openocd]"))


@needs_openocd
def test_openocd_without_a_probe(board: Target, elf: Path) -> None:
    with pytest.raises(ToolError, match="OpenOCD failed: Error: open failed"):
        flash(Job(elf, board, probe="066CFF303430484257113419"), "openocd")


@needs_esptool
@pytest.mark.parametrize("name", [needs_target("esp32-c3"), needs_target("esp32-c6")])
def test_esptool_makes_what_the_boot_rom_loads(name: str, tmp_path: Path) -> None:
    """The board's own firmware: every byte of it is in the image, at its address, under a valid checksum."""
    target = find_target(name).on_hardware()
    assert target.board is not None and target.ram is not None
    with built(tiny_graph(), target) as made:
        elf = Path(shutil.copy(made.elf, tmp_path / "firmware.elf"))
    check_image(elf, target)
    chip = target.board.loaders["esptool"]["chip"]
    image = esptool.convert(elf, chip)
    tool = program.find("esptool")
    assert tool is not None
    command = [tool, "--chip", chip, "image-info", str(image)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Flash mode: DIO" in said and said.count("(valid)") == 2 and f"Entry point: {entry_point(elf):#x}" in said
    memory: dict[int, int] = {}
    data = image.read_bytes()
    magic, parts, at = data[0], data[1], 24
    assert magic == 0xE9
    for _ in range(parts):
        address, size = struct.unpack_from("<II", data, at)
        memory |= {address + i: byte for i, byte in enumerate(data[at + 8 : at + 8 + size])}
        at += 8 + size
    with elf.open("rb") as file:
        for part in ELFFile(file).iter_segments("PT_LOAD"):  # where it runs: the chips' RAM has two addresses
            assert bytes(memory.get(part["p_vaddr"] + i, 0) for i in range(part["p_filesz"])) == part.data()


@needs_esptool
def test_esptool_without_a_port(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\xe9" + bytes(31))
    tool = program.find("esptool")
    assert tool is not None
    with pytest.raises(ToolError, match="esptool failed: ERROR: A fatal error occurred: Could not open /dev/ttyNONE"):
        program.run("esptool", [tool, "--port", "/dev/ttyNONE", "write-flash", "0x0", "x.bin"], tmp_path)


def test_debug_shows_all_that_the_tool_said(
    programs: Path, board: Target, elf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FakeTool(programs, "openocd", says=OPENOCD_NO_PROBE, code=1)
    arguments = ["flash", str(elf), "--board", str(tmp_path / "desk.toml"), "--with", "openocd"]
    assert main(arguments) == 2
    assert capsys.readouterr().err == "bitwright: error: OpenOCD failed: Error: open failed\n"
    assert main([*arguments, "--debug"]) == 2
    assert "Info : clock speed 2000 kHz" in capsys.readouterr().err
