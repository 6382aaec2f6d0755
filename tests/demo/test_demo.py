"""The demo from the command line: short runs in this process, the whole of it as the slow test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lossdsl.integrations import demo

pytest.importorskip("sklearn", reason="the demo's extra is not installed")
pytest.importorskip("matplotlib", reason="the demo's extra is not installed")


def test_a_short_run_shows_spec_table_lint_source_and_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "terms.png"
    assert demo.main(["--epochs", "2", "--no-compile", "--out", str(picture)]) == 0
    text = capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "kl: kl(view1 || view2)" in text  # the spec
    assert re.search(r"^epoch +loss +ce +entropy +kl +test accuracy$", text, re.MULTILINE)
    assert re.search(r"entropy\[class\]\(attn\)\n.*\^{5}", text)  # lint
    assert re.search(r"veiw2\)\n.*\^{5}", text)
    assert re.search(r"^def loss\(.*\blogits\b", text, re.MULTILINE)  # the source
    assert re.search(r"test accuracy \d+\.\d\d % after 2 epochs", text)
    assert "\r" not in text  # the bar is for terminals


def test_the_terms_in_the_table_add_up_to_the_loss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.main(["--epochs", "1", "--no-compile", "--out", str(tmp_path / "terms.png")])
    row = re.search(r"^ +1 +([\d. ]+) %$", capsys.readouterr().out, re.MULTILINE)
    assert row
    loss, *terms, _ = map(float, row[1].split())
    assert len(terms) == 3
    assert loss == pytest.approx(sum(terms), abs=2e-4)  # four values, each rounded to four places


@pytest.mark.parametrize("arguments", ["--epochs 0", "--epochs -1", "--epochs two", "--seed x", "--nope"])
def test_a_bad_option_is_a_usage_error(arguments: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        demo.main(arguments.split())


def test_a_folder_that_is_not_there_is_named_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        demo.main(["--out", str(tmp_path / "nowhere" / "terms.png")])
    assert "nowhere" in capsys.readouterr().err


def test_missing_libraries_are_named_with_the_command_that_brings_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert demo.main([]) == 2
    told = 'the demo needs scikit-learn and matplotlib: pip install "lossdsl[demo]"\n'
    assert capsys.readouterr().err == told


def test_a_machine_without_a_compiler_is_recognised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert demo.why_not_compiled() == "no C++ compiler found"


@pytest.mark.slow
def test_the_whole_demo_reads_more_than_95_percent_in_90_seconds(tmp_path: Path) -> None:
    before = os.times()
    command = [sys.executable, "-m", "lossdsl", "demo"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    after = os.times()
    assert done.returncode == 0, done.stderr
    reached = re.search(r"test accuracy ([\d.]+) % after 20 epochs", done.stdout)
    assert reached and float(reached[1]) > 95
    assert (tmp_path / "terms.png").exists()
    # Its own processor time: the clock would also count what runs beside it.
    assert after.children_user - before.children_user + after.children_system - before.children_system < 90
