"""The examples run as their READMEs say."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from background import ROOT
from tools import needs_target


def run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / script), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("target", [needs_target("mps2-an386")])
def test_anomaly_detection(target: str) -> None:
    said = run("anomaly_detection/demo.py", target)
    assert f"vibration on {target}: bit-exact, 7 layers x 40 vectors" in said
    pairs = re.findall(r"AUC float ([\d.]+) +integers ([\d.]+)", said)
    assert len(pairs) == 3
    assert all(float(integers) > 0.97 and float(integers) > float(floats) - 0.005 for floats, integers in pairs)
