"""`lossdsl check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lossdsl.cli.main import main

GOOD = """\
lossdsl: 1
name: good
inputs: {x: 'logits[batch, class]', y: 'index[batch] of class'}
params: {tau: {required: float}}
loss: ce(x / tau, y)
examples: [{given: {x: [[2.0, 0.0]], y: [0]}, params: {tau: 1.0}, loss: 0.126928}]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    return file


def test_a_good_spec(path: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.json"
    assert main(["check", str(path), "--param", "tau=0.5", "--certificate", str(certificate)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("good: ok\n")
    assert "gradient, differences" in out
    found = json.loads(certificate.read_text(encoding="utf-8"))
    (entry,) = found["specs"]
    assert entry["ok"] and len(entry["sha256"]) == 64 and found["versions"]["torch"]
    assert all(row["ok"] for row in entry["rows"])


def test_a_failure_shows_its_case(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(GOOD.replace("0.126928", "0.2269"), encoding="utf-8")
    assert main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("good: 1 of ")
    assert "FAILS" in out and "the example says 0.2269" in out


def test_what_does_not_compile_is_a_finding(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(GOOD.replace("ce(x", "ce(z"), encoding="utf-8")
    assert main(["check", str(path)]) == 1
    assert "LD002" in capsys.readouterr().err


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2
    assert main(["check", "no/such/spec"]) == 2
    assert "LD024" in capsys.readouterr().err


def test_a_library_has_nothing_to_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "std/regression"]) == 1
    assert "has definitions but no loss to check" in capsys.readouterr().err
