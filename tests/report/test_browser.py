"""The page in a real browser: everything is there, fits, and comes from the file itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from background import ROOT
from bitwright.cli import main
from bitwright.converter.native import write_native
from bitwright.converter.quantize.run import quantize_model
from convnets import convnet, images
from tools import needs_target

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not os.environ.get("CI") and (CHROMIUM is None or DRIVER is None), reason="Chromium and its driver are not here"
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with accuracy, confusion matrix and layers."""
    folder = tmp_path_factory.mktemp("report")
    labels = [i % 5 for i in range(40)]
    pairs = [(image[None], [label]) for image, label in zip(images(40), labels, strict=True)]
    result = quantize_model(convnet(), images(32), pairs, "minmax")
    model = folder / "net.bwq"
    model.write_bytes(write_native(result.graph, result.to_json()))
    assert main(["report", str(model), "--target", "host", "-o", str(folder / "net.html")]) == 0
    return folder / "net.html"


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium with the page open."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.set_window_size(1280, 900)
    driver.get(page.as_uri())
    yield driver
    driver.quit()


def test_everything_is_shown(browser: Any) -> None:
    assert browser.title == "net on host – Bitwright"  # noqa: RUF001
    sections = [s.get_attribute("id") for s in browser.find_elements("css selector", "main section")]
    assert sections == ["summary", "accuracy", "graph", "memory", "layers", "error"]
    assert len(browser.find_elements("css selector", "#graph .node")) == len(
        browser.find_elements("css selector", "#layers tbody tr")
    )
    assert len(browser.find_elements("css selector", "#accuracy svg g")) == 25
    assert len(browser.find_elements("css selector", "#layers tbody svg")) >= 11
    assert browser.find_element("css selector", ".good b").text == "bit-exact"


@pytest.mark.parametrize("width", [1280, 520])
def test_nothing_is_wider_than_the_window(browser: Any, width: int) -> None:
    browser.set_window_size(width, 900)
    size = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert size[0] <= size[1]
    for name in browser.find_elements("css selector", "nav a"):
        target = browser.find_element("css selector", name.get_attribute("hash"))
        assert target.rect["height"] > 40 and target.rect["width"] > 300


def test_a_box_leads_to_its_row(browser: Any) -> None:
    browser.set_window_size(1280, 900)
    box = browser.find_elements("css selector", "#graph a")[2]
    browser.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", box)
    assert browser.execute_script("return document.querySelector('tr:target').id") == "layer-2"
    top = browser.execute_script("return document.querySelector('tr:target').getBoundingClientRect().top")
    assert 40 < top < 900  # below the bar of links


def test_nothing_is_fetched_and_nothing_complains(browser: Any) -> None:
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_the_flame_view_zooms_and_weighs(browser: Any, target: str, tmp_path: Path) -> None:
    """Layers fill the inference; a click makes one as wide as the view, Escape goes back; cycles weigh otherwise."""
    model = ROOT / "examples" / "digits" / "digits_int8.tflite"
    before = browser.current_url
    assert main(["profile", str(model), "--target", target, "--html", str(tmp_path / "p.html")]) == 0
    browser.set_window_size(1280, 900)
    browser.get((tmp_path / "p.html").as_uri())

    def widths(depth: int) -> list[float]:
        boxes = browser.find_elements("css selector", f'#flame div[data-depth="{depth}"]')
        return [box.rect["width"] for box in boxes]

    (whole,), layers = widths(0), widths(1)
    assert len(layers) >= 4 and sum(layers) == pytest.approx(whole, rel=0.02)
    assert sum(widths(2)) == pytest.approx(whole, rel=0.05)
    browser.find_elements("css selector", '#flame div[data-depth="1"]')[0].click()
    assert widths(1) == [pytest.approx(whole, rel=0.01)] and "% of the inference" in browser.page_source
    browser.find_element("css selector", "body").send_keys(webdriver.Keys.ESCAPE)
    assert widths(1) == pytest.approx(layers)
    browser.find_element("css selector", "input[value=cycles]").click()
    assert widths(1) != pytest.approx(layers)
    size = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert size[0] <= size[1]
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    browser.get(before)
