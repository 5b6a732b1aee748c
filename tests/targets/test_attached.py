"""What is plugged in: ports, probes and volumes that are played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from bitwright.cli import main
from bitwright.errors import LinkError, ToolError
from bitwright.targets import attached as plugged
from bitwright.targets.flash import pyocd, uf2
from bitwright.targets.target import all_targets, find_target, read_target
from desk import describe_board
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

Capture = pytest.CaptureFixture[str]
STLINK = "0483:374b"


def port(device: str, usb: str | None, number: str | None = None, product: str | None = None) -> ListPortInfo:
    """A port as pyserial lists it; None: not at USB."""
    info = ListPortInfo(device)
    info.description = "n/a"
    if usb is not None:
        info.vid, info.pid = (int(part, 16) for part in usb.split(":"))
        info.serial_number, info.product = number, product
    return info


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[ListPortInfo]:
    """The list of ports, empty at first; no volume is mounted, and pyOCD sees no probe."""
    found: list[ListPortInfo] = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(found))
    monkeypatch.setattr(uf2, "_glob", lambda pattern: sorted(tmp_path.glob("media/*")) if pattern == "media/*" else [])
    monkeypatch.setattr(pyocd, "installed", lambda: True)
    monkeypatch.setattr(pyocd, "probes", lambda: [])
    return found


def with_usb(usb: str) -> list[str]:
    """Names of the boards with this USB id."""
    return [target.name for target in all_targets() if target.board is not None and usb in target.board.usb]


def test_nothing(desk: list[ListPortInfo], capsys: Capture) -> None:
    assert main(["boards", "--attached"]) == 0
    assert "Nothing is plugged in that looks like a board" in capsys.readouterr().out
    assert main(["boards", "--attached", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_everything_at_once(
    desk: list[ListPortInfo], capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    desk += [
        port("/dev/ttyS0", None),
        port("/dev/ttyACM10", STLINK, "066CFF30", "STM32 STLink"),
        port("/dev/ttyACM2", "2e8a:000c", "E660", "Debug Probe (CMSIS-DAP)"),
        port("/dev/ttyUSB0", "ffff:0001"),
    ]
    monkeypatch.setattr(pyocd, "probes", lambda: [("066CFF30", "STM32 STLink")])
    volume = tmp_path / "media" / "RPI-RP2"
    volume.mkdir(parents=True)
    (volume / "INFO_UF2.TXT").write_text("Board-ID: RPI-RP2\n")
    assert main(["boards", "--attached", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(x["kind"], x["place"], x["usb"], x["serial_number"], x["description"]) for x in found] == [
        ("port", "/dev/ttyACM2", "2e8a:000c", "E660", "Debug Probe (CMSIS-DAP)"),
        ("port", "/dev/ttyACM10", STLINK, "066CFF30", "STM32 STLink"),
        ("port", "/dev/ttyUSB0", "ffff:0001", "", "n/a"),
        ("volume", str(volume), "", "", "RPI-RP2"),
        ("probe", "", "", "066CFF30", "STM32 STLink"),
    ]
    assert {"pico", "pico2", "pico2-riscv"} <= set(found[0]["candidates"])
    # Several boards have the same probe on them: all are named.
    assert found[1]["candidates"] == with_usb(STLINK) and len(found[1]["candidates"]) > 1
    assert found[2]["candidates"] == [] and found[3]["candidates"] == ["pico"]
    assert main(["boards", "--attached"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["what", "place", "USB", "id", "serial", "number", "description", "can", "be"]
    assert lines[3].startswith("port    /dev/ttyUSB0") and lines[3].rstrip().endswith("?")


def test_probes_that_cannot_be_listed_hide_nothing(
    desk: list[ListPortInfo], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.append(port("/dev/ttyACM0", STLINK, "1"))

    def broken() -> list[tuple[str, str]]:
        raise ToolError("pyOCD failed: no USB library")

    monkeypatch.setattr(pyocd, "probes", broken)
    assert main(["boards", "--attached", "--json"]) == 0
    assert [x["place"] for x in json.loads(capsys.readouterr().out)] == ["/dev/ttyACM0"]


def test_the_port_of_a_board(desk: list[ListPortInfo], tmp_path: Path) -> None:
    target = read_target(describe_board(tmp_path, "host"))  # a description of the user's own

    def refused() -> str:
        with pytest.raises(LinkError) as caught:
            plugged.port_of(target)
        return str(caught.value)

    assert refused() == "no port has a USB id of desk, 0483:374b: give --port; no serial port is plugged in"
    desk.append(port("/dev/ttyUSB0", "ffff:0001"))
    assert refused() == "no port has a USB id of desk, 0483:374b: give --port; there are /dev/ttyUSB0 (ffff:0001)"
    desk.append(port("/dev/ttyACM0", STLINK, "066C"))
    assert plugged.port_of(target) == "/dev/ttyACM0"
    desk.append(port("/dev/ttyACM1", STLINK, "077D"))
    assert refused() == (
        "several ports can be desk's, choose with --port: /dev/ttyACM0 (0483:374b 066C), "
        "/dev/ttyACM1 (0483:374b 077D) (USART2)"
    )
    with pytest.raises(LinkError, match="nano33ble has no USB id to be found by: give --port"):
        plugged.port_of(find_target("nano33ble"))


def test_the_probe_that_belongs_to_a_port(desk: list[ListPortInfo], tmp_path: Path) -> None:
    """With several boards of a kind, the one whose port is named is the one that is flashed."""
    target = read_target(describe_board(tmp_path, "host"))

    def chosen(*ports: ListPortInfo) -> Sequence[str | None]:
        desk[:] = ports
        return [plugged.probe_of(target, name) for name in ("/dev/ttyACM0", "/dev/ttyACM1", "/dev/ttyUSB0", None)]

    first, second = port("/dev/ttyACM0", STLINK, "066C"), port("/dev/ttyACM1", STLINK, "077D")
    assert chosen(first, second, port("/dev/ttyUSB0", "ffff:0001")) == ["066C", "077D", None, None]
    link = tmp_path / "usb-ST_STLink_077D-if02"
    link.symlink_to("/dev/ttyACM1")
    assert plugged.probe_of(target, str(link)) == "077D"
    assert chosen(first) == [None] * 4  # the tool finds the only one by itself
    # One probe with two ports is one board.
    assert chosen(first, port("/dev/ttyACM1", STLINK, "066C")) == [None] * 4
    assert chosen(port("/dev/ttyACM0", STLINK), port("/dev/ttyACM1", STLINK)) == [None] * 4


def test_boards(capsys: Capture) -> None:
    assert main(["boards", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    boards = {target.name: target for target in all_targets() if target.board is not None}
    assert rows.keys() == boards.keys() and "qemu-rv32" not in rows
    assert rows["pico"]["chip"] == "cortex-m0plus" and rows["pico"]["flash"] == 2 * 1024 * 1024
    assert rows["pico"]["loaders"][0] == "uf2" and rows["pico"]["run_on"] == "chip model"
    assert rows["hifive1"]["run_on"] == "QEMU riscv32 sifive_e, chip model"
    assert main(["boards"]) == 0
    output = capsys.readouterr().out
    assert all(f"\n{name} " in output for name in boards) and "…" not in output
    assert "No board has been run as hardware yet" in output


def test_one_board(capsys: Capture) -> None:
    assert main(["boards", "pico"]) == 0
    output = capsys.readouterr().out
    assert "270,336" in output and "2e8a:0003, 2e8a:000c" in output and "label = 'RPI-RP2'" in output
    assert main(["boards", "pico", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "pico"
    assert main(["boards", "qemu-rv32"]) == 2
    assert "qemu-rv32 is an emulator only" in capsys.readouterr().err
